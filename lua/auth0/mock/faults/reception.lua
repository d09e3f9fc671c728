--- What happens to every request around its endpoint: rate limits, faults, commits that come late, the record.
local armed = require "auth0.mock.faults.armed"
local faults = require "auth0.mock.faults"
local rates = require "auth0.mock.limits.rates"
local record = require "auth0.mock.model.record"
local routes = require "auth0.mock.endpoints.routes"
local users = require "auth0.mock.model.users"
local wire = require "auth0.mock.text.wire"

local reception = {}

local Reception = {}
local reception_mt = { __name = "auth0.mock.reception", __index = Reception }

---@class auth0.mock.visit one request on its way
---@field request auth0.mock.request
---@field route auth0.mock.route|nil
---@field params table<string, string>|nil still percent-encoded
---@field request_id string

---@param world table now, random
---@param carry_out fun(visit: auth0.mock.visit): auth0.mock.answer
---@return table reception
function reception.new(world, carry_out)
    return setmetatable({
        world = world,
        carry_out = carry_out,
        rates = rates.new(world),
        armed = armed.new(),
        record = record.new(),
        due = {},
    }, reception_mt)
end

---Replaces the rate limits; the new buckets are full.
---@param config auth0.mock.rates|nil
---@return boolean|nil done
---@return string|nil message
function Reception:limit(config)
    local limits, message = rates.new(self.world, config)
    if not limits then
        return nil, message
    end
    self.rates = limits
    return true
end

--- Stable: what is due at one moment is committed in the order of its requests.
local function queue(self, visit, fault)
    local answer = wire.answer(200)
    local entry = { at = self.world.now() + (fault.seconds or 1), visit = visit, fault = fault, answer = answer }
    local place = #self.due + 1
    while place > 1 and self.due[place - 1].at > entry.at do
        place = place - 1
    end
    table.insert(self.due, place, entry)
    return answer
end

--- The change bears the time at which it was due, however late the clock was looked at.
local function commit(self, entry)
    local world, since = self.world, #self.record.changes
    local now = world.now
    world.now = function() return entry.at end
    local good, message = pcall(self.carry_out, entry.visit)
    world.now = now
    if not good then
        error(message, 0)
    end
    self.record:answered(since, entry.answer, entry.fault)
end

---Carries out what is due by now. `handle` does it first of all; call it before a look at the accounts or the record.
---@return number|nil seconds until the next is due, nil when none waits
function Reception:settle()
    local now = self.world.now()
    while self.due[1] and self.due[1].at <= now do
        commit(self, table.remove(self.due, 1))
    end
    return self.due[1] and self.due[1].at - now
end

--- The answer before a fault shapes it.
local function plain_answer(self, visit, fault, refusal)
    if fault and fault.commits == false then
        return wire.answer(200)
    elseif refusal then
        return refusal
    elseif fault and fault.commits == "late" then
        return queue(self, visit, fault)
    end
    return self.carry_out(visit)
end

---@param request auth0.mock.request
---@return auth0.mock.answer
function Reception:handle(request)
    self:settle()
    local route, params = routes.find(request.method, request.path)
    local template = route and route[2] or "(no such path)"
    self.record:received(request.method, template)
    local visit = { request = request, route = route, params = params,
        request_id = users.hexadecimal(self.world.random, 16) }
    local fault, answer = faults.wanted(request.headers)
    if not fault and not answer then
        fault = self.armed:strike(request.method, template, params and params.id)
    end
    local headers, refusal
    if not route or route[4] then
        headers, refusal = self.rates:admit(route and route[4] or "other", request)
    end
    local since = #self.record.changes
    answer = answer or plain_answer(self, visit, fault, refusal)
    answer = fault and faults.shape(fault, answer, request.headers.host) or answer
    for name, value in pairs(headers or {}) do
        answer.headers[name] = value
    end
    answer.headers["ot-baggage-auth0-request-id"] = visit.request_id
    self.record:answered(since, answer, fault)
    return answer
end

return reception
