--- What a journal holds, read: methods of it.
local core = require "auth0.core"

local Journal = {}

--- How many lines have each state.
---@return table<string, integer>
function Journal:counts()
    local counts = {}
    for state, count in self:statement("SELECT state, count(*) FROM line GROUP BY state"):rows() do
        counts[state] = count
    end
    return counts
end

--- How many lines have one of some states.
---@param states string[]
---@return integer
function Journal:count(states)
    local counts, count = self:counts(), 0
    for _, state in ipairs(states) do count = count + (counts[state] or 0) end
    return count
end

--- The accounts of a line.
---@param number integer|nil
---@return string|nil primary nil: there is no such line
---@return string secondary
function Journal:pair(number)
    return self:statement("SELECT primary_id, secondary_id FROM line WHERE number = ?"):first(number)
end

--- Whether a run of apply has still to do with a line.
---@param number integer
---@return boolean
function Journal:is_left(number)
    return self:statement([[SELECT 1 FROM line
        WHERE number = ? AND state IN ('waiting', 'failed', 'begun', 'unknown')]]):first(number) ~= nil
end

---@class auth0_accounts.Line
---@field number integer
---@field unit integer lines of one unit come one after another
---@field primary string
---@field secondary string
---@field state string
---@field text string|nil as the plan has it; nil after a prune

local PAGE = 500

local function quoted(states)
    return "'" .. table.concat(states, "', '") .. "'"
end

