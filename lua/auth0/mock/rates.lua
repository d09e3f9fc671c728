--- Rate limits: token buckets by class of request, lazily filled by the clock that was handed in. The global bucket is
--- asked first, then the class's; the token endpoint has one of its own, and quotas per client.
---
---     rates = { global = { burst = 50, rate = 16 }, delete = { burst = 20, rate = 200, per = 60, refill = "minute" } }
local errors = require "auth0.mock.errors"
local json = require "auth0.mock.json"
local wire = require "auth0.mock.wire"

local rates = {}

local Rates = {}
local rates_mt = { __name = "auth0.mock.rates", __index = Rates }

local Bucket = {}
local bucket_mt = { __name = "auth0.mock.bucket", __index = Bucket }

---@class auth0.mock.bucket
---@field burst number tokens that it holds; full at the beginning
---@field rate number tokens that come in `per` seconds
---@field per number|nil 1
---@field refill "continuous"|"second"|"minute"|nil how they come: evenly (the default), or all at once at the top of
---the second or of the minute
---@field competitor number|nil tokens per second that another client takes
---@field tokens number|nil what it holds at the beginning, when that is not `burst`

---@class auth0.mock.rates
---@field plan string|nil one of the published limits: a key of `rates.plans`
---@field global auth0.mock.bucket|nil
---@field read_users auth0.mock.bucket|nil
---@field write_users auth0.mock.bucket|nil
---@field delete auth0.mock.bucket|nil
---@field other auth0.mock.bucket|nil
---@field token auth0.mock.bucket|nil of the token endpoint, which no other bucket limits
---@field reset "next"|"full"|nil x-ratelimit-reset says when the next tokens come (the default), or when the bucket is
---full
---@field early boolean|nil the reset is rounded down: a client that comes back exactly then comes too early
---@field retry_after boolean|nil a 429 of the Management API says Retry-After, too
---@field bare boolean|nil a 429 has neither message nor errorCode, as older ones had
---@field odd_500 boolean|nil the token endpoint refuses with 500 and access_denied
---@field quota table|nil tokens per client: {per_hour = 10, per_day = 100}

local refills = { continuous = 0, second = 1, minute = 60 }

--- The published limits. Those of "essentials" are per class, and per minute; the others are per second, and refill at
--- its top.
rates.plans = {
    free = { global = { burst = 2, rate = 2, refill = "second" } },
    essentials = {
        read_users = { burst = 40, rate = 500, per = 60 },
        write_users = { burst = 20, rate = 200, per = 60 },
        delete = { burst = 20, rate = 200, per = 60 },
        other = { burst = 10, rate = 150, per = 60 },
    },
    enterprise = { global = { burst = 50, rate = 16, refill = "second" } },
    enterprise_test = { global = { burst = 10, rate = 2, refill = "second" } },
    private_20 = { global = { burst = 20, rate = 20, refill = "second" } },
    private_100 = { global = { burst = 50, rate = 50, refill = "second" } },
    private_500 = { global = { burst = 250, rate = 250, refill = "second" } },
}

local CLASSES = { "global", "read_users", "write_users", "delete", "other", "token" }
local SWITCHES = { "early", "retry_after", "bare", "odd_500" }
local QUOTAS = { { "per_hour", 3600 }, { "per_day", 86400 } }

local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max

--- What is left of a rounding error is no part of a token, nor a moment too early.
local EPSILON = 1e-6

local function whole(tokens)
    return max(0, floor(tokens + EPSILON))
end

local function new_bucket(limit, now)
    local step = refills[limit.refill or "continuous"]
    return setmetatable({
        burst = limit.burst,
        rate = limit.rate / (limit.per or 1),
        step = step,
        drain = limit.competitor or 0,
        tokens = min(limit.burst, limit.tokens or limit.burst),
        at = now,
    }, bucket_mt)
end

