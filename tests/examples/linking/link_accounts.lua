--- A location at which a user links two accounts of their own: see README.md beside this file, and nginx.conf.
---
---     POST /link    Authorization: Bearer ACCESS_TOKEN    Content-Type: application/json
---     {"link_with": "ID_TOKEN of the other account", "nonce": "what that sign-in was begun with"}
local auth0 = require "auth0"
local json = require("cjson.safe").new()
local tokens = require "tokens"

local link_accounts = {}

local LONGEST = 16384 -- bytes of a request's body

local statuses = { invalid_request = 400, unauthorized = 401, forbidden = 403, not_found = 404, conflict = 409,
    rate_limited = 429, unreachable = 502, tls = 502, timeout = 504, unknown_outcome = 504 }

-- After which nothing was taken by Auth0, where the outcome is none: the token may come once more.
local untouched = { unreachable = true, tls = true, timeout = true, rate_limited = true }

-- Problems that a program treats in its own way; the others are what their status says.
local types = { unknown_outcome = "urn:example:problem:unknown-outcome" }

local titles = { [400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found",
    [405] = "Method Not Allowed", [409] = "Conflict", [413] = "Content Too Large", [415] = "Unsupported Media Type",
    [429] = "Too Many Requests", [502] = "Bad Gateway", [504] = "Gateway Timeout" }

local function answer(status, kind, value)
    ngx.status = status
    ngx.header["Content-Type"] = kind
    ngx.header["Cache-Control"] = "no-store"
    ngx.print(json.encode(value))
    return ngx.exit(status)
end

-- RFC 9457. `code` is for programs; no text here quotes what was sent.
local function refuse(status, code, detail)
    return answer(status, "application/problem+json", { type = types[code] or "about:blank",
        title = types[code] and "Unknown Outcome" or titles[status] or "Error", status = status, code = code,
        detail = detail })
end

local function read_body()
    ngx.req.read_body() -- the configuration keeps it in memory, and refuses what is longer
    local body = ngx.req.get_body_data()
    if not body then return nil, 400, "the body is missing" end
    if #body > LONGEST then return nil, 413, "the body is longer than 16 KB" end
    local value = json.decode(body)
    if type(value) ~= "table" then return nil, 400, "the body is no JSON object" end
    for name in pairs(value) do
        if name ~= "link_with" and name ~= "nonce" then
            return nil, 400, "the body has another member than link_with and nonce"
        end
    end
    if type(value.link_with) ~= "string" then return nil, 400, "link_with is not a string" end
    if value.nonce ~= nil and type(value.nonce) ~= "string" then return nil, 400, "nonce is not a string" end
    return value
end

-- What a form, or a page elsewhere, cannot send without asking first (CORS).
local function check_request()
    if ngx.req.get_method() ~= "POST" then
        ngx.header["Allow"] = "POST"
        return 405, "only POST"
    end
    local kind = ngx.req.get_headers()["Content-Type"] -- a table where there are several
    kind = type(kind) == "string" and kind:lower() or ""
    if kind:match "^[^;%s]*" ~= "application/json" then return 415, "the Content-Type is not application/json" end
end

-- An array of identities, without what the providers gave the tenant.
local function shown(identities)
    local list = {}
    for i, identity in ipairs(identities) do
        local profile = type(identity.profileData) == "table" and identity.profileData or {}
        list[i] = { provider = identity.provider, user_id = identity.user_id, connection = identity.connection,
            isSocial = identity.isSocial, name = profile.name, email = profile.email }
    end
    return list
end

local function link(options, caller, other, body)
    local order = {}
    for name, value in pairs(options) do order[name] = value end
    order.token, order.id, order.link_with = caller.text, caller.sub, body.link_with -- whatever the options say
    local called, identities, message, failure = pcall(auth0.link, order)
    if not called then return refuse(400, "invalid_request", "the tokens cannot be used for a link") end
    if identities then return answer(200, "application/json", shown(identities)) end
    if failure.outcome == "none" and untouched[failure.code] then tokens.give_back(other) end
    ngx.log(ngx.WARN, message) -- which holds no token
    local detail = failure.code == "unknown_outcome" and
        "the tenant did not tell whether the accounts were linked: look at the account before trying again" or
        "the accounts were not linked"
    return refuse(statuses[failure.code] or 502, failure.code, detail)
end

--- Serves one request.
---@param options table for auth0.link, without its token and accounts: domain, ca_file, ...
function link_accounts.serve(options)
    local status, fault = check_request()
    if status then return refuse(status, "invalid_request", fault) end
    local caller, why = tokens.of_caller()
    if not caller then return refuse(401, "unauthorized", why) end
    local body
    body, status, fault = read_body()
    if not body then return refuse(status, "invalid_request", fault) end
    local other
    other, fault = tokens.of_other(body, caller)
    if not other then return refuse(403, "forbidden", fault) end
    return link(options, caller, other, body)
end

return link_accounts
