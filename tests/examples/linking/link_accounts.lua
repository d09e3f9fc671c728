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
    rate_limited = 429, unreachable = 502, tls = 502, timeout = 504, cancelled = 504 }

local titles = { [400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found",
    [405] = "Method Not Allowed", [409] = "Conflict", [411] = "Length Required", [413] = "Content Too Large",
    [415] = "Unsupported Media Type",
    [429] = "Too Many Requests", [502] = "Bad Gateway", [503] = "Service Unavailable", [504] = "Gateway Timeout" }

local UNKNOWN = "urn:example:problem:unknown-outcome" -- put your own name there

local function answer(status, kind, value)
    ngx.status = status
    ngx.header["Content-Type"] = kind
    ngx.header["Cache-Control"] = "no-store"
    ngx.print(json.encode(value))
    return ngx.exit(status)
end

-- RFC 9457. `code` is for programs; no text here quotes what was sent.
local function refuse(status, code, detail)
    if status == 401 then ngx.header["WWW-Authenticate"] = "Bearer" end
    return answer(status, "application/problem+json", { type = "about:blank", title = titles[status],
        status = status, code = code, detail = detail })
end

-- A problem of its own type: the one after which a client must not just try again.
local function tell_unknown(failure)
    local status = statuses[failure.cause] == 504 and 504 or 502
    return answer(status, "application/problem+json", { type = UNKNOWN,
        title = "It is not known whether the accounts were linked", status = status, code = failure.code,
        detail = "the tenant did not tell: look at the account's identities before trying again" })
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

-- What a form, or a page elsewhere, cannot send without asking first (CORS); and what a browser says of the page.
local function check_request(origin)
    if ngx.req.get_method() ~= "POST" then
        ngx.header["Allow"] = "POST"
        return 405, "only POST"
    end
    local kind = ngx.req.get_headers()["Content-Type"]
    kind = type(kind) == "string" and kind:lower():match "^[^;%s]*" -- a table: there are several
    if kind ~= "application/json" then return 415, "the Content-Type is not application/json" end
    -- By its variable: of a table of headers, nginx leaves out those beyond the hundredth.
    local stated = ngx.var.http_origin
    if stated and stated ~= origin then return 403, "the request comes from another origin's page" end
    -- Chunks are longer than what they hold: nginx would write what does not fit into its buffer, tokens, into a file.
    if not ngx.var.content_length then return 411, "there is no Content-Length" end
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

-- After which Auth0 took nothing, where the outcome is none: the token may come once more.
local untouched = { unreachable = true, tls = true, timeout = true, cancelled = true, rate_limited = true }

local function tell(failure, message, other)
    if failure.outcome == "none" and untouched[failure.code] then tokens.give_back(other) end
    ngx.log(ngx.WARN, message) -- which holds no token
    if failure.outcome == "unknown" then return tell_unknown(failure) end
    if failure.retry_after then ngx.header["Retry-After"] = math.ceil(failure.retry_after) end
    return refuse(statuses[failure.code] or 502, failure.code, "the accounts were not linked")
end

local function link(options, caller, other, link_with)
    local order = {}
    for name, value in pairs(options) do order[name] = value end
    order.token, order.id, order.link_with = caller.text, caller.sub, link_with -- last: nothing may take their place
    local called, identities, message, failure = pcall(auth0.link, order)
    if not called then -- a mistake in the options, or a text that can be no token; its words hold no value
        ngx.log(ngx.ERR, identities)
        return refuse(400, "invalid_request", "the tokens cannot be used for a link")
    end
    if identities then return answer(200, "application/json", shown(identities)) end
    return tell(failure, message, other)
end

--- Serves one request.
---@param options table for auth0.link, without its token and accounts: domain, ca_file, ...
---@param origin string of the pages that may ask: "https://app.example.com"
function link_accounts.serve(options, origin)
    local status, fault = check_request(origin)
    if status then return refuse(status, status == 403 and "forbidden" or "invalid_request", fault) end
    local caller, body, other
    caller, fault = tokens.of_caller()
    if not caller then return refuse(401, "unauthorized", fault) end
    body, status, fault = read_body()
    if not body then return refuse(status, "invalid_request", fault) end
    other, status, fault = tokens.of_other(body, caller)
    if not other then return refuse(status, status == 403 and "forbidden" or "unavailable", fault) end
    return link(options, caller, other, body.link_with)
end

return link_accounts
