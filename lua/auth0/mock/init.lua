--- A tenant in process, for tests of code that links accounts: no network, no waiting, a clock of its own.
---
---     local mocked = require("auth0.mock").new()
---     mocked:add_user { user_id = "auth0|1", connection = "Username-Password-Authentication" }
---     mocked:add_user { user_id = "google-oauth2|2", connection = "google-oauth2" }
---     local identities = auth0.link {
---         mock = mocked, domain = mocked.domain, token = mocked:token { kind = "machine" },
---         primary = "auth0|1", secondary = "google-oauth2|2",
---     }
---
--- The model (auth0.mock.model) answers; what is sent, how long it may take and what an end means is decided by the
--- code that runs in production.
local base64url = require "auth0.mock.text.base64url"
local core = require "auth0.native"
local json = require "auth0.mock.text.json"
local mock = require "auth0.mock.model"
local nearest = require "auth0.nearest"

local in_process = {}

---@class auth0.mock.Tenant: auth0.Mock
---@field domain string
---@field add_user fun(self, fields: table): table makes an account (see lua/auth0/mock/model/users.lua); returns what a
---read shows
---@field token fun(self, wanted: auth0.mock.token): string issues a token: `{ kind = "machine" }`,
---`{ kind = "user", sub = ... }`, `{ kind = "id", sub = ..., aud = ... }`
---@field arm fun(self, order: auth0.mock.order): true orders a fault for requests to come
---@field configure fun(self, changes: auth0.mock.settings): true changes settings, and `rates`
---@field add_connection fun(self, name: string, strategy: string, provisioning: auth0.mock.provisioning?): table makes
---a connection, which has an `id`
---@field add_role fun(self, role: auth0.mock.role): table
---@field add_organization fun(self, organization: auth0.mock.organization): table
---@field add_group fun(self, group: auth0.mock.group): table
---@field add_event_stream fun(self, stream: auth0.mock.event_stream): table
---@field add_client fun(self, client: auth0.mock.client): true
---@field revoke fun(self, token: string): true from now on the token is refused
local Tenant = {}
local tenant_mt = { __name = "auth0.mock", __index = Tenant }

local EPOCH = 1700000000 -- when every tenant's clock begins: a run repeats

-- Tokens in the shape of a JWT, so that what they say can be read; their signature is only a number.
local function named_tokens()
    local issued = {}
    local function sign(claims, algorithm, key)
        local header = json.encode { alg = algorithm, typ = "JWT" }
        local text = ("%s.%s.%08d"):format(base64url.encode(header), base64url.encode(json.encode(claims)), #issued + 1)
        issued[#issued + 1] = { claims = claims, algorithm = algorithm, key = key, text = text }
        return text
    end
    local function verify(token, key)
        local entry = issued[tonumber(token:match("^[%w_-]+%.[%w_-]+%.(%d+)$"))]
        if not entry then return nil, "malformed" end
        if entry.text ~= token or entry.key ~= key then return nil, "signature" end
        if key == nil and entry.algorithm ~= "RS256" then return nil, "algorithm" end
        return entry.claims, entry.algorithm
    end
    return sign, verify
end

-- The same numbers in every run (Lehmer's generator).
local function seeded(seed)
    local state = seed % 2147483646 + 1
    return function()
        state = (state * 16807) % 2147483647
        return state / 2147483647
    end
end

---@class auth0.mock.TenantOptions
---@field domain? string "tenant.test"
---@field seed? integer of everything that is random; 1
---@field settings? table see lua/auth0/mock/model/settings.lua
---@field rates? table see lua/auth0/mock/limits/init.lua
---@field clients? table[] who may ask for tokens

local properties = { domain = "string", seed = "number", settings = "table", rates = "table", clients = "table" }

-- A misspelt option would leave a test without what it is about.
local function check(options)
    if type(options) ~= "table" then error("auth0.mock.new: expected a table of options", 3) end
    local unknown = nearest.unknown(options, properties)
    if unknown then error(("auth0.mock.new: there is no option %s"):format(unknown), 3) end
    for name, value in pairs(options) do
        if type(value) ~= properties[name] then
            error(("auth0.mock.new: %s: expected a %s, got %s"):format(name, properties[name], type(value)), 3)
        end
    end
end

---@param options? auth0.mock.TenantOptions
---@return auth0.mock.Tenant
function in_process.new(options)
    options = options or {}
    check(options)
    local engine = core.engine()
    local sign, verify = named_tokens()
    local domain = options.domain or "tenant.test"
    local model = mock.new {
        sign = sign,
        verify = verify,
        random = seeded(options.seed or 1),
        now = function() return EPOCH + engine:now() end,
        domain = domain,
        settings = options.settings,
        rates = options.rates,
        clients = options.clients,
    }
    return setmetatable({ domain = domain, engine = engine, model = model }, tenant_mt)
end

-- What the model refuses with a message raises here.
for _, name in ipairs { "add_user", "token", "arm", "configure", "add_connection", "add_role", "add_organization",
    "add_group", "add_event_stream", "add_client", "revoke" } do
    Tenant[name] = function(self, ...)
        local value, message = self.model[name](self.model, ...)
        if value == nil then error(("mock:%s: %s"):format(name, message), 2) end
        return value
    end
end

--- Forgets the faults that are armed.
function Tenant:disarm()
    self.model.reception.armed:disarm()
end

--- What has been changed so far, in order: `kind`, `primary`, `provider`, `user_id`, `status`, `correlation` and more.
---@return table[] changes
function Tenant:changes()
    self.model:settle()
    return self.model.record.changes
end

--- The accounts, as a read with every scope shows them, in the order in which they were made.
---@return table[] users
function Tenant:users()
    self.model:settle()
    return self.model:users()
end

--- How often each endpoint was asked, by "METHOD template".
---@return table<string, integer> requests
function Tenant:requests()
    return self.model.record.requests
end

--- Lets time pass: tokens expire, rate buckets fill, jobs finish, late changes are made.
---@param seconds number
function Tenant:advance(seconds)
    self.engine:advance(seconds)
    self.model:settle()
end

--- What the tenant's clock says; receipts go by it, too.
---@return number seconds since 1970
function Tenant:time()
    return EPOCH + self.engine:now()
end

-- What a front door would do to the connection, told to the engine.
local function told(answer)
    local transport = answer.transport or {}
    local after = transport.delay or 0
    if transport.drip then
        after = after + transport.drip.pause * math.ceil(#answer.body / transport.drip.bytes)
    end
    if transport.kill then return { how = "lost", after = after } end
    return {
        how = transport.missing and "lost" or "answered",
        status = answer.status,
        headers = answer.headers,
        body = answer.body,
        after = after,
    }
end

--- Answers one exchange; called by auth0.link and the like.
---@param request auth0.Request
---@return auth0.Answer
function Tenant:answer(request)
    local host, path, query = request.url:match("^https://([^/]*)([^?]*)%??(.*)$")
    if host ~= self.domain then return { how = "unreached" } end -- a wrong domain must not pass a test
    return told(self.model:handle {
        method = request.method,
        path = path,
        query = query,
        headers = request.headers,
        body = request.body,
    })
end

return in_process
