--- What a bearer may do, and which ID token may be linked with.
local errors = require "auth0.mock.text.errors"
local json = require "auth0.mock.text.json"
local nearest = require "auth0.nearest"

local tokens = {}

--- The client that tokens are issued to unless a test says otherwise. One client for all kinds: link_with needs the ID
--- token's `aud` to be the calling token's `azp`.
local CLIENT = "mockclient"
tokens.CLIENT = CLIENT

--- What a machine may do unless a test says otherwise: all that the model knows but the providers' tokens.
local MACHINE_SCOPES = "read:users update:users update:users_app_metadata create:users delete:users read:connections "
    .. "read:roles create:role_members delete:role_members read:organizations create:organization_members "
    .. "delete:organization_members read:groups read:authentication_methods read:scim_config "
    .. "read:directory_provisionings read:event_streams read:logs delete:sessions delete:refresh_tokens "
    .. "create:user_tickets"
tokens.MACHINE_SCOPES = MACHINE_SCOPES

local USER_SCOPES = "read:current_user update:current_user_identities"

local function contains(audience, wanted)
    if type(audience) ~= "table" then
        return audience == wanted
    end
    for _, entry in ipairs(audience) do
        if entry == wanted then
            return true
        end
    end
    return false
end

local function scopes_of(claims)
    local scopes = {}
    for scope in (type(claims.scope) == "string" and claims.scope or ""):gmatch("%S+") do
        scopes[scope] = true
    end
    return scopes
end

local function is_expired(world, claims)
    return type(claims.exp) == "number" and claims.exp <= world.now()
end

local function refused_token(reason)
    return errors.answer(reason == "signature" and "invalid_signature" or "invalid_token")
end

---@class auth0.mock.caller
---@field claims table
---@field scopes table<string, boolean>

---Who calls. ID tokens are refused here: their audience is a client, not the API.
---@param world table verify, now, issuer, audience, revoked
---@param headers table<string, string>
---@return auth0.mock.caller|nil caller
---@return auth0.mock.answer|nil refusal
function tokens.caller(world, headers)
    if not headers.authorization then
        return nil, errors.answer("no_token")
    end
    local token = headers.authorization:match("^[Bb]earer +(%S+)$")
    if not token then
        return nil, errors.answer("invalid_token")
    end
    local claims, reason = world.verify(token)
    if not claims then
        return nil, refused_token(reason)
    elseif is_expired(world, claims) then
        return nil, errors.answer("expired_token")
    elseif world.revoked[token] or claims.iss ~= world.issuer or not contains(claims.aud, world.audience) then
        return nil, errors.answer("invalid_token")
    end
    return { claims = claims, scopes = scopes_of(claims) }
end

