--- A tenant: one set of connections, one token, one pace for all of its calls.
---
---     local tenant = auth0.tenant { domain = "acme.eu.auth0.com", client_id = id, client_secret = secret }
---     local identities, message, failure = tenant:link(primary, secondary)
---
--- A mistake in the arguments raises an error before anything is sent. What the network or the tenant does is returned:
--- `value, nil, receipt`, or `nil, message, failure`. Iterators raise the failure instead (a table, whose tostring is
--- the message), as io.lines does: a loop that merely ended would look complete.
local call = require "auth0.tenant.call"
local calls = require "auth0.calls"
local core = require "auth0.core"
local credentials = require "auth0.tenant.credentials"
local loop = require "auth0.loop"
local options = require "auth0.options"

local tenants = {}

---@class auth0.TenantOptions: auth0.Defaults, auth0.Connection
---@field token? string|auth0.TokenFunction an access token, or a function that gets one
---@field client_id? string of a machine-to-machine application, with one of the next two
---@field client_secret? string
---@field signing_key? string a private key in PEM form, of private_key_jwt
---@field signing_key_id? string
---@field signing_algorithm? "RS256"|"RS384"|"PS256" RS256
---@field audience? string "https://DOMAIN/api/v2/". With a custom domain, give the one with the canonical domain
--- A file (mode 0600) in which processes of one user share the token; for client_id. If something is wrong with the
--- file, calls go on without it, and a `token` event says what is wrong; without on_event you do not learn of it.
---@field token_file? string
---@field reserve? number the share of each rate limit that is left to other clients; 0.1
---@field rate? number requests a second: an upper bound of your own, in addition to the tenant's rate limits
---@field on_event? fun(event: auth0.Event)
---@field settle? boolean of its changes, false: do not read the primary after a lost answer; true
---@field check_scopes? boolean of its changes, false: send them even if the token's own claims lack the scope; true

--- Called when a token is needed, once at a time, with as long as one request (attempt_timeout). Inside nginx, or in
--- the event loop that `loop` names, it may wait as other code there does. It must not yield elsewhere or with a mock,
--- and must not call its own tenant.
---@alias auth0.TokenFunction fun(): string|nil, number|string|nil token and its life in seconds; or nil and a message

--- What is happening, told meanwhile. It never holds a secret.
---@class auth0.Event
---@field kind "request"|"retry"|"wait"|"token"|"settle"
---@field id? integer the call that it is about, if it is about one; the same in all events of the call
---@field correlation_id? string
---@field attempts? integer requests of the call that were begun so far
---@field code string how the request, or the try, ended: a word of auth0.FailureCode, or "ok"
---@field detail? string words about it; of a token that is "ok": what is wrong with the token_file
---@field method? string request
---@field status? integer request
---@field request_id? string request
---@field timings? auth0.Timings request
---@field date? number request: UNIX seconds by the tenant's clock
---@field bucket? string request, wait: "read", "write", "delete", "organizations", "members", "other" or "token"
---@field wait? number retry, wait: seconds until it goes on
---@field seen? string settle: "linked", "not_linked", "linked_elsewhere", "unreadable"

---@class auth0.Tenant
---@field domain string
local Tenant = {}
local tenant_mt = { __name = "auth0.tenant", __index = Tenant }

function tenant_mt:__tostring()
    return ("auth0.tenant: %s%s"):format(self.domain, self.is_closed and " (closed)" or "")
end

for _, part in ipairs { "linking", "merge", "accounts", "search", "candidates", "connections", "request",
    "export" } do
    for name, method in pairs(require("auth0.tenant." .. part)) do Tenant[name] = method end
end

local specification = options.specify(core.options, "tenant")

-- Whose a mock is: it has one clock, one pace and one token.
local owners = setmetatable({}, { __mode = "kv" })

local function take_mock(mock)
    local owner = owners[mock]
    if owner and not owner.is_closed then
        error("auth0.tenant: mock: belongs to another auth0.tenant: close that one first, or make another mock", 3)
    end
