--- Rate limits, as requests meet them. The global bucket is asked first, then the one of the request's class; the token
--- endpoint has one of its own, and quotas per client.
local buckets = require "auth0.mock.limits.buckets"
local errors = require "auth0.mock.text.errors"
local json = require "auth0.mock.text.json"
local limits = require "auth0.mock.limits"
local quotas = require "auth0.mock.limits.quotas"
local wire = require "auth0.mock.text.wire"

local rates = {}

local Rates = {}
local rates_mt = { __name = "auth0.mock.rates", __index = Rates }

--- What is left of a rounding error is not a moment too early.
local EPSILON = 1e-6

---@param world table now
---@param config auth0.mock.rates|nil nil: no limits
---@return table|nil rates
---@return string|nil message
function rates.new(world, config)
    config = config or {}
    local message = limits.check(config)
    if message then
        return nil, message
    end
    local self = setmetatable({ world = world, config = config, buckets = {},
        quota = config.quota and quotas.new(config.quota) }, rates_mt)
    local plan, now = limits.plans[config.plan] or {}, world.now()
    for _, name in ipairs(limits.CLASSES) do
        local limit = config[name] or plan[name]
        self.buckets[name] = limit and buckets.new(limit, now)
    end
    return self
end

local function round(self, seconds)
    return self.config.early and math.floor(seconds + EPSILON) or math.ceil(seconds - EPSILON)
end

local function write_headers(self, headers, bucket)
    if not bucket then
        -- Without a limit the headers are there all the same, as in every recorded answer.
        headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"] = "50", "49"
        headers["x-ratelimit-reset"] = ("%.0f"):format(math.floor(self.world.now()) + 1)
        return
    end
    local reset = self.config.reset == "full" and bucket:when(bucket.burst) or bucket:next()
    headers["x-ratelimit-limit"] = ("%.0f"):format(bucket.burst)
    headers["x-ratelimit-remaining"] = ("%.0f"):format(bucket:whole())
    headers["x-ratelimit-reset"] = ("%.0f"):format(round(self, reset))
end

local function write_retry_after(self, headers, moment)
    headers["retry-after"] = ("%.0f"):format(math.max(1, math.ceil(moment - self.world.now() - EPSILON)))
end

--- The published description of the status; no recording shows the words of a class's refusal.
local CLASS_WORDS = "Too many requests. Check the X-RateLimit-Limit, X-RateLimit-Remaining and X-RateLimit-Reset "
    .. "headers."
local GLOBAL_WORDS = "Global limit has been reached"

local function refuse(self, name, bucket)
    local answer
    if self.config.bare then
        answer = wire.answer(429, { statusCode = 429, error = "Too Many Requests" })
    else
        answer = errors.make(429, name == "global" and GLOBAL_WORDS or CLASS_WORDS, "too_many_requests")
    end
    if self.config.retry_after then
        write_retry_after(self, answer.headers, bucket:next())
    end
    return answer
end

local function refuse_token(self, bucket)
    if self.config.odd_500 then
        return wire.answer(500, { error = "access_denied", error_description = GLOBAL_WORDS })
    end
    local answer = wire.answer(429, { error = "too_many_requests", error_description = GLOBAL_WORDS })
    if self.config.retry_after then
        write_retry_after(self, answer.headers, bucket:next())
    end
    return answer
end

--- The bucket that speaks for a request, and whether it refuses.
local function pass(self, class)
    local now, told, name = self.world.now(), nil, nil
    for _, each in ipairs(class == "token" and { "token" } or { "global", class }) do
        local bucket = self.buckets[each]
        if bucket then
            bucket:advance(now)
            told, name = bucket, each
            if not bucket:take() then
                return bucket, each, true
            end
        end
    end
    return told, name, false
end

local function client_of(request)
    local body = request.body or ""
    local fields = body:match("^%s*{") and json.decode(body) or wire.form(body) or {}
    return tostring(fields.client_id or request.headers.authorization or "")
end

local function admit_client(self, request, headers)
    local standing, closed_until = self.quota:count(client_of(request), self.world.now())
    headers["auth0-client-quota-limit"] = standing
    if closed_until then
        write_retry_after(self, headers, closed_until)
        return wire.answer(429, { error = "too_many_requests", error_description = "Client quota exceeded" })
    end
end

---Counts a request. The headers belong to whatever answer it gets.
---@param class string a key of `limits`' configuration
---@param request auth0.mock.request
---@return table<string, string> headers
---@return auth0.mock.answer|nil refusal
function Rates:admit(class, request)
    local bucket, name, is_refused = pass(self, class)
    local headers, refusal = {}, nil
    write_headers(self, headers, bucket)
    if is_refused then
        refusal = class == "token" and refuse_token(self, bucket) or refuse(self, name, bucket)
    elseif class == "token" and self.quota then
        refusal = admit_client(self, request, headers)
    end
    return headers, refusal
end

---How the buckets stand, for tests.
---@return table<string, table> buckets class -> {tokens, burst}
function Rates:standing()
    local standing = {}
    for name, bucket in pairs(self.buckets) do
        bucket:advance(self.world.now())
        standing[name] = { tokens = bucket.tokens, burst = bucket.burst }
    end
    return standing
end

return rates
