--- What a run waits for, and how long, as its journal has it. If several calls wait for the same thing at once, that
--- time counts once.
local waits = {}

---@class auth0_accounts.Waits
---@field tenant auth0.Tenant
---@field journal auth0_accounts.Journal
---@field told table<string, number> until when the time in which a cause holds calls back is counted
---@field refused table<string, number> until when a limit is shut since the tenant answered 429
local Waits = {}
local waits_mt = { __name = "auth0_accounts.waits", __index = Waits }

---@param tenant auth0.Tenant
---@param journal auth0_accounts.Journal
---@return auth0_accounts.Waits
function waits.new(tenant, journal)
    return setmetatable({ tenant = tenant, journal = journal, told = {}, refused = {} }, waits_mt)
end

--- A time in which a cause holds something back. Times of one cause come in the order of their beginning.
---@param cause string
---@param from number seconds by the tenant's clock
---@param to number
---@param times? integer 0: it is one wait with the time before; 1 if absent
function Waits:add(cause, from, to, times)
    local counted = math.max(from, self.told[cause] or from)
    self.told[cause] = math.max(counted, to)
    self.journal:add_wait(cause, times or 1, math.max(0, to - counted))
end

-- Until a wait tells how long a limit is shut after a 429, every wait for it is the 429's.
local function cause_of(self, event, now)
    local limit = event.bucket
    if now >= (self.refused[limit] or now) then return limit end
    if self.refused[limit] == math.huge and event.wait then self.refused[limit] = now + event.wait end
    return "rate_limited"
end

-- A token comes at a time that is not known before.
local function await_token(self, event, now)
    if event.wait then return self:add("token", now, now + event.wait) end
    self.token_from = self.token_from or now
    self:add("token", now, now)
end

--- An event of the tenant's.
---@param event auth0.Event
function Waits:hear(event)
    local now = self.tenant:now()
    if event.kind == "retry" and event.wait then
        self:add(event.code, now, now + event.wait)
    elseif event.kind == "wait" and event.bucket == "token" then
        await_token(self, event, now)
    elseif event.kind == "wait" then
        self:add(cause_of(self, event, now), now, now + (event.wait or 0))
    elseif event.kind == "token" and self.token_from then
        self:add("token", self.token_from, now, 0)
        self.token_from = nil
    elseif event.kind == "request" and event.code == "rate_limited" then
        self.refused[event.bucket] = math.huge
    end
end

return waits
