--- A model of an Auth0 tenant: answers requests as the Management API does, from state in memory. It does no I/O and
--- has no clock of its own.
---
---     local tenant = require("auth0.mock.model").new {
---         sign = sign, verify = verify, random = math.random, now = os.time,
---     }
---     local answer = tenant:handle { method = "GET", path = "/api/v2/users/auth0%7C1", headers = { ... } }
local clients = require "auth0.mock.model.clients"
local connections = require "auth0.mock.model.connections"
local exports = require "auth0.mock.endpoints.exports"
local errors = require "auth0.mock.text.errors"
local event_streams = require "auth0.mock.endpoints.event_streams"
local groups = require "auth0.mock.endpoints.groups"
local json = require "auth0.mock.text.json"
local memberships = require "auth0.mock.endpoints.memberships"
local reception = require "auth0.mock.faults.reception"
local roles = require "auth0.mock.endpoints.roles"
local routes = require "auth0.mock.endpoints.routes"
local settings = require "auth0.mock.model.settings"
local tokens = require "auth0.mock.model.tokens"
local user_view = require "auth0.mock.model.user_view"
local users = require "auth0.mock.model.users"

local mock = {}

local Mock = {}
local mock_mt = { __name = "auth0.mock", __index = Mock }

---@class auth0.mock.options
---@field sign fun(claims: table, algorithm: string): string  makes a token
---@field verify fun(token: string, key: any): table|nil, string|nil  its claims and algorithm; or nil and
---"malformed", "signature" or "algorithm". Without `key` it is a token of this tenant, and RS256 alone will do; with
---`key`, a client's public_key, it is that client's assertion, signed with RS256, RS384 or PS256
---@field random fun(): number  in [0, 1)
---@field now fun(): number  seconds since 1970
---@field deflate (fun(text: string): string)|nil  raw DEFLATE of an exported file; without it, files are stored
---@field domain string|nil  "tenant.test"; the issuer of its tokens is https://DOMAIN/
---@field canonical_domain string|nil  what the API's audience is named after where `domain` is a custom one
---@field clients auth0.mock.client[]|nil  who may ask for tokens; without it one, "mockclient" with "mocksecret"
---@field settings auth0.mock.settings|nil  see settings.lua
---@field rates auth0.mock.rates|nil  see limits.lua; without it nothing is limited

---@class auth0.mock.request
---@field method string
---@field path string as in the request line, still percent-encoded, without the query
---@field query string|nil
---@field headers table<string, string> names in lower case
---@field body string|nil

---@param options auth0.mock.options
---@return table mock
function mock.new(options)
    for _, name in ipairs { "sign", "verify", "random", "now" } do
        if type(options[name]) ~= "function" then
            error("auth0.mock.model.new: " .. name .. " is a function that you hand in", 2)
        end
    end
    local domain = options.domain or "tenant.test"
    local world = {
        sign = options.sign,
        verify = options.verify,
        random = options.random,
        now = options.now,
        deflate = options.deflate,
        issuer = "https://" .. domain .. "/",
        audience = "https://" .. (options.canonical_domain or domain) .. "/api/v2/",
        settings = settings.defaults(),
    }
    local self = setmetatable({ world = world, options = options }, mock_mt)
    local done, message = clients.new(options.clients)
    if not done then
        error("auth0.mock.model.new: " .. message, 2)
    end
    done, message = settings.change(world.settings, options.settings or {})
    if not done then
        error("auth0.mock.model.new: " .. message, 2)
    end
    self:reset()
    done, message = self.reception:limit(options.rates)
    if not done then
        error("auth0.mock.model.new: " .. message, 2)
    end
    return self
end

local function carry_out(self, visit)
    local request, route, params = visit.request, visit.route, visit.params
    if not route then
        return errors.answer("no_such_path")
    end
    local caller, refusal
    if not route.is_open then
        caller, refusal = tokens.caller(self.world, request.headers)
    end
    refusal = refusal or routes.decode(params)
    if refusal then
        return refusal
    end
    return route[3] {
        world = self.world,
        record = self.record,
        request = request,
        request_id = visit.request_id,
        correlation = request.headers["x-correlation-id"],
        caller = caller,
        params = params,
    }
end

