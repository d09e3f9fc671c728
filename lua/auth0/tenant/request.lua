--- Any endpoint of the Management API.
local body = require "auth0.tenant.body"
local call = require "auth0.tenant.call"
local paths = require "auth0.tenant.paths"

local requests = {}

local takes = { "method", "path", "query", "body", "idempotent", "raw" }
local request = call.method { caller = "tenant:request", takes = takes }
local read = call.method { caller = "tenant:request", takes = takes, is_read = true }

local function complain(name, fault, level)
    error(("tenant:request: %s: %s"):format(name, fault), level + 1)
end

-- Below it is all of the Management API.
local function fault_of_place(path)
    if path:find "^/api/v%d+/" then return nil end
    local part, more = path:match "^/([%w_-]*)(/?)"
    return ('expected one that begins with "/api/v2/", as in "/api/v2/%s%s"'):format(part, more ~= "" and "/..." or "")
end

-- What is asked for, in the form in which it is sent.
local function compose(checked, level)
    if checked.path == nil then
        complain("path", 'expected text that begins with "/api/v2/", or an array of parts; it is missing', level + 1)
    end
    local path, fault = paths.path(checked.path)
    fault = fault or fault_of_place(path)
    if fault then complain("path", fault, level + 1) end
    local query, text = "", nil
    if checked.query ~= nil then query, fault = paths.query(checked.query) end
    if not query then complain("query", fault, level + 1) end
    local method = checked.method or "GET"
    if checked.body ~= nil then
        if method == "GET" then complain("body", "does not go with GET", level + 1) end
        text, fault = body.text(checked.body)
        if not text then complain("body", fault, level + 1) end
    end
    return { method = method, path = path .. query, body = text, idempotent = checked.idempotent,
        raw = checked.raw }
end

---@class auth0.RequestOptions: auth0.Defaults
---@field method? "GET"|"POST"|"PATCH"|"PUT"|"DELETE" GET
---@field path string|string[] "/api/v2/roles", percent-encoded; or its parts as they are: { "api", "v2", "users", id }
---@field query? table<string, string|number|boolean>
---@field body? table|string sent as JSON: auth0.null and auth0.array say what a Lua table cannot; or JSON as text
---@field idempotent? boolean of POST and PATCH: to send it twice does no harm; false
---@field raw? boolean true: the answer's text as it came, instead of its JSON's value; it is JSON all the same, or ""

--- Sends any request. GET, PUT and DELETE are sent again where no answer came; POST and PATCH only with `idempotent`.
---@param given auth0.RequestOptions
---@return any value the answer's JSON; true where it has none
---@return string|nil message
---@return auth0.Receipt|auth0.Failure
function requests:request(given)
    call.check_open(self, request.caller, 2)
    if given == nil then error("tenant:request: expected a table of options, got nothing", 2) end
    local checked = call.options(self, request, given, 2)
    local asked = compose(checked, 2)
    local value, message, facts = call.request(self, asked.method == "GET" and read or request, checked, asked, 2)
    return value, message, facts
end

return requests
