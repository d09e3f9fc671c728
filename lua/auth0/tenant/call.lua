--- What all of a tenant's methods share: their options, one call, and what is returned.
local calls = require "auth0.calls"
local core = require "auth0.core"
local failure = require "auth0.failure"
local options = require "auth0.options"
local paths = require "auth0.tenant.paths"

local call = {}

--- Options of every call; those of auth0.tenant are the defaults.
---@class auth0.Defaults
---@field deadline? number seconds for all that a call does; 60
---@field attempt_timeout? number seconds for one request and its answer; 15
---@field connect_timeout? number seconds until a request is sent; 10
---@field attempts? integer tries; 5
---@field max_response? integer bytes of a body; 1048576, of most pages 524288, of identities, changes and merges 262144
---@field correlation_id? string shown in the tenant's logs

local of_every_call = { deadline = true, attempt_timeout = true, connect_timeout = true, attempts = true,
    max_response = true, correlation_id = true }

---@class auth0.MethodSpecification
---@field caller string "tenant:link"
---@field goal? "link"|"unlink"|"request"|"sequence" "request"
---@field takes? string[] options of the core's, beside those of every call
---@field own? table<string, string> others, with their types
---@field is_read? boolean it changes nothing

--- A method of a tenant, as its calls are made.
---@param wanted auth0.MethodSpecification
---@return auth0.Method
function call.method(wanted)
    local goal, taken = wanted.goal or "request", {}
    for _, name in ipairs(wanted.takes or {}) do taken[name] = true end
    local use = goal == "sequence" and "request" or goal
    local specification = options.specify(core.options, use, function(option)
        return of_every_call[option.name] or taken[option.name] or false
    end, "tenant")
    for name, its in pairs(wanted.own or {}) do specification.known[name] = { name = name, type = its } end
    return calls.method(wanted.caller, goal, specification, wanted.is_read)
end

---@param self auth0.Tenant
---@param caller string
---@param level integer as error's second argument, from the caller of this
function call.check_tenant(self, caller, level)
    if type(self) ~= "table" or type(self.calls) ~= "table" then
        error(caller .. ": is called with a colon, not with a dot", level + 1)
    end
end

---@param self auth0.Tenant
---@param caller string
---@param level integer as error's second argument, from the caller of this
function call.check_open(self, caller, level)
    call.check_tenant(self, caller, level + 1)
    if self.is_closed then error(caller .. ": this tenant is closed", level + 1) end
    if not self.calls.engine:is_own() then
        error(caller .. ": this tenant was made before a fork, by another process: make one in this process", level + 1)
    end
end

local none = {}

--- The options of one call, checked: for methods that look into them before they make it.
---@param self auth0.Tenant
---@param method auth0.Method
---@param given table|nil
---@param level integer as error's second argument, from the caller of this
---@return table checked not to be changed
function call.options(self, method, given, level)
    call.check_open(self, method.caller, level + 1)
    if given == nil then return none end
    return (options.check(method.options, given, method.caller, level + 1))
end

--- What options say about the limits of any exchange.
---@param checked table
---@return table limits
function call.limits(checked)
    local limits = {}
    for _, name in ipairs { "deadline", "attempt_timeout", "connect_timeout", "attempts" } do
        limits[name] = checked[name]
    end
    return limits
end

--- How other hosts than the tenant's are reached: no client's certificate is shown there.
---@param checked table the tenant's options
---@return table transport
function call.transport(checked)
    local transport = {}
    for _, name in ipairs { "http_version", "proxy", "proxy_ca_file", "resolve", "ca_file", "ca_path", "user_agent",
        "on_event" } do
        transport[name] = checked[name]
    end
    return transport
end

local DEADLINE, LEAST = 60, 0.01 -- seconds: the core's default, and the least that is worth a request
local RESPONSE, SMALLEST = 1048576, 1024 -- bytes: likewise, of max_response
local MOST = 4294967295 -- bytes of memory, for the core
local TIMES, ALWAYS = 6.5, 262144 -- bytes of memory that an answer's values may take for each of its own, or always

--- How large an answer of one call may be.
---@param self auth0.Tenant
---@param checked table options
---@param default number the method's own
---@return number bytes
function call.most(self, checked, default)
    return checked.max_response or self.max_response or default
end

---@class auth0.Span of all requests of a method together
---@field begun number
---@field ends number
---@field most number bytes of one answer
---@field left number bytes of memory that its further answers may take, and the text of one of them
---@field weight? number bytes of memory that the values of its last answer take, by an estimate that is the same in
---every Lua

--- Begins it: a method may need several requests. Its deadline is that of all, and their answers together take no more
--- memory than one answer may.
---@param self auth0.Tenant
---@param checked table options
---@param most? number the method's own default of max_response
---@return auth0.Span
function call.span(self, checked, most)
    local now = self.calls.engine:now()
    most = call.most(self, checked, most or RESPONSE)
    return { begun = now, ends = now + (checked.deadline or self.limits.deadline or DEADLINE), most = most,
        left = most + math.max(math.floor(TIMES * most), ALWAYS) }