end

local function open(checked, named)
    local mock = checked.mock
    if not mock then return calls.of(core.engine(checked, 3), false, named) end
    mock.engine:configure(checked, 3)
    local own = calls.of(mock.engine, true)
    own.loop = named
    own.mock = mock
    return own
end

---@param given auth0.TenantOptions
---@return auth0.Tenant
function tenants.new(given)
    local checked = options.check(specification, given, "auth0.tenant", 2)
    credentials.check(checked, 2)
    if checked.mock then take_mock(checked.mock) end
    local named = loop.named(checked.loop, "auth0.tenant", 2)
    if not checked.audience and checked.domain:find "^[!-~]+$" then -- else the core says what is wrong with the domain
        checked.audience = ("https://%s/api/v2/"):format(checked.domain)
    end
    local own = open(checked, named)
    own.token_function = type(checked.token) == "function" and checked.token or nil
    own.on_event, own.event_errors = checked.on_event, 0
    local self = setmetatable({ domain = checked.domain, calls = own, mock = checked.mock, is_closed = false,
        limits = call.limits(checked), max_response = checked.max_response, transport = call.transport(checked),
        hosts = {} }, tenant_mt)
    if checked.mock then owners[checked.mock] = self end
    return self
end

--- Counts, from when it was made.
---@class auth0.Stats
---@field calls number
---@field exchanges number requests sent
---@field retries number
---@field tokens number that were fetched
---@field in_flight integer
---@field waiting integer for a rate limit, a token, a connection or the next try
---@field events_dropped number that were lost because they were not taken out in time
---@field event_errors integer errors that on_event raised
---@field buckets table<string, auth0.StatsBucket> the tenant's rate limits that answers have told, by the bucket's name

---@class auth0.StatsBucket
---@field limit number requests that the tenant lets through at most at once
---@field left number of these, as far as is known; below 0 where requests under way may be refused

---@return auth0.Stats
function Tenant:stats()
    call.check_open(self, "tenant:stats", 2)
    local stats = self.calls.engine:stats()
    stats.event_errors = self.calls.event_errors
    return stats
end

--- Waits. Inside auth0.each, and in an event loop, others go on meanwhile.
---@param seconds number
function Tenant:sleep(seconds)
    call.check_open(self, "tenant:sleep", 2)
    if type(seconds) ~= "number" or not (seconds >= 0 and seconds < math.huge) then
        error("tenant:sleep: how long? expected seconds, 0 or more", 2)
    end
    loop.sleep(self.calls, seconds)
end

---@return number seconds of a clock that is never set, by which the tenant waits; with a mock, of the mock's
function Tenant:now()
    call.check_open(self, "tenant:now", 2)
    return self.calls.engine:now()
end

---@class auth0.Claims
---@field iss? string
---@field sub? string
---@field aud? string of several, all, with a space between two
---@field scope? string words, with a space between two
---@field iat? number UNIX seconds
---@field exp? number UNIX seconds

--- What its token says of itself, which proves nothing: no signature is verified.
---@return auth0.Claims|nil nil: there is no token yet, or it says nothing, or an event loop waits for the calls
function Tenant:claims()
    call.check_open(self, "tenant:claims", 2)
    return self.calls.engine:claims()
end

--- Ends its calls as cancelled, forgets its token and closes its connections, for good.
function Tenant:close()
    call.check_tenant(self, "tenant:close", 2)
    if self.is_closed then return end
    local engine = self.calls.engine
    local is_own = engine:is_own() -- raises in a debug hook that runs in the middle of a call
    self.is_closed = true
    if not is_own then return end -- after a fork all of it is the parent's
    self.calls:close()
    for _, others in pairs(self.hosts) do
        others:close()
        others.engine:close()
    end
    if not self.mock then return engine:close() end
    engine:configure(nil)
    owners[self.mock] = nil
end

tenant_mt.__close = Tenant.close

return tenants
