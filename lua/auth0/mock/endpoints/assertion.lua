--- A client that proves itself with a signed assertion instead of a secret (private_key_jwt).
local assertion = {}

assertion.TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

--- Published limits: bytes of the token, characters of its claims, seconds of its life.
local LONGEST, LONGEST_CLAIM, LONGEST_LIFE = 2048, 64, 300
local algorithms = { RS256 = true, RS384 = true, PS256 = true }

local function is_name(value)
    return type(value) == "string" and value ~= "" and #value <= LONGEST_CLAIM
end

local function is_for(world, audience)
    for _, entry in ipairs(type(audience) == "table" and audience or { audience }) do
        if entry == world.issuer then
            return true
        end
    end
    return false
end

--- What is wrong with the claims, nil for nothing.
local function fault(world, client, claims)
    local now, skew = world.now(), world.settings.assertion_skew
    if not is_name(claims.iss) or claims.iss ~= claims.sub or claims.iss ~= client.client_id then
        return "iss and sub must be the client_id"
    elseif not is_for(world, claims.aud) then
        return "aud must be " .. world.issuer
    elseif type(claims.exp) ~= "number" then
        return "exp is missing"
    elseif claims.exp + skew <= now then
        return "the assertion has expired"
    elseif claims.exp - skew > now + LONGEST_LIFE then
        return "exp is more than 5 minutes ahead"
    elseif type(claims.nbf) == "number" and claims.nbf - skew > now then
        return "the assertion is not valid yet"
    elseif not is_name(claims.jti) then
        return "jti is missing or too long"
    end
end

local function verified(world, token, key)
    if #token > LONGEST then
        return nil, "the assertion is longer than 2048 bytes"
    end
    local claims, reason = world.verify(token, key)
    if not claims then
        return nil, reason == "algorithm" and "alg must be RS256, RS384 or PS256" or "the signature does not fit"
    elseif reason and not algorithms[reason] then
        return nil, "alg must be RS256, RS384 or PS256"
    end
    return claims
end

---Whether an assertion is this client's, and is used for the first time.
---@param world table verify, now, clients, issuer
---@param client auth0.mock.client
---@param token string
---@return boolean|nil is_good
---@return string|nil message
function assertion.check(world, client, token)
    if client.public_key == nil then
        return nil, "the client has no public key"
    end
    local claims, message = verified(world, token, client.public_key)
    message = message or fault(world, client, claims)
    if message then
        return nil, message
    elseif not world.clients:use(client, claims.jti, claims.exp + world.settings.assertion_skew, world.now()) then
        return nil, "jti was used before"
    end
    return true
end

return assertion
