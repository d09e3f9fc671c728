--- The tenant's own logs: GET /api/v2/logs. Each change that was made by its API is an entry.
local json = require "auth0.mock.text.json"
local lucene = require "auth0.mock.text.lucene"
local query = require "auth0.mock.text.query"
local registry = require "auth0.mock.model.registry"
local timestamp = require "auth0.mock.text.timestamp"
local wire = require "auth0.mock.text.wire"

local logs = {}

local rules = query.rules(query.pages, query.fields, query.checkpoints, {
    q = { kind = "text" }, sort = { kind = "word", words = { ["date:1"] = true, ["date:-1"] = true } },
})

local function entry_of(change)
    return { log_id = ("9%019.0f"):format(change.n), date = timestamp.text(change.time), type = "sapi",
        description = change.kind, details = { request = { method = change.method:lower(), path = change.path } },
        references = { correlation_id = change.correlation } }
end

-- The index of the first change after one, by halves: a client reads page by page.
local function index_after(changes, n)
    local low, high = 1, #changes + 1
    while low < high do
        local middle = math.floor((low + high) / 2)
        if changes[middle].n > n then
            high = middle
        else
            low = middle + 1
        end
    end
    return low
end

--- After the entry that `from` names, the oldest first; all else of the query is ignored then, as is published.
local function by_checkpoint(changes, values)
    local list, first = json.array({}), index_after(changes, tonumber((values.from or ""):match "^9(%d+)$") or 0)
    for i = first, math.min(#changes, first + (values.take or 50) - 1) do
        list[#list + 1] = entry_of(changes[i])
    end
    return wire.answer(200, list)
end

local function everything()
    return true
end

local function by_query(changes, values)
    local matches, message = everything, nil
    if values.q then
        matches, message = lucene.compile(values.q)
    end
    if message then
        return query.refuse(message, "q")
    end
    local list = {}
    for i = 1, #changes do
        local entry = entry_of(changes[values.sort == "date:1" and i or #changes + 1 - i])
        list[#list + 1] = matches(entry) and entry or nil
    end
    return query.page(list, values, "logs")
end

---@param call table
---@return auth0.mock.answer
function logs.list(call)
    local values, refusal = registry.of_tenant(call, rules, "read:logs")
    if refusal then
        return refusal
    end
    local changes = call.record.changes
    return (values.from or values.take) and by_checkpoint(changes, values) or by_query(changes, values)
end

return logs
