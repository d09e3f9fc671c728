--- The model tenant in process, for specs: tokens that are only names, a clock that stands, the same randomness in
--- every run. The functions act on the tenant that `new` made last.
local assert = require "luassert"
local json = require "auth0.mock.text.json"
local mock = require "auth0.mock.model"

local model = { NOW = 1630700205.288, DATABASE = "Username-Password-Authentication" }

--- A token is a name for what it says, for its algorithm, and for the key that it was signed with: nil is the tenant's.
local function toy_tokens()
    local issued = {}
    local function sign(claims, algorithm, key)
        issued[#issued + 1] = { claims = claims, algorithm = algorithm, key = key }
        return "token-" .. #issued
    end
    local function verify(token, key)
        local entry = issued[tonumber(token:match("^token%-(%d+)$"))]
        if token == "forged" then
            return nil, "signature"
        elseif not entry then
            return nil, "malformed"
        elseif entry.key ~= key then
            return nil, "signature"
        elseif entry.algorithm ~= "RS256" and (key == nil or not entry.algorithm:find("^[RP]S%d%d%d$")) then
            return nil, "algorithm"
        end
        return entry.claims, entry.algorithm
    end
    return sign, verify
end

---@return function random
function model.steady_random()
    local state = 7
    return function()
        state = (state * 16807) % 2147483647
        return state / 2147483647
    end
end

---@param more table|nil options of auth0.mock.new
---@return table tenant `model.clock` is its time; `model.sign(claims, algorithm, key)` makes tokens
function model.new(more)
    local sign, verify = toy_tokens()
    model.clock, model.sign = model.NOW, sign
    local options = {
        sign = sign,
        verify = verify,
        random = model.steady_random(),
        now = function() return model.clock end,
        domain = "tenant.test",
    }
    for name, value in pairs(more or {}) do
        options[name] = value
    end
    model.tenant = mock.new(options)
    model.machine = assert(model.tenant:token { kind = "machine" })
    return model.tenant
end

---@param fields table
---@return table user
function model.add(fields)
    return assert(model.tenant:add_user(fields))
end

---@param method string
---@param path string with its query
---@param body string|table|nil
---@param options table|nil {token = "none" for none, type, correlation}
---@return integer status
---@return any body decoded
---@return table answer
function model.send(method, path, body, options)
    options = options or {}
    local token = options.token or model.machine
    local before, query = path:match("^([^?]*)%??(.*)$")
    local answer = model.tenant:handle {
        method = method,
        path = before,
        query = query,
        headers = {
            authorization = token ~= "none" and "Bearer " .. token or nil,
            ["content-type"] = options.type or (body and "application/json" or nil),
            ["x-correlation-id"] = options.correlation,
        },
        body = type(body) == "table" and json.encode(body) or body,
    }
    return answer.status, answer.body ~= "" and json.decode(answer.body) or nil, answer
end

---Links to auth0|1.
function model.link(body, options)
    return model.send("POST", "/api/v2/users/auth0%7C1/identities", body, options)
end

---@param id string as it stands in the path
function model.read(id, options)
    return model.send("GET", "/api/v2/users/" .. id, nil, options)
end

---Changes settings.
function model.set(changes)
    assert(model.tenant:configure(changes))
end

---A machine's token with some scopes only.
---@param scope string
---@return table options for the functions above
function model.with(scope)
    return { token = assert(model.tenant:token { kind = "machine", scope = scope }) }
end

---Asserts that an answer is a refusal with a whole Management API body.
function model.refused(status, message, error_code, got_status, body)
    assert.same({ status, message, error_code }, { got_status, body and body.message, body and body.errorCode })
    assert.equal(status, body.statusCode)
    assert.is_string(body.error)
end

return model
