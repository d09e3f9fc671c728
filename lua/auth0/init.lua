--- Auth0 account linking: the Management API's "Link a user account" and "Unlink a user identity".
---
---     local auth0 = require "auth0"
---     local identities, message, failure = auth0.link {
---         domain = "acme.eu.auth0.com", token = token,
---         primary = "auth0|507f1f77bcf86cd799439020", secondary = "google-oauth2|115015401343387192604",
---     }
---
--- A mistake in the arguments (a wrong type, an unknown option, both ways of linking at once) raises an error before
--- anything is sent. What the network or the tenant does is returned: nil, message, failure. doc/reference.md describes
--- all of it.
local core = require "auth0.native" -- before what needs it
local calls = require "auth0.calls"
local each = require "auth0.each"
local failure = require "auth0.failure"
local json = require "auth0.json"
local loop = require "auth0.loop"
local options = require "auth0.options"
local tenants = require "auth0.tenant"

---@class auth0
local auth0 = {}

--- The version of this library, as "0.1.0".
---@type string
auth0._VERSION = core._VERSION

--- JSON's null (lua-cjson's), in what is sent, and of an answer in arrays and below user_metadata and app_metadata. Any
--- other member of an answer that is null is absent. Sent as the value of a metadata key, it deletes that key.
---@type userdata
auth0.null = core.null
json.learn(core)

--- Marks a table as an array, and returns the same table: `{}` is sent as an object, `auth0.array {}` as `[]`.
---@generic T
---@param list T[]
---@return T[] list
function auth0.array(list)
    if type(list) ~= "table" then error(("auth0.array: expected a table, got a %s"):format(type(list)), 2) end
    return json.array(list)
end

auth0.tenant = tenants.new
auth0.each = each.run

--- One identity of a user, under the tenant's own names (UserIdentity of the Management API's OpenAPI file).
---@class auth0.Identity
---@field provider string the strategy: "auth0", "google-oauth2", "samlp", ...
---@field user_id string without the provider's prefix; exact to the last digit even if the tenant sent a number
---@field connection? string the connection's name
---@field isSocial? boolean
---@field profileData? table<string, any> email_verified may be the string "false", which is true in Lua
---@field access_token? string of the identity provider, with the scope read:user_idp_tokens; a secret
---@field access_token_secret? string a secret
---@field refresh_token? string a secret

--- Seconds since the request began. The first three are almost 0 on a reused connection.
---@class auth0.Timings
---@field dns number
---@field connect number
---@field tls number
---@field first_byte number
---@field total number

---@class auth0.Receipt
---@field status integer the HTTP status of the answer that decided
---@field already? boolean true: the identity had been on this primary before the call; absent if that is not known
---@field attempts integer requests that were begun, including reads
---@field elapsed number seconds
---@field request_id? string the tenant's name for the request, to quote to Auth0's support
---@field timings auth0.Timings

--- How a tenant is reached.
---@class auth0.Connection
---@field domain string the tenant's: "acme.eu.auth0.com", with ":port" if the port is not 443
---@field http_version? "1.1"|"2" "2" (the default) falls back to HTTP/1.1 if the server does not speak HTTP/2
---@field proxy? string|false in the form of libcurl's CURLOPT_PROXY; false ignores the environment's proxy variables
---@field proxy_ca_file? string a PEM bundle for an "https://" proxy; else ca_file and ca_path hold for it, too
---@field resolve? string[] "HOST:PORT:ADDRESS", as libcurl's CURLOPT_RESOLVE
---@field ca_file? string a PEM bundle that replaces the system's store
---@field ca_path? string a hashed directory (`openssl rehash`) that replaces the system's store
---@field client_cert? string a PEM file
---@field client_key? string a PEM file, if client_cert does not hold the key
---@field user_agent? string
---@field telemetry? boolean false leaves out the Auth0-Client header (this library's and Lua's name and version)
---@field loop? "cqueues"|"luv"|"plain"|"nginx" in which event loop calls wait. nginx is recognized without it.
---Elsewhere "plain" is the default, which means that a call blocks until it is done
---@field mock? auth0.Mock answers instead of the network: see auth0.mock

---@class auth0.TransportOptions: auth0.Connection
---@field token string an access token for the Management API. If it is a JWT, its claims are checked first
---@field connect_timeout? number seconds until the request is sent; 10
---@field attempt_timeout? number seconds for one request and its answer; 15. A change gets at most 4/5 of the deadline
---@field deadline? number seconds for all that the call does; 60
---@field attempts? integer how often the change is tried; 5. Reads that find out about a lost answer are not counted
---@field settle? boolean false: do not read the primary after a lost answer; true
---@field check_scopes? boolean false: send the request even if the token's own claims lack the scope; true
---@field max_response? integer bytes of an answer's body; 262144
---@field correlation_id? string sent as X-Correlation-ID: up to 64 visible characters, shown in the tenant's logs

