--- What the two tokens of a user say of themselves. Nothing here vouches for them: whoever is asked to link, Auth0,
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
---@return table|nil caller {text, sub}
---@return string|nil fault
function tokens.of_caller()
    local text = (ngx.req.get_headers()["Authorization"] or "")
    text = type(text) == "string" and text:match "^[Bb]earer ([%w%._~+/-]+=*)$"
    if not text then return nil, "there is no bearer token" end
    local claims = claims_of(text)
    if not claims or type(claims.sub) ~= "string" or claims.sub:find "@clients$" then
        return nil, "the bearer token is no user's"
    end
    return { text = text, sub = claims.sub }
end

local function is_fresh(claims)
    local now = ngx.time()
    return type(claims.iat) == "number" and claims.iat <= now + SKEW and claims.iat >= now - OLDEST
end

-- What is signed, without the signature: base64 has several spellings of one signature, and each would be a new token.
local function signed_part(text)
    return text:match "^(.*)%."
end

-- The first who comes with it takes it. No room in the dictionary is a refusal: else a flood would make it forget.
local function take(text)
    local key = sha256(signed_part(text))
    local added = ngx.shared.used_tokens:safe_add(key, true, KEPT)
    return added and key or nil
end

--- The token of the account that is to be linked.
---@param body table {link_with, nonce}
---@param caller table
---@return table|nil other
---@return string|nil fault
function tokens.of_other(body, caller)
    local claims = claims_of(body.link_with)
    if not claims or type(claims.sub) ~= "string" then return nil, "link_with is no ID token" end
    if claims.sub == caller.sub then return nil, "link_with is of the same account" end
    if not is_fresh(claims) then return nil, "link_with was not issued within the last five minutes" end
    if body.nonce and claims.nonce ~= body.nonce then return nil, "link_with was issued for another sign-in" end
    local key = take(body.link_with)
    if not key then return nil, "link_with has been used" end
    return { key = key }
end

--- Nothing was sent: it may come once more.
---@param other table
function tokens.give_back(other)
    ngx.shared.used_tokens:delete(other.key)
end

return tokens