--- Tokens after `steps` whole steps, without walking through them: each step drains, then fills. From the first step on
--- what is there only grows, or only shrinks, until it stays.
local function after_steps(bucket, tokens, steps)
    local fill, drained = bucket.rate * bucket.step, bucket.drain * bucket.step
    local first = min(bucket.burst, max(0, tokens - drained) + fill)
    local moved = first + (steps - 1) * (fill - drained)
    if fill >= drained then
        return min(bucket.burst, moved)
    end
    return max(min(bucket.burst, fill), moved)
end

--- Brings the bucket to `now`. A clock that goes back gives nothing, and takes nothing.
function Bucket:advance(now)
    local elapsed = now - self.at
    if elapsed <= 0 then
        return
    elseif self.step == 0 then
        self.tokens = max(0, min(self.burst, self.tokens + elapsed * (self.rate - self.drain)))
    else
        local top = (floor(self.at / self.step) + 1) * self.step
        local tops = now < top and 0 or floor((now - top) / self.step) + 1
        if tops > 0 then
            -- Up to the first top the step is a part of one.
            local tokens = max(0, self.tokens - (top - self.at) * self.drain)
            tokens = min(self.burst, tokens + self.rate * self.step)
            if tops > 1 then
                tokens = after_steps(self, tokens, tops - 1)
            end
            self.tokens, self.at = tokens, top + (tops - 1) * self.step
        end
        self.tokens = max(0, self.tokens - (now - self.at) * self.drain)
    end
    self.at = now
end

---@return boolean taken
function Bucket:take()
    if whole(self.tokens) < 1 then
        return false
    end
    self.tokens = self.tokens - 1
    return true
end

--- When the bucket holds `wanted` tokens if nobody takes any; a competing client is not foreseen.
function Bucket:when(wanted)
    if self.step == 0 then
        return self.at + max(0, wanted - self.tokens) / self.rate
    end
    local tops = ceil((wanted - self.tokens) / (self.rate * self.step) - EPSILON)
    return (floor(self.at / self.step) + max(0, tops)) * self.step
end

--- When the next tokens come; now, where the bucket is full.
function Bucket:next()
    return self:when(min(self.burst, whole(self.tokens) + 1))
end

local function is_number(value)
    return type(value) == "number" and value == value and value ~= math.huge and value ~= -math.huge
end

local function check_bucket(name, limit)
    if not json.is_object(limit) or not is_number(limit.burst) or not is_number(limit.rate) then
        return name .. " needs the numbers burst and rate"
    elseif not is_number(limit.per or 1) or not is_number(limit.competitor or 0) or not is_number(limit.tokens or 0)
        or (limit.tokens or 0) < 0 then
        return name .. ": per, competitor and tokens are numbers, tokens not negative"
    elseif limit.burst < 1 or limit.rate <= 0 or (limit.per or 1) <= 0 or (limit.competitor or 0) < 0 then
        return name .. ": burst is at least 1, rate and per are above 0"
    elseif limit.refill ~= nil and not refills[limit.refill] then
        return name .. ": refill is continuous, second or minute"
    end
end

local function check_quota(quota)
    if not json.is_object(quota) then
        return "quota is {per_hour = n, per_day = n}"
    end
    for name, most in pairs(quota) do
        if (name ~= "per_hour" and name ~= "per_day") or not is_number(most) or most < 0 then
            return "quota is {per_hour = n, per_day = n}"
        end
    end
end

--- Says what is wrong with a configuration: a test with a misspelt limit would pass without one.
local function check(config)
    local names = { plan = true, reset = true, quota = true }
    for _, name in ipairs(CLASSES) do
        names[name] = true
        local message = config[name] ~= nil and check_bucket(name, config[name])
        if message then
            return message
        end
    end
    for _, name in ipairs(SWITCHES) do
        names[name] = true
    end
    for _, name in ipairs(json.keys(config)) do
        if not names[name] then
            return "rates have no " .. tostring(name)
        end
    end
    if config.plan ~= nil and not rates.plans[config.plan] then
        return "no such plan: " .. tostring(config.plan)
    elseif config.reset ~= nil and config.reset ~= "next" and config.reset ~= "full" then
        return "reset is next or full"
    end
    return config.quota ~= nil and check_quota(config.quota) or nil
