--- A token bucket, lazily filled by the times that are handed in.
local json = require "auth0.mock.text.json"
local nearest = require "auth0.nearest"

local buckets = {}

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

local properties = { burst = true, rate = true, per = true, refill = true, competitor = true, tokens = true }

local refills = { continuous = 0, second = 1, minute = 60 }

local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max

--- What is left of a rounding error is no part of a token, nor a moment too early.
local EPSILON = 1e-6

local function whole(tokens)
    return max(0, floor(tokens + EPSILON))
end

---@param name string the bucket's
---@param limit any
---@return string|nil message what is wrong with it
function buckets.check(name, limit)
    if not json.is_object(limit) or not json.is_finite(limit.burst) or not json.is_finite(limit.rate) then
        return name .. " needs the numbers burst and rate"
    elseif not json.is_finite(limit.per or 1) or not json.is_finite(limit.competitor or 0)
        or not json.is_finite(limit.tokens or 0) or (limit.tokens or 0) < 0 then
        return name .. ": per, competitor and tokens are numbers, tokens not negative"
    elseif limit.burst < 1 or limit.rate <= 0 or (limit.per or 1) <= 0 or (limit.competitor or 0) < 0 then
        return name .. ": burst is at least 1, rate and per are above 0"
    elseif limit.refill ~= nil and not refills[limit.refill] then
        return name .. ": refill is continuous, second or minute"
    end
    local unknown = nearest.unknown(limit, properties)
    return unknown and ("%s has no %s"):format(name, unknown)
end

---@param limit auth0.mock.bucket
---@param now number
---@return table bucket
function buckets.new(limit, now)
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
local function after_steps(self, tokens, steps)
    local fill, drained = self.rate * self.step, self.drain * self.step
    local first = min(self.burst, max(0, tokens - drained) + fill)
    local moved = first + (steps - 1) * (fill - drained)
    if fill >= drained then
        return min(self.burst, moved)
    end
    return max(min(self.burst, fill), moved)
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

--- When the bucket holds `wanted` tokens if none is taken until then; a competing client is not foreseen.
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

---@return integer tokens that can be taken
function Bucket:whole()
    return whole(self.tokens)
end

return buckets
