--- What all of a tenant's methods share: their options, one call, and what is returned.
local core = require "auth0.core"
local failure = require "auth0.failure"
local options = require "auth0.options"
local paths = require "auth0.tenant.paths"

local ask = {}

--- Options of every call; those of auth0.tenant are the defaults.
---@class auth0.Defaults
---@field deadline? number seconds for all that a call does; 60
---@field attempt_timeout? number seconds for one exchange; 15
---@field connect_timeout? number seconds until a request is sent; 10
---@field attempts? integer tries; 5
---@field max_response? integer bytes of an answer's body; 1048576
---@field correlation_id? string shown in the tenant's logs

local of_every_call = { deadline = true, attempt_timeout = true, connect_timeout = true, attempts = true,
    max_response = true, correlation_id = true }

--- The specification of a method's options: those of every call, others of the core's that it has, and its own.
---@param use auth0.OptionUse
---@param names string[] of the core's
---@param own? table<string, string> kinds by name
---@return auth0.Specification
function ask.specify(use, names, own)
    local taken = {}
    for _, name in ipairs(names) do taken[name] = true end
    local specification = options.specify(core.options, use, function(option)
        return of_every_call[option.name] or taken[option.name] or false
    end, "tenant")
    for name, kind in pairs(own or {}) do specification.known[name] = { name = name, kind = kind } end
    return specification
end

--- What every call of a tenant is given.
---@param checked table the tenant's options
---@return table defaults
function ask.defaults(checked)
    local defaults = { domain = checked.domain, user_agent = checked.user_agent, telemetry = checked.telemetry,
        settle = checked.settle, check_scopes = checked.check_scopes }
    for name in pairs(of_every_call) do defaults[name] = checked[name] end
    return defaults
end

---@param self auth0.Tenant
---@param caller string
---@param level integer as error's second argument, from the caller of this
function ask.check_tenant(self, caller, level)
    if type(self) ~= "table" or type(self.calls) ~= "table" then
        error(caller .. ": is called with a colon, not with a dot", level + 1)
    end
end

---@param self auth0.Tenant
---@param caller string
---@param level integer as error's second argument, from the caller of this
function ask.check_open(self, caller, level)
    ask.check_tenant(self, caller, level + 1)
    if self.is_closed then error(caller .. ": this tenant is closed", level + 1) end
    if not self.calls.engine:is_own() then
        error(caller .. ": this tenant was made before a fork, by another process: make one in this process", level + 1)
    end
end

--- A method, as its calls are made.
---@class auth0.Method
---@field caller string "tenant:link"
---@field goal "link"|"unlink"|"request"
---@field options auth0.Specification
---@field is_read? boolean it changes nothing

--- The options of one call, checked, on top of the tenant's.
---@param self auth0.Tenant
---@param method auth0.Method
---@param given table|nil
---@param level integer as error's second argument, from the caller of this
---@return table order
function ask.order(self, method, given, level)
    ask.check_open(self, method.caller, level + 1)
    local order = given == nil and {} or options.check(method.options, given, method.caller, level + 1)
    for name, value in pairs(self.defaults) do
        if order[name] == nil then order[name] = value end
    end
    order.caller = method.caller
    return order
end

--- What an order says about the limits of any exchange.
---@param order table
---@return table limits
function ask.limits(order)
    local limits = {}
    for _, name in ipairs { "deadline", "attempt_timeout", "connect_timeout", "attempts" } do
        limits[name] = order[name]
    end
    return limits
end

--- How other hosts than the tenant's are reached: no client's certificate is shown there.
---@param checked table the tenant's options
---@return table transport
function ask.transport(checked)
    local transport = {}
    for _, name in ipairs { "http_version", "proxy", "resolve", "ca_file", "ca_path", "user_agent", "on_event" } do
        transport[name] = checked[name]
    end
    return transport
end

local DEADLINE, LEAST = 60, 0.01 -- seconds: the core's default, and the least that is worth a request

--- From here on the order's deadline is that of all its requests together.
---@param self auth0.Tenant
---@param order table
function ask.bound(self, order)
    order.begun = self.calls.engine:now()
    order.until_when = order.begun + (order.deadline or DEADLINE)
end

--- Whether it is an array of tables, as answers that list something have.
---@param value any
---@return boolean
function ask.is_list(value)
    if type(value) ~= "table" then return false end
    local count = 0
    for _, inner in pairs(value) do
        if type(inner) ~= "table" then return false end
        count = count + 1
    end
    return count == #value and (count == 0 or value[1] ~= nil)
end

--- The failure of an answer that came whole, and says what the API never does.
---@param self auth0.Tenant
---@param method auth0.Method
---@param receipt auth0.Receipt of that answer
---@param detail string
---@return nil
---@return string message
---@return auth0.Failure failure
function ask.bad_response(self, method, receipt, detail)
    return failure.of_call(method.caller, self.domain, { code = "bad_response", outcome = "none", detail = detail,
        status = receipt.status, attempts = receipt.attempts, elapsed = receipt.elapsed,
        request_id = receipt.request_id }, method.is_read)
end

--- The same order for another request: a method may need several.
---@param self auth0.Tenant
---@param order table
---@param level integer as error's second argument, from the caller of this
---@return table copy
function ask.again(self, order, level)
    ask.check_open(self, order.caller, level + 1)
    local copy = {}
    for name, value in pairs(order) do copy[name] = value end
    return copy
end

--- The path of an account. Raises for what cannot be one's id.
---@param method auth0.Method
---@param id string
---@param level integer as error's second argument, from the caller of this
---@return string path
function ask.account_path(method, id, level)
    if type(id) ~= "string" or id == "" then
        error(("%s: expected an account's full id, got %s"):format(method.caller, id == "" and "an empty text" or
            "a " .. type(id)), level + 1)
    end
    local path, fault = paths.path { "api", "v2", "users", id }
    if not path then error(("%s: id: %s"):format(method.caller, (fault:gsub("^part 4: ", ""))), level + 1) end
    return path
end

-- What is left of the deadline; false where that is nothing.
local function limit(self, order)
    if not order.until_when then return true end
    local left = order.until_when - self.calls.engine:now()
    order.deadline = math.max(left, LEAST)
    return left > 0
end

--- One call. No tail calls: lines are blamed by counting.
---@param self auth0.Tenant
---@param method auth0.Method
---@param order table
---@param level integer as error's second argument, from the caller of this
---@return any value
---@return string|nil message
---@return table facts a receipt or a failure
function ask.perform(self, method, order, level)
    if not limit(self, order) then
        local _, message, what = failure.of_call(method.caller, self.domain, { code = "timeout", outcome = "none",
            attempts = 0, elapsed = self.calls.engine:now() - order.begun }, method.is_read)
        return nil, message, what
    end
    local value, facts = self.calls:perform(method.goal, order, level + 1)
    if value ~= nil then return value, nil, facts end
    local _, message, what = failure.of_call(method.caller, self.domain, facts, method.is_read)
    return nil, message, what
end

return ask
