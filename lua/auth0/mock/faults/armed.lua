--- Faults for requests to come: "the next N requests that match suffer FAULT with probability p". Each order draws from
--- a seed of its own, so that a run repeats whatever else is random in it.
local faults = require "auth0.mock.faults"
local json = require "auth0.mock.text.json"
local nearest = require "auth0.nearest"
local wire = require "auth0.mock.text.wire"

local armed = {}

local Armed = {}
local armed_mt = { __name = "auth0.mock.armed", __index = Armed }

---@class auth0.mock.order
---@field fault string "reset-after;seconds=1": a fault as in the header, without `fault=`
---@field seconds number|nil the keys of the fault, instead of in its text
---@field status integer|nil
---@field bytes integer|nil
---@field kind string|nil
---@field method string|nil any
---@field template string|nil "/api/v2/users/{id}/identities"; any
---@field id string|nil full id of the account in the path; any
---@field count integer|nil matching requests that it waits for, struck or not; 1
---@field probability number|nil of being struck, for each of them; 1
---@field seed integer|nil 1

---@return table armed
function armed.new()
    return setmetatable({ orders = {} }, armed_mt)
end

local properties = { fault = "string", method = "string", template = "string", id = "string", count = "number",
    probability = "number", seed = "number", seconds = "number", status = "number", bytes = "number", kind = "string" }

--- The fault of an order as the header has it, its keys in the text.
local function words_of(order)
    local words = order.fault
    for _, name in ipairs { "seconds", "status", "bytes", "kind" } do
        local value = order[name]
        if value ~= nil then
            words = ("%s;%s=%s"):format(words, name, type(value) == "number" and json.encode(value) or value)
        end
    end
    return words
end

local function check(order)
    if not json.is_object(order) then
        return "an order is a table"
    end
    local unknown = nearest.unknown(order, properties)
    if unknown then
        return ("an order has no %s; it has %s"):format(unknown, table.concat(json.keys(properties), ", "))
    end
    for _, name in ipairs(json.keys(order)) do
        if type(order[name]) ~= properties[name] then
            return ("%s is a %s"):format(name, properties[name])
        end
    end
    if not order.fault then
        return "an order needs a fault, a string; there are " .. faults.names()
    elseif (order.probability or 1) < 0 or (order.probability or 1) > 1 then
        return "a probability is between 0 and 1"
    end
    return select(2, faults.parse("fault=" .. words_of(order)))
end

---@param order auth0.mock.order
---@return boolean|nil done
---@return string|nil message
function Armed:add(order)
    local message = check(order)
    if message then
        return nil, message
    end
    local copy = { left = order.count or 1, struck = 0, probability = order.probability or 1,
        state = math.floor(order.seed or 1) % 2147483646 + 1 }
    copy.fault, copy.method, copy.template, copy.id = words_of(order), order.method, order.template, order.id
    self.orders[#self.orders + 1] = copy
    return true
end

function Armed:disarm()
    self.orders = {}
end

--- Lehmer's generator: every product is below 2^53, so each Lua draws the same numbers.
local function draw(order)
    order.state = order.state * 16807 % 2147483647
    return order.state / 2147483647
end

local function matches(order, method, template, id)
    return order.left > 0 and (not order.method or order.method == method)
        and (not order.template or order.template == template) and (not order.id or order.id == id)
end

---The fault of the first order that matches; the orders behind it do not see the request.
---@param method string
---@param template string
---@param raw_id string|nil still percent-encoded
---@return auth0.mock.fault|nil
function Armed:strike(method, template, raw_id)
    if not self.orders[1] then
        return nil
    end
    local id = raw_id and wire.unescape(raw_id)
    for _, order in ipairs(self.orders) do
        if matches(order, method, template, id) then
            order.left = order.left - 1
            if draw(order) >= order.probability then
                return nil
            end
            order.struck = order.struck + 1
            return faults.parse("fault=" .. order.fault)
        end
    end
end

---@return table[] orders as they were given, with `left` and `struck`
function Armed:list()
    local list = json.array({})
    for i, order in ipairs(self.orders) do
        list[i] = {}
        for name, value in pairs(order) do
            list[i][name] = name ~= "state" and value or nil
        end
    end
    return list
end

return armed
