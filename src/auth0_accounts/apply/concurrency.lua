--- How many units are under way together: few at first, more as long as their lines come to their end soon, fewer where
--- they do not. On a tenant that grants little, lines that wait for each other's requests would run out of time.
local concurrency = {}

---@class auth0_accounts.Concurrency
---@field most integer
---@field allowed integer
---@field count integer of units under way, and of those that left by an error since they were counted
local Concurrency = {}
local concurrency_mt = { __name = "auth0_accounts.concurrency", __index = Concurrency }

local FIRST = 4
local SOON, LATE = 8, 20 -- seconds of a line, well below the 60 of a call's deadline
local PAUSE = 0.02

---@param most integer
---@return auth0_accounts.Concurrency
function concurrency.new(most)
    return setmetatable({ most = most, allowed = math.min(FIRST, most), count = 0, units = {}, begun = {} },
        concurrency_mt)
end

-- Whether as many as are allowed are under way. Units that left by an error are seen only here, when it seems full.
local function is_full(self)
    if self.count < self.allowed then return false end
    local count = 0
    for thread in pairs(self.units) do
        if coroutine.status(thread) == "dead" then
            self.units[thread] = nil
        else
            count = count + 1
        end
    end
    self.count = count
    return count >= self.allowed
end

--- Waits until the running task may take a unit, which is then under way until it leaves.
---@param tenant auth0.Tenant
---@param is_over fun(): boolean whether none is to begin any more
function Concurrency:enter(tenant, is_over)
    while is_full(self) and not is_over() do tenant:sleep(PAUSE) end
    self.units[coroutine.running()] = true
    self.count = self.count + 1
end

--- The running task's unit has come to its end.
function Concurrency:leave()
    local thread = coroutine.running()
    if self.units[thread] then self.count = self.count - 1 end
    self.units[thread] = nil
end

--- A line of the running task begins.
---@param now number seconds
function Concurrency:begin(now)
    self.begun[coroutine.running()] = now
end

--- It has come to its end.
---@param now number seconds
function Concurrency:finish(now)
    local took = now - (self.begun[coroutine.running()] or now)
    if took < SOON then
        self.allowed = math.min(self.most, self.allowed + 1)
    elseif took > LATE then
        self.allowed = math.max(1, self.allowed - 1)
    end
end

return concurrency
