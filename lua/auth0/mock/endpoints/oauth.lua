--- POST /oauth/token: tokens for machines. Its errors are OAuth's, not the Management API's. Their words are those that
--- tenants are known to answer; no source publishes all of them.
local assertion = require "auth0.mock.endpoints.assertion"
local json = require "auth0.mock.text.json"
local schema = require "auth0.mock.text.schema"
local tokens = require "auth0.mock.model.tokens"
local users = require "auth0.mock.model.users"
local wire = require "auth0.mock.text.wire"

local oauth = {}

local function refuse(status, name, description, ...)
    return wire.answer(status, { error = name, error_description = description:format(...) })
end

--- The client's id, also where only the assertion says it: which key to check with must be known before checking.
local function claimed_id(world, body)
    if body.client_id or type(body.client_assertion) ~= "string" then
        return body.client_id
    end
    for _, id in ipairs(json.keys(world.clients.by_id)) do
        local client = world.clients.by_id[id]
        if client.public_key ~= nil and world.verify(body.client_assertion, client.public_key) then
            return id
        end
    end
end

---@return auth0.mock.client|nil client
---@return auth0.mock.answer|nil refusal
local function authenticate(world, body)
    local client = world.clients:find(claimed_id(world, body))
    if not client then
        return nil, refuse(401, "access_denied", "Unauthorized")
    elseif body.client_assertion ~= nil or body.client_assertion_type ~= nil then
        if body.client_assertion_type ~= assertion.TYPE or type(body.client_assertion) ~= "string" then
            return nil, refuse(400, "invalid_request", "client_assertion_type must be %s", assertion.TYPE)
        end
        local is_good, message = assertion.check(world, client, body.client_assertion)
        return is_good and client, not is_good and refuse(401, "invalid_client",
            "The specified client assertion is invalid: %s", message) or nil
    elseif not client.client_secret or body.client_secret ~= client.client_secret then
        return nil, refuse(401, "access_denied", "Unauthorized")
    end
    return client
end

local function is_granted(world, client, audience)
    for _, granted in ipairs(client.audiences or { world.audience }) do
        if granted == audience then
            return true
        end
    end
    return false
end

---@return auth0.mock.answer|nil refusal
local function check_audience(world, client, audience)
    if audience == nil then
        return refuse(403, "access_denied", "No audience parameter was provided, and no default audience has been "
            .. "configured")
    elseif is_granted(world, client, audience) then
        return nil
    elseif audience == world.audience then
        return refuse(403, "access_denied", 'Client is not authorized to access "%s". You need to create a '
            .. '"client-grant" associated to this API.', audience)
    end
    return refuse(403, "access_denied", "Service not found: %s", audience)
end

--- The scopes asked for, or all that were granted.
local function scope_of(client, wanted)
    local granted = client.scope or tokens.MACHINE_SCOPES
    if type(wanted) ~= "string" or not wanted:find("%S") then
        return granted
    end
    local missing = {}
    for scope in wanted:gmatch("%S+") do
        if not (" " .. granted .. " "):find(" " .. scope .. " ", 1, true) then
            missing[#missing + 1] = scope
        end
    end
    if missing[1] then
        return nil, refuse(403, "access_denied", "Client has not been granted scopes: %s",
            table.concat(missing, ", "))
    end
    return wanted
end

local function issue(world, client, audience, scope)
    local now = math.floor(world.now())
    local answer = wire.answer(200, {
        access_token = world.sign({
            iss = world.issuer, sub = client.client_id .. "@clients", aud = audience, azp = client.client_id,
            iat = now, exp = now + world.settings.token_lifetime, scope = scope, gty = "client-credentials",
            jti = users.hexadecimal(world.random, 24),
        }, "RS256"),
        expires_in = world.settings.token_lifetime,
        token_type = "Bearer",
        scope = world.settings.token_answers_scope and scope or nil,
    })
    answer.headers["content-type"] = "application/json"
    answer.headers["cache-control"], answer.headers.pragma = "no-store", "no-cache"
    return answer
end

---POST /oauth/token
---@param call table
---@return auth0.mock.answer
function oauth.token(call)
    local world = call.world
    local body = schema.parse(call.request)
    if not json.is_object(body) then
        return refuse(400, "invalid_request", "Invalid request body")
    end
    if body.grant_type == nil then
        return refuse(400, "invalid_request", "Missing required parameter: grant_type")
    elseif type(body.grant_type) ~= "string" or body.audience ~= nil and type(body.audience) ~= "string" then
        return refuse(400, "invalid_request", "%s must be a string",
            type(body.grant_type) ~= "string" and "grant_type" or "audience")
    elseif body.grant_type ~= "client_credentials" then
        return refuse(403, "unauthorized_client", "Grant type '%s' not allowed for the client.",
            body.grant_type)
    end
    local client, refusal = authenticate(world, body)
    if not client then
        return refusal
    end
    refusal = check_audience(world, client, body.audience)
    if refusal then
        return refusal
    end
    local scope
    scope, refusal = scope_of(client, body.scope)
    return refusal or issue(world, client, body.audience, scope)
end

return oauth
