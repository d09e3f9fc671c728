--- A journal as text: one JSON object for each run, line, intent and outcome.
local core = require "auth0.core"
local json = require "auth0.json"
local printable = require "auth0_accounts.printable"

local journal_export = {}

-- The columns of each table; those that hold JSON are written as what they hold.
local TABLES = {
    { "run", "id", "name", "kind", "begun_at", "ended_at", "reason" },
    { "line", "number", "unit", "primary_id", "secondary_id", "state", "text" },
    { "intent", "id", "line", "kind", "run", "at", "correlation", "receipt" },
    { "outcome", "id", "line", "intent", "kind", "run", "at", "elapsed", "requests", "made", "code", "message",
        "details", "receipt" },
    { "wait", "run", "cause", "count", "seconds" },
}
local is_json = { text = true, receipt = true, details = true }

-- A journal that is damaged is printed as well.
local function shown(value)
    if type(value) == "string" and not json.is_utf8(value) then return printable.line(value) end
    return (value == math.huge or value == -math.huge) and tostring(value) or value
end

local function object_of(columns, ...)
    local object = {}
    for i = 2, #columns do
        local value = select(i - 1, ...)
        object[columns[i]] = is_json[columns[i]] and value and core.decode(value) or shown(value)
    end
    return { [columns[1]] = object }
end

local function line_of(object)
    return printable.json(json.encode(object)) .. "\n"
end

---@param journal auth0_accounts.Journal
---@return fun(): string|nil
function journal_export.texts(journal)
    return coroutine.wrap(function()
        coroutine.yield(line_of { journal = { plan = shown(journal.plan), domain = shown(journal.domain),
            header = journal.header } })
        for _, columns in ipairs(TABLES) do
            for text in journal:rows(columns, function(...) return line_of(object_of(columns, ...)) end) do
                coroutine.yield(text)
            end
        end
    end)
end

return journal_export
