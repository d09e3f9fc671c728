--- A run of undo: what a journal says was made is taken back, the last first.
local undoer = require "auth0_accounts.apply.undoer"
local work = require "auth0_accounts.apply.work"

local undo_run = {}

local STATES = { "made", "undoing", "begun", "unknown" }

---@class auth0_accounts.UndoRun
---@field work auth0_accounts.Work
---@field journal auth0_accounts.Journal
---@field undoer auth0_accounts.Undoer
---@field counts table<string, integer> lines by word
local UndoRun = {}
local undo_run_mt = { __index = UndoRun }

---@param given table arguments
---@param world auth0_accounts.World
---@param tenant auth0.Tenant
---@param journal auth0_accounts.Journal
---@param verb string
---@return auth0_accounts.UndoRun
function undo_run.new(given, world, tenant, journal, verb)
    local time = work.clock(world)
    local own = work.new(given, world, tenant, journal, verb, journal:count(STATES))
    own.max_failures = given.max_failures or 1
    return setmetatable({ work = own, journal = journal, time = time, given = given, counts = {},
        undoer = undoer.new(tenant, journal, time) }, undo_run_mt)
end

local function count(self, word)
    self.counts[word] = (self.counts[word] or 0) + 1
end

-- ---- what it would meet ----

local function seconds_of(timestamp)
    local year, month, day, hour, minute, second = tostring(timestamp):match "^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)"
    if not year then return nil end
    year, month = tonumber(year), tonumber(month)
    if month <= 2 then year, month = year - 1, month + 12 end -- days of the Gregorian calendar, from March on
    local days = 365 * year + math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
        + math.floor((153 * (month - 3) + 2) / 5) + tonumber(day) - 719469
    return days * 86400 + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second)
end

local function look_at(self, line)
    local receipts = self.undoer:receipts(line)
    if not receipts then return "pruned" end
    local user, _, facts = self.work.tenant:user(line.primary, { fields = "last_login" })
    if not user then return facts.code == "not_found" and "gone" or "unread", facts end
    local seen, made_at = seconds_of(user.last_login), receipts[1] and receipts[1].at
    return seen and made_at and seen > made_at and "signed_in" or "quiet"
end

--- Reads the primaries, and counts: signed_in, quiet, gone, unread, pruned.
---@return table<string, integer> counts
function UndoRun:look()
    self.work:run(self.journal:units(STATES, true), function(unit)
        for _, line in ipairs(unit) do
            if not self.work:begin() then return end
            local word, failure = look_at(self, line)
            count(self, word)
            self.work:tell(word, word == "unread" and failure or nil)
        end
    end)
    return self.counts
end

-- ---- doing it ----

local function carry_out(self, line, on_told)
    local told = self.undoer:carry_out(line)
    count(self, told.word)
    on_told(line, told)
    self.work:tell(told.word, told.failure)
    return told.word == "undone" or told.word == "conflicts"
end

--- Does it. Of lines that share an account the earlier one waits for the later one, and stays if that does.
---@param on_told fun(line: auth0_accounts.Line, told: table) is called for each line
function UndoRun:go(on_told)
    local now = math.floor(self.time())
    self.journal:begin_run(work.name(self.journal, self.given, now), "undo", now)
    self.work:run(self.journal:units(STATES, true), function(unit)
        for _, line in ipairs(unit) do
            if not self.work:begin() or not carry_out(self, line, on_told) then return end
        end
    end)
    self.journal:end_run(self.work.reason or "done", math.floor(self.time()))
end

return undo_run
