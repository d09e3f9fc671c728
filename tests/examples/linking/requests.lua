--- What the two locations have in common: how a request is checked, and how it is answered.
local json = require("cjson.safe").new()
local tokens = require "tokens"

local requests = {}

local LONGEST = 16384 -- bytes of a request's body

local statuses = { invalid_request = 400, unauthorized = 401, forbidden = 403, not_found = 404, conflict = 409,
    guarded = 409, rate_limited = 429, unreachable = 502, tls = 502, timeout = 504, cancelled = 504 }

local titles = { [400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found",
    [405] = "Method Not Allowed", [409] = "Conflict", [411] = "Length Required", [413] = "Content Too Large",
    [415] = "Unsupported Media Type",
    [429] = "Too Many Requests", [502] = "Bad Gateway", [503] = "Service Unavailable", [504] = "Gateway Timeout" }

-- After which Auth0 took nothing, where the outcome is none.
local untouched = { unreachable = true, tls = true, timeout = true, cancelled = true, rate_limited = true }

local UNKNOWN = "urn:example:problem:unknown-outcome" -- put your own name there

local function answer(status, kind, value)
    ngx.status = status
    ngx.header["Content-Type"] = kind
    ngx.header["Cache-Control"] = "no-store"
    ngx.print(json.encode(value))
    return ngx.exit(status)
end

--- RFC 9457. `code` is for programs; no text here quotes what was sent.
---@param reasons string[]|nil codes of what stands against a merge
function requests.refuse(status, code, detail, reasons)
    if status == 401 then ngx.header["WWW-Authenticate"] = "Bearer" end
    return answer(status, "application/problem+json", { type = "about:blank", title = titles[status],
        status = status, code = code, detail = detail, reasons = reasons })
end

-- A problem of its own type: the one after which a client must not just try again.
local function tell_unknown(failure)
    local status = statuses[failure.cause] == 504 and 504 or 502
    return answer(status, "application/problem+json", { type = UNKNOWN,
        title = "It is not known whether the accounts were linked", status = status, code = failure.code,
        detail = "the tenant did not tell: look at the account's identities before trying again" })
end

-- The body, which may have these members and no others; `nonce` may be absent.
local function read_body(names)
    ngx.req.read_body() -- the configuration keeps it in memory, and refuses what is longer
    local body = ngx.req.get_body_data()
    if not body then return nil, 400, "the body is missing" end
    if #body > LONGEST then return nil, 413, "the body is longer than 16 KB" end
    local value = json.decode(body)
    if type(value) ~= "table" then return nil, 400, "the body is no JSON object" end
    for name in pairs(value) do
        if not names[name] then return nil, 400, "the body has another member than it may have" end
    end
    for name in pairs(names) do
        if type(value[name]) ~= "string" and not (name == "nonce" and value.nonce == nil) then
            return nil, 400, name .. " is not a string"
        end
    end
    return value
end

-- What a form, or a page elsewhere, cannot send without asking first (CORS); and what a browser says of the page.
local function check(origin)
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

--- The request's two users, once they have been checked; nothing, when it has been refused here.
---@param origin string of the pages that may ask
---@param names table<string, boolean> the body's members
---@return table|nil caller {text, sub, azp}
---@return table|nil other
---@return table|nil body
function requests.begin(origin, names)
    local status, fault = check(origin)
    if status then return requests.refuse(status, status == 403 and "forbidden" or "invalid_request", fault) end
    local caller, body, other
    caller, fault = tokens.of_caller()
    if not caller then return requests.refuse(401, "unauthorized", fault) end
    body, status, fault = read_body(names)
    if not body then return requests.refuse(status, "invalid_request", fault) end
    other, status, fault = tokens.of_other(body, caller)
    if not other then return requests.refuse(status, status == 403 and "forbidden" or "unavailable", fault) end
    return caller, other, body
end

--- Answers an array of identities, without what the providers gave the tenant.
function requests.show(identities)
    local list = {}
    for i, identity in ipairs(identities) do
        local profile = type(identity.profileData) == "table" and identity.profileData or {}
        list[i] = { provider = identity.provider, user_id = identity.user_id, connection = identity.connection,
            isSocial = identity.isSocial, name = profile.name, email = profile.email }
    end
    return answer(200, "application/json", list)
end

--- Answers what the library returned instead of identities. Where Auth0 took nothing, the other token may come once
--- more.
---@param failure table
---@param message string which holds no token
---@param other table
function requests.tell(failure, message, other)
    if failure.outcome == "none" and untouched[failure.code] then tokens.give_back(other) end
    ngx.log(ngx.WARN, message)
    if failure.outcome == "unknown" then return tell_unknown(failure) end
    if failure.retry_after then ngx.header["Retry-After"] = math.ceil(failure.retry_after) end
    local reasons = failure.reasons and {}
    for i, reason in ipairs(failure.reasons or {}) do reasons[i] = reason.code end
    return requests.refuse(statuses[failure.code] or 502, failure.code, "the accounts were not linked", reasons)
end

return requests

