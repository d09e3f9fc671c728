--- Any endpoint of the Management API.
local ask = require "auth0.tenant.ask"
local body = require "auth0.tenant.body"
local paths = require "auth0.tenant.paths"

local requests = {}

local request = { caller = "tenant:request", goal = "request", options = ask.specify("request",
    { "method", "path", "query", "body", "idempotent" }) }
local read = { caller = request.caller, goal = "request", options = request.options, is_read = true }

local function complain(name, fault, level)
    error(("tenant:request: %s: %s"):format(name, fault), level + 1)
end

-- Puts the order's path, query and body into the form in which they are sent.
local function compose(order, level)
    if order.path == nil then complain("path", "is missing", level + 1) end
    local path, fault = paths.path(order.path)
    if not path then complain("path", fault, level + 1) end
    local query = ""
    if order.query ~= nil then query, fault = paths.query(order.query) end
    if not query then complain("query", fault, level + 1) end
    if order.body ~= nil then
        if order.method == "GET" then complain("body", "does not go with GET", level + 1) end
        order.body, fault = body.text(order.body)
        if not order.body then complain("body", fault, level + 1) end
    end
    order.path = path .. query
end

---@class auth0.RequestOptions: auth0.Defaults
---@field method? "GET"|"POST"|"PATCH"|"PUT"|"DELETE" GET
---@field path string|string[] "/api/v2/roles", percent-encoded; or its parts as they are: { "api", "v2", "users", id }
---@field query? table<string, string|number|boolean>
---@field body? table|string sent as JSON: auth0.null and auth0.array say what a Lua table cannot; or JSON as text
---@field idempotent? boolean of POST and PATCH: to send it twice does no harm; false

--- Sends any request. GET, PUT and DELETE are sent again where no answer came; POST and PATCH only with `idempotent`.
---@param given auth0.RequestOptions
---@return any value the answer's JSON; true where it has none
---@return string|nil message
---@return auth0.Receipt|auth0.Failure
function requests:request(given)
    ask.check_open(self, request.caller, 2)
    if given == nil then error("tenant:request: expected a table of options, got nothing", 2) end
    local order = ask.order(self, request, given, 2)
    order.method = order.method or "GET"
    compose(order, 2)
    local value, message, facts = ask.perform(self, order.method == "GET" and read or request, order, 2)
    return value, message, facts
end

return requests
