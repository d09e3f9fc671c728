--- How many lines a second may begin: a number in a file, which may change while a run is at work.
local throttle = {}

---@class auth0_accounts.Throttle
---@field rate number|nil lines a second; nil: no bound
local Throttle = {}
local throttle_mt = { __name = "auth0_accounts.throttle", __index = Throttle }

local PAUSE = 0.5 -- seconds between two looks while the rate is 0

---@param name string|nil of the file
---@return auth0_accounts.Throttle
function throttle.new(name)
    return setmetatable({ name = name, due = 0 }, throttle_mt)
end

--- Reads the file. No file, and one without a number, set no bound.
function Throttle:look()
    local file = self.name and io.open(self.name, "r")
    local number = file and tonumber(file:read "*l" or "")
    if file then file:close() end
    self.rate = number and number >= 0 and number < math.huge and number or nil
end

--- Waits until one more may begin.
---@param tenant auth0.Tenant
---@param is_over fun(): boolean whether none is to begin any more
function Throttle:wait(tenant, is_over)
    while self.rate and not is_over() do
        local now = tenant:now()
        if self.rate > 0 and self.due <= now then
            self.due = math.max(self.due, now - 1) + 1 / self.rate
            return
        end
        tenant:sleep(self.rate > 0 and math.min(self.due - now, PAUSE) or PAUSE)
    end
end

return throttle
