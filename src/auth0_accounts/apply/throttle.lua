--- How many lines a second may begin: a number in a file, which may change while a run is at work.
local regular = require "auth0_accounts.regular"

local throttle = {}

---@class auth0_accounts.Throttle
---@field rate number|false lines a second; false: no bound
local Throttle = {}
local throttle_mt = { __name = "auth0_accounts.throttle", __index = Throttle }

local PAUSE = 0.5 -- seconds between two looks while the rate is 0

---@param name string|nil of the file
---@return auth0_accounts.Throttle
function throttle.new(name)
    return setmetatable({ name = name, rate = false, due = 0 }, throttle_mt)
end

local MOST = 64 -- bytes of it that are read

-- False: there is no file. Nil: it holds no number.
local function rate_in(name)
    if regular.is(name) == false then return nil end
    local file = io.open(name, "r")
    if not file then return false end
    local number = tonumber((file:read(MOST) or ""):match "^[^\n]*")
    file:close()
    return number and number >= 0 and number < math.huge and number or nil
end

--- As argparse converts the option.
---@param name string of the file
---@return string|nil name
---@return string|nil message
function throttle.checked(name)
    if rate_in(name) ~= nil then return name end
    return nil, ("'%s' holds no number, such as 2, or 0.5; 0: none begins"):format(name)
end

--- Reads the file. No file sets no bound; one without a number, such as one that is being written, changes nothing.
function Throttle:look()
    local rate = self.rate
    if self.name then rate = rate_in(self.name) end
    if rate == nil or rate == self.rate then return end
    self.rate, self.due = rate, 0
end

--- Waits until one more may begin.
---@param tenant auth0.Tenant
---@param is_over fun(): boolean whether none is to begin any more
---@param on_wait fun(from: number, to: number, times: integer) is called while it waits: 1 for the first part, then 0
function Throttle:wait(tenant, is_over, on_wait)
    local times = 1
    while self.rate and not is_over() do
        local now = tenant:now()
        if self.rate > 0 and self.due <= now then
            self.due = math.max(self.due, now - 1) + 1 / self.rate
            return
        end
        tenant:sleep(self.rate > 0 and math.min(self.due - now, PAUSE) or PAUSE)
        on_wait(now, tenant:now(), times)
        times = 0
    end
end

return throttle
