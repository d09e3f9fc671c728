--- Real tokens: JWTs signed with RS256 by luaossl. HS256 is signed too, for tests of its refusal.
local digest = require "openssl.digest"
local hmac = require "openssl.hmac"
local json = require "auth0.mock.text.json"
local pkey = require "openssl.pkey"
local public_key = require "public_key"

local rs256 = {}

local key = pkey.new { type = "RSA", bits = 2048 }

--- Checking a signature costs more than all else of a request; a test uses one token many times.
local KEPT = 4096
local verified, count = {}, 0

local function to_url(bytes)
    return (ngx.encode_base64(bytes, true):gsub("[+/]", { ["+"] = "-", ["/"] = "_" }))
end

local function from_url(text)
    return ngx.decode_base64((text:gsub("[-_]", { ["-"] = "+", ["_"] = "/" })) .. ("="):rep(-#text % 4))
end

local function sha256(text)
    local sum = digest.new "sha256"
    sum:update(text)
    return sum
end

---@param claims table
---@param algorithm string "RS256" or "HS256"
---@return string token
function rs256.sign(claims, algorithm)
    local signed = to_url(json.encode { alg = algorithm, typ = "JWT" }) .. "." .. to_url(json.encode(claims))
    local signature
    if algorithm == "RS256" then
        signature = key:sign(sha256(signed))
    else
        signature = hmac.new("secret", "sha256"):final(signed)
    end
    return signed .. "." .. to_url(signature)
end

local function part(text)
    local bytes = from_url(text)
    local value = bytes and json.decode(bytes)
    return json.is_object(value) and value or nil
end

--- Head, claims, what was signed and the signature; nil for what is no token.
local function take_apart(token)
    local header, payload, signature = token:match("^([%w_-]+)%.([%w_-]+)%.([%w_-]*)$")
    local head, claims = header and part(header), header and part(payload)
    if head and claims then
        return head, claims, header .. "." .. payload, from_url(signature)
    end
end

local function check(token)
    local head, claims, signed, signature = take_apart(token)
    if not head then
        return nil, "malformed"
    elseif head.alg ~= "RS256" then
        return nil, "algorithm"
    elseif not (signature and key:verify(signature, sha256(signed))) then
        return nil, "signature"
    end
    return claims
end

local function check_foreign(token, pem)
    local head, claims, signed, signature = take_apart(token)
    if not head then
        return nil, "malformed"
    elseif not public_key.knows(head.alg) then
        return nil, "algorithm"
    elseif not (signature and public_key.verify(pem, head.alg, signed, signature)) then
        return nil, "signature"
    end
    return claims, head.alg
end

---@param token string
---@param pem string|nil a client's public key; without it the token has to be the tenant's own
---@return table|nil claims nothing about them has been checked
---@return string|nil reason "malformed", "algorithm" or "signature"; or the algorithm of a client's token
function rs256.verify(token, pem)
    if pem then
        return check_foreign(token, pem)
    end
    local claims = verified[token]
    if claims then
        return claims
    end
    local reason
    claims, reason = check(token)
    if claims then
        if count >= KEPT then
            verified, count = {}, 0
        end
        verified[token], count = claims, count + 1
    end
    return claims, reason
end

return rs256
