--- Units of lines, several at a time: what apply, verify and undo have in common. It looks after signals, the throttle,
--- the limit, and the failures that end a run.
local auth0 = require "auth0"
local concurrency = require "auth0_accounts.apply.concurrency"
local core = require("auth0_accounts.database").core()
local noun = require "auth0_accounts.noun"
local progress = require "auth0_accounts.apply.progress"
local stop = require "auth0_accounts.stop"
local throttle = require "auth0_accounts.apply.throttle"
local waits = require "auth0_accounts.apply.waits"
local wording = require "auth0_accounts.wording"

local work = {}

local TICK = 0.2 -- seconds
local IN_FLIGHT = 10

---@class auth0_accounts.Work
---@field tenant auth0.Tenant
---@field journal auth0_accounts.Journal
---@field progress auth0_accounts.Progress
---@field throttle auth0_accounts.Throttle
---@field waits auth0_accounts.Waits
---@field signals table of auth0_accounts.core: the command's
---@field in_flight integer units at a time, at most
---@field concurrency auth0_accounts.Concurrency
---@field limit? integer lines that may begin
---@field max_failures? integer failures after which no line begins
---@field begun integer
---@field failures integer
---@field failure? auth0.Failure the first
---@field reason? "interrupted"|"failures"|"limit" why it ended before all was done
---@field is_ending? boolean the user was told that an interrupt was heard
local Work = {}
local work_mt = { __name = "auth0_accounts.work", __index = Work }

---@param given table arguments
---@param world auth0_accounts.World with the command's signals
---@param tenant auth0.Tenant
---@param journal auth0_accounts.Journal
---@param verb string the command, for its progress
---@param total integer lines
---@return auth0_accounts.Work
function work.new(given, world, tenant, journal, verb, total)
    local shown = progress.new(world, verb, math.min(total, given.limit or total), given.quiet)
    local waited = waits.new(tenant, journal)
    given.hear = function(event)
        shown:hear(event)
        waited:hear(event)
    end
    local in_flight = given.in_flight or IN_FLIGHT
    return setmetatable({ tenant = tenant, journal = journal, progress = shown, in_flight = in_flight,
        concurrency = concurrency.new(in_flight), throttle = throttle.new(given.throttle_file), limit = given.limit,
        signals = world.signals, waits = waited, begun = 0, failures = 0 }, work_mt)
end

--- UNIX seconds, as the tenant's receipts have them.
---@param world auth0_accounts.World
---@return fun(): number
function work.clock(world)
    if not world.mock then return os.time end
    return function() return world.mock:time() end
end

local LONGEST = 40 -- of the 64 characters that the logs show

--- What the user calls a run. Raises where that does not fit.
---@param given table arguments
---@return string|nil
function work.label(given)
    local label = given.correlation_id
    if not label or #label <= LONGEST and label:find "^[\33-\126]+$" then return label end
    stop.raise(stop.USAGE, "--correlation-id: expected at most %d visible ASCII characters: the run and the line "
        .. "follow them", LONGEST)
end

--- A name for a run, by which the tenant's logs show it.
---@param journal auth0_accounts.Journal
---@param given table arguments
---@param now number
---@return string
function work.name(journal, given, now)
    local label = work.label(given)
    local own = core.sha256(table.concat({ journal.plan, tostring(now), tostring {}, tostring(os.clock()) }, " "))
    return (label and label .. "-" or "") .. own:sub(1, 12)
end

local function end_for(self, reason)
    self.reason = self.reason or reason
    return true
end

--- Whether the user has interrupted it.
---@return boolean
function Work:is_interrupted()
    return self.signals:interrupts() > 0 and end_for(self, "interrupted")
end

--- Whether no line is to begin any more.
---@return boolean
function Work:is_over()
    if self.reason or self.journal.fault or self:is_interrupted() then return true end
    if self.limit and self.begun >= self.limit then return end_for(self, "limit") end
    return false
end

--- Waits until a line may begin.
---@return boolean may_begin
function Work:begin()
    self.throttle:wait(self.tenant, function() return self:is_over() end, function(from, to, times)
        self.waits:add("throttle", from, to, times)
    end)
    if self:is_over() then return false end
    self.concurrency:begin(self.tenant:now())
    self.begun = self.begun + 1
    return true
end

--- A line has come to its end.
---@param word string
---@param failure? auth0.Failure of what counts as one
function Work:tell(word, failure)
    self.concurrency:finish(self.tenant:now())
    self.progress:count(word)
    if not failure then return end
    self.failures = self.failures + 1
    self.failure = self.failure or { code = failure.code, outcome = failure.outcome,
        message = wording.of_line(failure.message) }
    if self.max_failures and self.failures >= self.max_failures then end_for(self, "failures") end
end

local ENDING = "interrupted: what was begun comes to its end; a second Ctrl-C ends the command at once"

local function look(self)
    self.throttle:look()
    self.progress.throttle = self.throttle.rate
    if self:is_interrupted() and not self.is_ending then
        self.is_ending = true
        if not self.progress.is_quiet then self.progress:say(ENDING) end
    end
    self.progress:tick(self.tenant:now(), self.tenant:stats(), self.signals:status())
end

local WATCH = {} -- the item that looks after the others

local function watch(self, are_others)
    while are_others() do
        look(self)
        self.tenant:sleep(TICK)
    end
end

--- Calls `body` for each unit, until there is none left, or the run is over.
---@param units fun(): table|nil
---@param body fun(unit: table)
function Work:run(units, body)
    local is_watched = false
    local function take()
        if not is_watched then
            is_watched = true
            return WATCH
        end
        self.concurrency:enter(self.tenant, function() return self:is_over() end)
        local unit = not self:is_over() and units() or nil
        if not unit then self.concurrency:leave() end
        return unit
    end
    local function carry_out(unit)
        body(unit)
        self.concurrency:leave()
    end
    look(self)
    local good, fault = pcall(auth0.each, take, self.in_flight + 1, function(unit, _, are_others)
        if unit == WATCH then watch(self, are_others) else carry_out(unit) end
    end)
    self.progress:clear()
    if not good then error(fault, 0) end
end

local REASONS = {
    interrupted = "interrupted: what was begun has come to its end",
    limit = "as many as --limit says were begun",
    failures = "stopped after %d %s",
}

--- Why it ended before all was done, for people.
---@return string|nil
function Work:why()
    local words = REASONS[self.reason]
    return words and words:format(self.failures, noun(self.failures, "failure"))
end

--- How the rest is reached, for people. Each run begins with what has failed before.
---@return string[] lines
function Work:onward()
    local lines = { "the same command goes on with the rest" }
    if self.reason == "failures" and self:code() == stop.FAILED then
        lines[2] = ("if the same lines fail again, --max-failures %d goes past them"):format(self.failures + 1)
    end
    return lines
end

--- The exit code, as far as it is the run's.
---@return integer
function Work:code()
    if self.reason == "interrupted" then return stop.INTERRUPTED end
    return self.failure and stop.code_of(self.failure) or stop.DONE
end

return work