---@class auth0.LinkOptions: auth0.TransportOptions
---@field primary? string the full id of the account that stays: "auth0|507f1f77bcf86cd799439020"
---@field secondary? string the full id of the other account, which loses its id and its metadata
---@field link_with? string instead of secondary: a JWT (ID token) of the secondary account
---@field connection_id? string "con_...": which of several database connections the secondary belongs to
---@field id? string the API's name for primary
---@field provider? string with id: the secondary's provider, even one that this library does not know
---@field user_id? string|integer with id: the secondary's id, with or without the provider's prefix

---@class auth0.UnlinkOptions: auth0.TransportOptions
---@field primary? string the full id of the account that has the identity
---@field secondary? string the full id of the identity to take from it
---@field id? string the API's name for primary
---@field provider? string with id: the identity's provider
---@field user_id? string|integer with id: the identity's id, with or without the provider's prefix
---@field check? boolean read the primary first (read:users), and fail with not_found if it has no such identity

local link = calls.method("auth0.link", "link", options.specify(core.options, "link"))
local unlink = calls.method("auth0.unlink", "unlink", options.specify(core.options, "unlink"))

-- A loop and a mock are Lua's to look at; all else is the core's. `facts` are the failure of a call that was made at
-- once. No tail calls: lines are blamed by counting.
local function perform(method, given, facts)
    local value
    if facts == nil and type(given) == "table" and rawget(given, "mock") == nil then
        local name = rawget(given, "loop")
        if name == nil then
            value, facts = calls.pooled(method, 3, given)
        elseif loop.names[name] then
            value, facts = calls.pooled(method, 3, given, loop.named(name, method.caller, 3))
        end
    end
    if facts == nil then
        given = options.check(method.options, given, method.caller, 3)
        local named, mock = loop.named(given.loop, method.caller, 3), given.mock
        if mock then
            value, facts = calls.of(mock.engine, true):perform(method, 3, given, nil, nil, true, mock)
        else
            value, facts = calls.pooled(method, 3, given, named, true)
        end
    end
    if value ~= nil then return value, nil, facts end
    return failure.of_call(method.caller, given.domain, facts)
end

--- Links the secondary account to the primary: POST /api/v2/users/{id}/identities.
---
--- Needs `update:users`, or with `link_with` the primary's own token with `update:current_user_identities`. The caller
--- has to know that both accounts belong to one person; nothing here proves it. The function returns when there is an
--- answer. In an event loop, other coroutines go on meanwhile.
---@param given auth0.LinkOptions
---@return auth0.Identity[] identities all of the primary's, its own first
---@return nil
---@return auth0.Receipt receipt
---@overload fun(given: auth0.LinkOptions): nil, string, auth0.Failure the message is one sentence, fit for a log
function auth0.link(given)
    local identities, facts = calls.at_once(nil, link, given)
    local message
    if identities == nil then identities, message, facts = perform(link, given, facts) end
    return identities, message, facts
end

--- Takes an identity from the primary: DELETE /api/v2/users/{id}/identities/{provider}/{user_id}.
---
--- The identity becomes an account of its own again, without metadata. The API answers 200 even if it changed nothing;
--- this function succeeds only if the identity is absent from the answer. It returns when there is an answer. In an
--- event loop, other coroutines go on meanwhile.
---@param given auth0.UnlinkOptions
---@return auth0.Identity[] identities those that remain
---@return nil
---@return auth0.Receipt receipt
---@overload fun(given: auth0.UnlinkOptions): nil, string, auth0.Failure the message is one sentence, fit for a log
function auth0.unlink(given)
    local identities, facts = calls.at_once(nil, unlink, given)
    local message
    if identities == nil then identities, message, facts = perform(unlink, given, facts) end
    return identities, message, facts
end

--- Whether an id can be linked, without raising: for rows of a file, say. Without `provider`, it is a full id that can
--- be the primary and the secondary. With it, it can be the `user_id` that goes with this provider, even one that this
--- library does not know. It knows nothing of accounts: `true` does not mean that there is one.
---@param id any
---@param provider? any
---@return true|nil good
---@return string|nil message what is wrong with it
function auth0.check_id(id, provider)
    if type(id) ~= "string" then return nil, ("id: expected a string, got a %s"):format(type(id)) end
    if provider ~= nil and type(provider) ~= "string" then
        return nil, ("provider: expected a string, got a %s"):format(type(provider))
    end
    local name, fault = core.id_fault(id, provider)
    if fault then return nil, ("%s: %s"):format(name, fault) end
    return true
end

--- Closes the connections that `link` and `unlink` keep for their next call. Both still work afterwards, with new
--- connections.
function auth0.close()
    core.close()
end

return auth0
