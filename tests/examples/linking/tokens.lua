--- What the two tokens of a user say of themselves. Nothing here vouches for them: Auth0, which is asked to link,
--- verifies both signatures. These checks make a token that was stolen or planted useless sooner.
local json = require("cjson.safe").new()

local tokens = {}

local OLDEST = 300 -- seconds since the other account has signed in
local SKEW = 30 -- seconds that clocks may differ
local KEPT = OLDEST + SKEW + 60 -- seconds for which a token is known to have been used

local function decode(part)
    part = part:gsub("-", "+"):gsub("_", "/")
    return ngx.decode_base64(part .. ("="):rep(-#part % 4))
end

local function claims_of(text)
    local payload = text:match "^[%w_-]+%.([%w_-]+)%.[%w_-]+$"
    local claims = payload and json.decode(decode(payload) or "")
    return type(claims) == "table" and claims or nil
end

-- OpenResty has resty.sha256; Debian's nginx gets it from lua-luaossl.
local function sha256(text)
    local found, resty = pcall(require, "resty.sha256")
    if found then
        local digest = resty:new()
        digest:update(text)
        return digest:final()
    end
    return require("openssl.digest").new("sha256"):final(text)
end

--- The caller's own token, as the request brings it. Cookies are not looked at: a browser sends them by itself.
---@return table|nil caller {text, sub, azp}
---@return string|nil fault
function tokens.of_caller()
    local text = (ngx.req.get_headers()["Authorization"] or "")
    text = type(text) == "string" and text:match "^[Bb]earer ([%w%._~+/-]+=*)$"
    if not text then return nil, "there is no bearer token" end
    local claims = claims_of(text)
    if not claims or type(claims.sub) ~= "string" or claims.sub:find "@clients$" then
        return nil, "the bearer token is no user's"
    end
    return { text = text, sub = claims.sub, azp = claims.azp }
end

local function is_fresh(claims)
    local now = ngx.time()
    return type(claims.iat) == "number" and claims.iat <= now + SKEW and claims.iat >= now - OLDEST
end

-- The first who comes with it takes it. It is known by what was signed: the last character of a signature has bits
-- that are not read, so that one token can be written in many ways. No room is a refusal: else a flood would make the
-- dictionary forget.
local function take(text)
    local key = sha256(text:match "^(.*)%.")
    local added, why = ngx.shared.used_tokens:safe_add(key, true, KEPT)
    if added then return key end
    if why == "exists" then return nil, 403, "the token has been used" end
    ngx.log(ngx.ERR, "used_tokens: ", why)
    return nil, 503, "too many links are under way: try again later"
end

local function fault_of(claims, nonce, caller)
    if not claims or type(claims.sub) ~= "string" then return "link_with is no ID token" end
    if claims.sub == caller.sub then return "link_with is of the same account" end
    if not is_fresh(claims) then return "link_with was not issued within the last five minutes" end
    if nonce and claims.nonce ~= nonce then return "link_with was issued for another sign-in" end
end

-- The other account's own access token, of the same sign-in as its ID token.
local function of_access(body, caller)
    local claims, sub = claims_of(body.access_token), claims_of(body.link_with).sub
    if not claims or claims.sub ~= sub then return nil, "access_token is not of the account of link_with" end
    if not is_fresh(claims) then return nil, "access_token was not issued within the last five minutes" end
    if claims.azp ~= caller.azp then return nil, "access_token was issued to another application" end
    return { text = body.access_token, sub = sub }
end

--- The tokens of the account that is to be linked. What is taken once is the one whose signature Auth0 will verify: the
--- access token where there is one.
---@param body table {link_with, nonce, access_token}
---@param caller table
---@return table|nil other {key, access}
---@return integer|nil status
---@return string|nil fault
function tokens.of_other(body, caller)
    local fault = fault_of(claims_of(body.link_with), body.nonce, caller)
    if fault then return nil, 403, fault end
    local access
    if body.access_token then
        access, fault = of_access(body, caller)
        if fault then return nil, 403, fault end
    end
    local key, status, why = take(access and access.text or body.link_with)
    if not key then return nil, status, why end
    return { key = key, access = access }
end

--- Auth0 took nothing: it may come once more.
---@param other table
function tokens.give_back(other)
    ngx.shared.used_tokens:delete(other.key)
end

return tokens