end

---@param world table now
---@param config auth0.mock.rates|nil nil: no limits
---@return table|nil rates
---@return string|nil message
function rates.new(world, config)
    config = config or {}
    local message = not json.is_object(config) and "rates are a table" or check(config)
    if message then
        return nil, message
    end
    local self = setmetatable({ world = world, config = config, buckets = {}, used = {} }, rates_mt)
    local plan, now = rates.plans[config.plan] or {}, world.now()
    for _, name in ipairs(CLASSES) do
        local limit = config[name] or plan[name]
        self.buckets[name] = limit and new_bucket(limit, now)
    end
    return self
end

local function round(self, seconds)
    return self.config.early and floor(seconds + EPSILON) or ceil(seconds - EPSILON)
end

local function write_headers(self, headers, bucket)
    if not bucket then
        -- Without a limit the headers are there all the same, as in every recorded answer.
        headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"] = "50", "49"
        headers["x-ratelimit-reset"] = ("%.0f"):format(floor(self.world.now()) + 1)
        return
    end
    local reset = self.config.reset == "full" and bucket:when(bucket.burst) or bucket:next()
    headers["x-ratelimit-limit"] = ("%.0f"):format(bucket.burst)
    headers["x-ratelimit-remaining"] = ("%.0f"):format(whole(bucket.tokens))
    headers["x-ratelimit-reset"] = ("%.0f"):format(round(self, reset))
end

local function write_retry_after(self, headers, moment)
    headers["retry-after"] = ("%.0f"):format(max(1, ceil(moment - self.world.now() - EPSILON)))
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

--- How a client stands: {name, most, used = {start, count}, stop = end of the window} for each quota.
local function windows(self, client)
    local now, list = self.world.now(), {}
    for _, quota in ipairs(QUOTAS) do
        local name, length, most = quota[1], quota[2], self.config.quota[quota[1]]
        if most then
            local start, key = floor(now / length) * length, name .. " " .. client
            if not self.used[key] or self.used[key].start ~= start then
                self.used[key] = { start = start, count = 0 }
            end
            list[#list + 1] = { name = name, most = most, used = self.used[key], stop = start + length }
        end
    end
    return list
end

--- Counts one token of a client against its quotas; one that is refused is not counted. Answers how they stand, and the
--- moment from which there is a token again.
local function count_quota(self, client)
    local list, parts, closed_until = windows(self, client), {}, nil
    for _, window in ipairs(list) do
        if window.used.count >= window.most then
            closed_until = max(closed_until or 0, window.stop)
        end
    end
    for i, window in ipairs(list) do
        window.used.count = window.used.count + (closed_until and 0 or 1)
        parts[i] = ("b=%s;q=%.0f;r=%.0f;t=%.0f"):format(window.name, window.most, window.most - window.used.count,
            ceil(window.stop - self.world.now()))
    end
    return table.concat(parts, ","), closed_until
end

local function admit_client(self, request, headers)
    local standing, closed_until = count_quota(self, client_of(request))
    headers["auth0-client-quota-limit"] = standing
    if closed_until then
        write_retry_after(self, headers, closed_until)
        return wire.answer(429, { error = "too_many_requests", error_description = "Client quota exceeded" })
    end
end

---Counts a request. The headers belong to whatever answer it gets.
---@param class "read_users"|"write_users"|"delete"|"other"|"token"
---@param request auth0.mock.request
---@return table<string, string> headers
---@return auth0.mock.answer|nil refusal
function Rates:admit(class, request)
    local bucket, name, is_refused = pass(self, class)
    local headers, refusal = {}, nil
    write_headers(self, headers, bucket)
    if is_refused then
        refusal = class == "token" and refuse_token(self, bucket) or refuse(self, name, bucket)
    elseif class == "token" and self.config.quota then
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