---Back to what `new` made: forgets accounts, connections, clients that were added, tokens that were revoked, settings
---and rates that were changed, armed faults, changes that are not due yet, the record.
function Mock:reset()
    local world = self.world
    world.settings = settings.defaults()
    settings.change(world.settings, self.options.settings or {})
    world.connections = connections.new()
    world.clients = assert(clients.new(self.options.clients))
    world.revoked = {}
    world.roles, world.organizations, world.groups = roles.new(), memberships.new(), groups.new()
    world.event_streams = event_streams.new()
    world.exports = exports.new()
    world.users = users.new(world)
    self.reception = reception.new(world, function(visit) return carry_out(self, visit) end)
    self.reception:limit(self.options.rates)
    self.record = self.reception.record
end

---Changes settings while the tenant runs.
---@param changes auth0.mock.settings also `rates`, which replaces the limits: {} takes them away
---@return boolean|nil done
---@return string|nil message
function Mock:configure(changes)
    local others, done, message = {}, true, nil
    if not json.is_object(changes) then
        return nil, "settings are a table"
    end
    for name, value in pairs(changes) do
        if name ~= "rates" then
            others[name] = value
        end
    end
    if changes.rates then
        done, message = self.reception:limit(changes.rates)
    end
    if done then
        done, message = settings.change(self.world.settings, others)
    end
    if done then
        self.world.users.index:follow()
    end
    return done, message
end

---Creates an account without a request, with full control over its fields. It is not in the record.
---@param fields table see users.lua; `auth0.mock.json` has null, arrays and exact numbers
---@return table|nil user as a read shows it
---@return string|nil message
function Mock:add_user(fields)
    local account, message = self.world.users:add(fields)
    if not account then
        return nil, message
    end
    return json.copy(user_view.account(account, { secrets = true }))
end

---All accounts, as a read with every scope shows them.
---@return table[] users
function Mock:users()
    local list = {}
    for account in self.world.users:each() do
        list[#list + 1] = json.copy(user_view.account(account, { secrets = true }))
    end
    return list
end

---@param client auth0.mock.client
---@return boolean|nil done
---@return string|nil message
function Mock:add_client(client)
    return self.world.clients:add(client)
end

---@param role auth0.mock.role
---@return auth0.mock.role|nil
---@return string|nil message
function Mock:add_role(role)
    return self.world.roles:add(role)
end

---@param organization auth0.mock.organization
---@return auth0.mock.organization|nil
---@return string|nil message
function Mock:add_organization(organization)
    return self.world.organizations:add(organization)
end

---@param group auth0.mock.group
---@return auth0.mock.group|nil
---@return string|nil message
function Mock:add_group(group)
    return self.world.groups:add(group)
end

---@param stream auth0.mock.event_stream
---@return table|nil stream as a read shows it
---@return string|nil message
function Mock:add_event_stream(stream)
    return self.world.event_streams:add(stream)
end

---Adds a connection, for instance a second database, or says what provisions one.
---@param name string
---@param strategy string
---@param provisioning auth0.mock.provisioning|nil
---@return table|nil connection {id, name, strategy}
---@return string|nil message
function Mock:add_connection(name, strategy, provisioning)
    local message = connections.check(name, strategy, provisioning)
    if message then
        return nil, message
    end
    local connection = self.world.connections:ensure(name, strategy)
    for kind, is_set in pairs(provisioning or {}) do
        connection[kind] = is_set
    end
    return connection
end

---Issues a token for tests.
---@param wanted auth0.mock.token
---@return string|nil token
---@return string|nil message
function Mock:token(wanted)
    local claims, message = tokens.claims(self.world, wanted)
    if not claims then
        return nil, message
    end
    return self.world.sign(claims, wanted.alg or "RS256")
end

---From now on the token is refused, whatever it says itself.
---@param token string
---@return boolean|nil done
---@return string|nil message
function Mock:revoke(token)
    if type(token) ~= "string" then
        return nil, "a token is a string"
    end
    self.world.revoked[token] = true
    return true
end

---Answers one request. What it changes is committed when this returns; `answer.transport` says what the front door has
---to do to the connection (see faults.lua).
---@param request auth0.mock.request
---@return auth0.mock.answer
function Mock:handle(request)
    return self.reception:handle(request)
end

---Carries out what a fault has made late and is due by now. `handle` does it first; call it before a look at the
---record.
---@return number|nil seconds until the next is due
function Mock:settle()
    return self.reception:settle()
end

---Arms a fault for requests to come.
---@param order auth0.mock.order
---@return boolean|nil done
---@return string|nil message
function Mock:arm(order)
    return self.reception.armed:add(order)
end

mock.json = json

return mock
