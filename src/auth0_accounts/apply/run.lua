--- A run of apply: what an earlier run began is settled first, then the rest is carried out.
local linker = require "auth0_accounts.apply.linker"
local mapping = require "auth0_accounts.apply.mapping"
local verify = require "auth0_accounts.apply.verify"
local wording = require "auth0_accounts.wording"
local work = require "auth0_accounts.apply.work"

local run = {}

local BEGUN, LEFT = { "begun", "unknown" }, { "waiting", "failed" }
local SAID = 20 -- lines that are told one by one; the journal has all

---@class auth0_accounts.Run
---@field work auth0_accounts.Work
---@field journal auth0_accounts.Journal
---@field linker auth0_accounts.Linker
---@field mapping? table
local Run = {}
local run_mt = { __index = Run }

local function say(self, line, told)
    self.said = self.said + 1
    local progress_of = self.work.progress
    if self.said <= SAID then
        progress_of:say(("line %d: %s: %s"):format(line.number, told.word, told.message or ""))
    elseif self.said == SAID + 1 then
        progress_of:say "there are more; the journal has them all"
    end
end

local function carry_out(self, line, linked)
    local told = self.linker:carry_out(line, linked)
    if told.word == "made" then
        linked[line.secondary] = line.primary
        self.made[#self.made + 1] = self.is_canary and line or nil
        if self.mapping then self.mapping:add(line) end
    else
        say(self, line, told)
    end
    self.work:tell(told.word, told.failure)
    return told.word ~= "unknown" -- of what may still come, nothing goes on
end

local function unit_done(self)
    return function(unit)
        local linked, has_unknown = self.journal:standing(unit)
        if has_unknown then return end
        for _, line in ipairs(unit) do
            if not self.work:begin() or not carry_out(self, line, linked) then return end
        end
    end
end

local function pass(self, states)
    if not self.work:is_over() then self.work:run(self.journal:units(states), unit_done(self)) end
end

-- ---- the canary ----

local function check(self, line)
    local word, why, failure = verify.line(self.work.tenant, self.journal, line)
    if word == "made" then return end
    self.failed_canary = self.failed_canary or ("line %d: %s (%s)"):format(line.number, word or "unread",
        why or wording.of(failure.message))
end

-- A line that is refused shows nothing of the others: the next one takes its place.
local function make_canary(self, count)
    local own, most, limit = self.work, self.work.limit
    local function wanted() return count + (own.progress.counts.refused or 0) end
    repeat
        limit = math.min(wanted(), most or math.huge)
        own.limit = limit
        pass(self, BEGUN)
        pass(self, LEFT)
        if own.reason == "limit" then own.reason = nil end
        own.limit = most
    until own:is_over() or own.begun < limit or limit == wanted()
end

local function tell_canary(self)
    local count = #self.made
    if count == 0 or self.work.progress.is_quiet then return end
    self.work.progress:say(count == 1 and "canary: 1 link was made, and is as it should be"
        or ("canary: %d links were made, and are as they should be"):format(count))
end

-- A few first, which are looked at before the rest begins.
local function canary(self, count)
    self.is_canary = true
    make_canary(self, count)
    self.is_canary = false
    if self.work:is_over() and self.work.reason ~= "limit" then return end
    for _, line in ipairs(self.made) do check(self, line) end
    if self.failed_canary then
        self.work.reason = "canary"
    else
        tell_canary(self)
    end
end

-- ---- the run ----

---@param given table arguments
---@param world auth0_accounts.World
---@param tenant auth0.Tenant
---@param journal auth0_accounts.Journal
---@return auth0_accounts.Run
function run.new(given, world, tenant, journal)
    local time, total = work.clock(world), journal:count { "waiting", "failed", "begun", "unknown" }
    local own = work.new(given, world, tenant, journal, "apply", total)
    own.max_failures = given.max_failures or 1
    return setmetatable({ journal = journal, time = time, made = {}, said = 0, given = given, work = own,
        linker = linker.new(tenant, journal, time, given.check) }, run_mt)
end

local function all(self)
    if self.given.canary then canary(self, self.given.canary) end
    pass(self, BEGUN)
    pass(self, LEFT)
    self.journal:end_run(self.work.reason or "done", math.floor(self.time()))
end

--- Does it. Raises what the journal or the mapping could not be written for.
function Run:go()
    local now = math.floor(self.time())
    if self.given.mapping then self.mapping = mapping.grow(self.given.mapping, self.journal) end
    self.journal:begin_run(work.name(self.journal, self.given, now), "apply", now)
    local good, fault = pcall(all, self)
    if self.mapping then self.mapping:close() end
    if not good then error(fault, 0) end
end

return run