---Whether a caller may act on an account.
---@param caller auth0.mock.caller
---@param rule table {any = scope for every account, own = scope for the account that is the token's subject, or nil}
---@param id string|nil the account
---@return "any"|"own"|nil reach
---@return auth0.mock.answer|nil refusal
function tokens.reach(caller, rule, id)
    if caller.scopes[rule.any] then
        return "any"
    elseif not (rule.own and caller.scopes[rule.own]) then
        return nil, errors.answer("insufficient_scope", rule.any .. (rule.own and ", " .. rule.own or ""))
    elseif caller.claims.sub ~= id then
        return nil, errors.answer("other_subject")
    end
    return "own"
end

---Whether a caller has one of some scopes: where the API names several, it says "any of".
---@param caller auth0.mock.caller
---@param ... string
---@return auth0.mock.answer|nil refusal
function tokens.need(caller, ...)
    for _, scope in ipairs { ... } do
        if caller.scopes[scope] then
            return nil
        end
    end
    return errors.answer("insufficient_scope", table.concat({ ... }, ", "))
end

--- In the order in which a server finds out: the token itself, then what it claims.
local function link_with_fault(world, caller, claims)
    local audience, subject = claims.aud, claims.sub
    if is_expired(world, claims) then
        return "link_with_expired"
    elseif type(audience) ~= "string" and not json.is_array(audience) then
        return "link_with_aud"
    elseif subject == nil then
        return "link_with_no_sub"
    elseif type(subject) ~= "string" or not subject:match("^[^|]+|.") then
        return "link_with_sub"
    elseif claims.iss ~= caller.claims.iss then
        return "link_with_iss"
    elseif type(caller.claims.azp) ~= "string" or not contains(audience, caller.claims.azp) then
        return "link_with_azp"
    end
end

---The account that an ID token stands for.
---@param world table
---@param caller auth0.mock.caller
---@param token string
---@return string|nil subject full id
---@return auth0.mock.answer|nil refusal
function tokens.link_with(world, caller, token)
    local claims, reason = world.verify(token)
    local fault
    if claims then
        fault = link_with_fault(world, caller, claims)
    else
        fault = reason == "algorithm" and "link_with_alg" or "link_with_invalid"
    end
    if fault then
        return nil, errors.answer(fault)
    end
    return claims.sub
end

local defaults = {
    machine = function(world, client)
        return { sub = client .. "@clients", aud = world.audience, azp = client, scope = MACHINE_SCOPES,
            gty = "client-credentials" }
    end,
    user = function(world, client)
        return { aud = world.audience, azp = client, scope = USER_SCOPES }
    end,
    id = function(_, client)
        return { aud = client }
    end,
}

---@class auth0.mock.token
---@field kind "machine"|"user"|"id"|nil what it is; nil: only what `claims` says
---@field sub string|nil
---@field scope string|nil
---@field aud string|string[]|nil
---@field azp string|nil
---@field alg string|nil what it says that it is signed with, RS256
---@field expires_in number|nil seconds, 86400; negative for one that has expired
---@field claims table|nil put over the others; json.null takes one away

local properties = { kind = true, sub = true, scope = true, aud = true, azp = true, alg = true, expires_in = true,
    claims = true }

--- What is wrong with the wish for a token.
local function check(wanted)
    if not json.is_object(wanted) then
        return "a token is asked for with a table"
    elseif wanted.expires_in ~= nil and not json.is_finite(wanted.expires_in) then
        return "expires_in is a number"
    elseif wanted.claims ~= nil and not json.is_object(wanted.claims) then
        return "claims are an object"
    elseif wanted.aud ~= nil and type(wanted.aud) ~= "string" and not json.is_array(wanted.aud) then
        return "aud is a string or an array"
    end
    for _, name in ipairs { "kind", "sub", "scope", "azp", "alg" } do
        if wanted[name] ~= nil and type(wanted[name]) ~= "string" then
            return name .. " is a string"
        end
    end
    local unknown = nearest.unknown(wanted, properties)
    return unknown and "a token has no " .. unknown
end

---The claims of a token for tests.
---@param world table now, issuer
---@param wanted auth0.mock.token
---@return table|nil claims
---@return string|nil message
function tokens.claims(world, wanted)
    local message = check(wanted)
    if message then
        return nil, message
    end
    local make = defaults[wanted.kind or ""]
    if not make and not (wanted.kind == nil and json.is_object(wanted.claims)) then
        return nil, "kind is machine, user or id; without kind, claims says everything"
    end
    local claims = {}
    if make then
        claims = make(world, wanted.azp or CLIENT)
        claims.iss, claims.iat = world.issuer, math.floor(world.now())
        claims.exp = claims.iat + (wanted.expires_in or world.settings.token_lifetime)
        claims.sub, claims.scope, claims.aud = wanted.sub or claims.sub, wanted.scope or claims.scope,
            wanted.aud or claims.aud
    end
    for name, value in pairs(wanted.claims or {}) do
        if value == json.null then
            value = nil
        end
        claims[name] = value
    end
    return json.copy(claims)
end

return tokens