-- Lines of some states, page after page: a reader that stayed open would keep the write-ahead log from being emptied.
local function lines_of(self, states, is_backwards)
    local sql = ([[SELECT number, unit, primary_id, secondary_id, state, text FROM line
        WHERE (unit, number) %s (?, ?) AND state IN (%s) ORDER BY unit %s, number %s LIMIT %d]]):format(
        is_backwards and "<" or ">", quoted(states), is_backwards and "DESC" or "", is_backwards and "DESC" or "", PAGE)
    local page, at = {}, 0
    local edge = is_backwards and 9007199254740991 or -1
    local unit, number = edge, edge
    return function()
        if at == #page then
            page, at = {}, 0
            for n, u, primary, secondary, state, text in self:statement(sql):rows(unit, number) do
                if type(u) ~= "number" then self:refuse(n, "its unit is no number") end -- this page would come again
                page[#page + 1] = { number = n, unit = u, primary = primary, secondary = secondary, state = state,
                    text = text }
            end
            local last = page[#page]
            if not last then return nil end
            unit, number = last.unit, last.number
        end
        at = at + 1
        return page[at]
    end
end

--- Lines that share accounts, together: an iterator over arrays of lines.
---@param states string[] of the lines
---@param is_backwards? boolean
---@return fun(): auth0_accounts.Line[]|nil
function Journal:units(states, is_backwards)
    local lines = lines_of(self, states, is_backwards)
    local ahead = lines()
    return function()
        if not ahead then return nil end
        local unit = { ahead }
        ahead = lines()
        while ahead and ahead.unit == unit[1].unit do
            unit[#unit + 1] = ahead
            ahead = lines()
        end
        return unit
    end
end

--- What the other lines of a unit have come to.
---@param unit auth0_accounts.Line[]
---@return table<string, string> linked primary by secondary
---@return boolean has_unknown whether it is not known of another line what became of it
function Journal:standing(unit)
    local own, linked, has_unknown = {}, {}, false
    for _, line in ipairs(unit) do own[line.number] = true end
    for number, primary, secondary, state in self:statement("SELECT number, primary_id, secondary_id, state FROM line "
        .. "WHERE unit = ? AND state IN ('made', 'begun', 'unknown')"):rows(unit[1].unit) do
        if state == "made" then linked[secondary] = primary end
        has_unknown = has_unknown or state ~= "made" and not own[number]
    end
    return linked, has_unknown
end

---@class auth0_accounts.Intent
---@field id integer
---@field kind "merge"|"undo"
---@field receipt auth0.MergeReceipt|nil what is known last; nil after a prune
---@field made "true"|"false"|"unknown"|nil nil: without an outcome
---@field is_owed boolean whether a merge may have left something at the tenant

-- A receipt says what an undo writes, and to which accounts: it has to be about the line's.
local function receipt_of(self, line, text)
    if not text then return nil end
    local receipt = core.decode(text)
    local secondary = type(receipt) == "table" and receipt.secondary
    if type(secondary) == "table" and secondary.id == line.secondary and receipt.primary == line.primary
        and receipt.domain == self.domain then
        return receipt
    end
    self:refuse(line.number, "a receipt is not about its accounts")
end

--- The intents of a line, the newest first. Raises where one is not about the line's accounts.
---@param line auth0_accounts.Line
---@return auth0_accounts.Intent[]
function Journal:intents_of(line)
    local list = {}
    for id, kind, receipt, made, later in self:statement([[
        SELECT intent.id, intent.kind, intent.receipt, outcome.made, outcome.receipt
        FROM intent LEFT JOIN outcome
            ON outcome.id = (SELECT max(id) FROM outcome WHERE line = ?1 AND intent = intent.id)
        WHERE intent.line = ?1 ORDER BY intent.id DESC]]):rows(line.number) do
        list[#list + 1] = { id = id, kind = kind, made = made, is_owed = kind == "merge" and made ~= "false",
            receipt = receipt_of(self, line, later or receipt) }
    end
    return list
end

-- ---- what the tenant's logs have ----

local LAST = 253402300799 -- second of the year 9999

local function check_time(self, at)
    if type(at) == "number" and at >= 0 and at <= LAST then return end
    self:refuse(nil, "what should be a time is none")
end

--- The names of the runs that linked, and when the first of them began.
---@return table<string, boolean> names
---@return integer since UNIX seconds
---@return integer latest UNIX seconds of the last intent
function Journal:runs()
    local names, since = {}, nil
    for name, begun_at in self:statement("SELECT name, begun_at FROM run WHERE kind = 'apply' ORDER BY id"):rows() do
        names[name], since = true, since or begun_at
    end
    local latest = self:statement("SELECT max(at) FROM intent WHERE kind = 'merge'"):first()
    since = since or 0
    latest = latest or since
    check_time(self, since)
    check_time(self, latest)
    return names, since, latest
end

--- Begins to collect lines that the logs have, in a table that is gone with this process.
function Journal:forget_logged()
    self.db:exec "CREATE TEMP TABLE IF NOT EXISTS logged (line INTEGER PRIMARY KEY); DELETE FROM temp.logged"
end

---@param line integer
---@return integer 1, or 0: it was there already
function Journal:add_logged(line)
    return self:statement("INSERT OR IGNORE INTO temp.logged VALUES (?)"):run(line)
end

--- Lines that a run made, and the logs do not have.
---@return fun(): integer|nil numbers
function Journal:unlogged()
    return self:statement("SELECT number FROM line WHERE state IN ('made', 'undoing', 'undone') "
        .. "AND number NOT IN (SELECT line FROM temp.logged) ORDER BY number"):rows()
end

--- Lines that the logs have, and of which the journal does not know that they were made.
---@return fun(): integer|nil numbers
function Journal:unrecorded()
    return self:statement("SELECT line FROM temp.logged WHERE line NOT IN "
        .. "(SELECT number FROM line WHERE state IN ('made', 'undoing', 'undone')) ORDER BY line"):rows()
end

--- The rows of a table.
---@generic T
---@param columns string[] the table's name, and those of its columns
---@param make fun(...): T of the values of a row
---@return fun(): T
function Journal:rows(columns, make)
    local names = table.concat(columns, ", ", 2)
    local sql = ("SELECT rowid, %s FROM %s WHERE rowid > ? ORDER BY rowid LIMIT %d"):format(names, columns[1], PAGE)
    local page, at, last = {}, 0, -1
    local function add(rowid, ...)
        last = rowid
        page[#page + 1] = make(...)
    end
    local function fill()
        page, at = {}, 0
        local next_row = self:statement(sql):rows(last)
        local function take(...)
            if ... == nil then return false end
            add(...)
            return true
        end
        while take(next_row()) do end -- luacheck: ignore 542
    end
    return function()
        if at == #page then fill() end
        at = at + 1
        return page[at]
    end
end

return Journal
