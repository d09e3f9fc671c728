--- What the tenant did, in commit order, and what it was asked: tests compare what a client was told with it.
local json = require "auth0.mock.text.json"

local Record = {}
local record_mt = { __name = "auth0.mock.record", __index = Record }

---@class auth0.mock.change
---@field n integer position in commit order, from 1
---@field kind "link"|"unlink"|"create"|"delete" ...
---@field primary string full id of the account acted on
---@field provider string|nil of the identity that moved
---@field user_id string|nil of the identity that moved, without the provider
---@field time number seconds since 1970
---@field method string of the request that made it
---@field path string as in the request line
---@field subject string|nil of the token that the request carried
---@field request_id string
---@field correlation string|nil its X-Correlation-ID
---@field status integer|nil what the caller was answered; nil where no answer was sent
---@field fault string|nil what befell the request

local record = {}

---@return table record
function record.new()
    local self = { changes = json.array({}), requests = {}, total = 0, conflicts = 0, is_kept = true }
    return setmetatable(self, record_mt)
end

---Whether changes are kept, or only counted: a benchmark of millions has no use for them.
---@param is_kept boolean
function Record:keep(is_kept)
    self.is_kept = is_kept
end

---@param method string
---@param template string
function Record:received(method, template)
    local key = method .. " " .. template
    self.requests[key] = (self.requests[key] or 0) + 1
end

---Counts a link of what is linked already, here or elsewhere.
function Record:conflicted()
    self.conflicts = self.conflicts + 1
end

---@param call table the request that made the change
---@param change table kind, primary, provider, user_id
function Record:committed(call, change)
    self.total = self.total + 1
    if not self.is_kept then
        return
    end
    change.n, change.time = self.total, call.world.now()
    change.method, change.path = call.request.method, call.request.path
    change.subject = call.caller and call.caller.claims.sub
    change.request_id, change.correlation = call.request_id, call.correlation
    self.changes[#self.changes + 1] = change
end

---Says what the caller of the latest changes was answered.
---@param since integer changes that were kept before the request
---@param answer auth0.mock.answer
---@param fault auth0.mock.fault|nil
function Record:answered(since, answer, fault)
    local is_sent = not (answer.transport and answer.transport.kill)
    for i = since + 1, #self.changes do
        local change = self.changes[i]
        change.status, change.fault = is_sent and answer.status or nil, fault and fault.name
    end
end

---A page of the changes that were kept.
---@param from integer|nil position, from 1
---@param count integer|nil at most; all
---@return auth0.mock.change[] changes
---@return integer|nil next position of the next page, nil when there is none yet
function Record:page(from, count)
    from = math.max(1, from or 1)
    local last = math.min(#self.changes, from + (count or #self.changes) - 1)
    local changes = json.array({})
    for i = from, last do
        changes[#changes + 1] = self.changes[i]
    end
    return changes, last < #self.changes and last + 1 or nil
end

return record