end

--- Whether it is an array of tables, as answers that list something have.
---@param value any
---@return boolean
function call.is_list(value)
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
function call.bad_response(self, method, receipt, detail)
    return failure.of_call(method.caller, self.domain, { code = "bad_response", outcome = "none", detail = detail,
        status = receipt.status, attempts = receipt.attempts, elapsed = receipt.elapsed,
        request_id = receipt.request_id }, method.is_read)
end

--- The path of an account. Raises for what cannot be one's id.
---@param method auth0.Method
---@param id string
---@param level integer as error's second argument, from the caller of this
---@return string path
function call.account_path(method, id, level)
    if type(id) ~= "string" or id == "" then
        error(("%s: expected an account's full id, got %s"):format(method.caller, id == "" and "an empty text" or
            "a " .. type(id)), level + 1)
    end
    local path
    local _, fault = core.account_fault(id)
    if not fault then path, fault = paths.path { "api", "v2", "users", id } end
    if not path then error(("%s: id: %s"):format(method.caller, (fault:gsub("^part 4: ", ""))), level + 1) end
    return path
end

-- No tail calls: lines are blamed by counting.
local function told(self, method, value, facts)
    if value ~= nil then return value, nil, facts end
    local _, message, what = failure.of_call(method.caller, self.domain, facts, method.is_read)
    return nil, message, what
end

---@class auth0.RequestOrder
---@field method string
---@field path string with its query
---@field body? string
---@field promise? "object"|"array"|"user"|"identities" what the answer has to be
---@field idempotent? boolean
---@field span? auth0.Span of which it is a part
---@field deadline? number what is left of that
---@field max_response? integer likewise
---@field max_memory? integer likewise, of the answer's values
---@field account? string the full id of the account that it is about

-- Bounds a request by what its span has left. Returns the failure if no time is left.
local function bound(self, request, span)
    local now = self.calls.engine:now()
    request.deadline = math.max(span.ends - now, LEAST)
    request.max_response = math.max(math.min(span.most, math.floor(span.left / 2)), SMALLEST)
    request.max_memory = math.min(math.max(span.left - request.max_response, SMALLEST), MOST)
    if span.ends <= now then
        return { code = "timeout", outcome = "none", attempts = 0, elapsed = now - span.begun }
    end
end

-- Notes what an answer of a span takes. If one after the first is too large, all of them together are.
local function note(span, is_first, value, facts)
    if value ~= nil then
        span.weight, facts.weight = facts.weight, nil
        span.left = span.left - span.weight
    elseif not is_first and facts.code == "too_large" then
        facts.detail = ("its answers together take more memory than one of %.0f bytes may: raise max_response, or ask "
            .. "for less"):format(span.most)
    end
end

--- One request.
---@param self auth0.Tenant
---@param method auth0.Method
---@param checked table options
---@param request auth0.RequestOrder
---@param level integer as error's second argument, from the caller of this
---@return any value
---@return string|nil message
---@return table facts a receipt or a failure
function call.request(self, method, checked, request, level)
    if self.is_closed then call.check_open(self, method.caller, level + 1) end
    local span, account = request.span, request.account
    local is_first = span and not span.weight
    local over = span and bound(self, request, span)
    if over then return told(self, method, nil, over) end
    request.account = nil -- the core knows paths alone
    local value, facts = self.calls:perform(method, level + 1, checked, request, nil, true)
    if span then note(span, is_first, value, facts) end
    if value == nil and account and facts.status == 404 and not facts.content_type then
        facts.missing, facts.id = "account", account
    end
    return told(self, method, value, facts)
end

local function check_id(method, name, id, level)
    if id == nil or type(id) == "string" then return end
    local usage = type(id) == "table" and ("; it is %s(primary, secondary, options)"):format(method.caller) or ""
    error(("%s: %s: expected a string, got a %s%s"):format(method.caller, name, type(id), usage), level + 1)
end

--- A link or an unlink. The core reads the options as they were given; where it is in doubt, Lua looks at all of it.
---@param self auth0.Tenant
---@param method auth0.Method
---@param primary any
---@param secondary any
---@param given any options
---@param level integer as error's second argument, from the caller of this
---@param done table|nil the failure of the call, where it was made already
---@return any value
---@return string|nil message
---@return table facts a receipt or a failure
function call.change(self, method, primary, secondary, given, level, done)
    if done then return told(self, method, nil, done) end
    if type(self) ~= "table" or not self.calls or self.is_closed then
        call.check_open(self, method.caller, level + 1)
    end
    local value, facts = self.calls:perform(method, level + 1, given, primary, secondary)
    if facts == nil then
        local checked = call.options(self, method, given, level + 1)
        check_id(method, "primary", primary, level + 1)
        check_id(method, "secondary", secondary, level + 1)
        value, facts = self.calls:perform(method, level + 1, checked, primary, secondary, true)
    end
    return told(self, method, value, facts)
end

return call
