--- What a configuration of rate limits may say.
---
---     rates = { global = { burst = 50, rate = 16 }, delete = { burst = 20, rate = 200, per = 60, refill = "minute" } }
local buckets = require "auth0.mock.limits.buckets"
local json = require "auth0.mock.text.json"
local nearest = require "auth0.nearest"
local quotas = require "auth0.mock.limits.quotas"

local limits = {}

---@class auth0.mock.rates
---@field plan string|nil one of the published limits: a key of `limits.plans`
---@field global auth0.mock.bucket|nil
---@field read_users auth0.mock.bucket|nil
---@field write_users auth0.mock.bucket|nil
---@field delete auth0.mock.bucket|nil
---@field organizations auth0.mock.bucket|nil of reads of a user's organizations
---@field members auth0.mock.bucket|nil of changes of an organization's members
---@field other auth0.mock.bucket|nil
---@field token auth0.mock.bucket|nil of the token endpoint, which no other bucket limits
---@field reset "next"|"full"|nil x-ratelimit-reset says when the next tokens come (the default), or when the bucket is
---full
---@field early boolean|nil the reset is rounded down: a client that comes back exactly then comes too early
---@field retry_after boolean|nil a 429 of the Management API says Retry-After, too
---@field bare boolean|nil a 429 has neither message nor errorCode, as older ones had
---@field odd_500 boolean|nil the token endpoint refuses with 500 and access_denied
---@field quota table|nil tokens per client: {per_hour = 10, per_day = 100}

--- A user's organizations and an organization's members have buckets of their own. Their numbers are published for the
--- enterprise plan; that essentials has the same is a choice.
local ORGANIZATIONS, MEMBERS = { burst = 40, rate = 500, per = 60 }, { burst = 20, rate = 200, per = 60 }

--- The published limits. Those of a class are per minute; the global ones are per second, and refill at its top.
limits.plans = {
    free = { global = { burst = 2, rate = 2, refill = "second" } },
    essentials = {
        read_users = { burst = 40, rate = 500, per = 60 },
        write_users = { burst = 20, rate = 200, per = 60 },
        delete = { burst = 20, rate = 200, per = 60 },
        organizations = ORGANIZATIONS,
        members = MEMBERS,
        other = { burst = 10, rate = 150, per = 60 },
    },
    enterprise = {
        global = { burst = 50, rate = 16, refill = "second" },
        organizations = ORGANIZATIONS,
        members = MEMBERS,
    },
    enterprise_test = { global = { burst = 10, rate = 2, refill = "second" } },
    private_20 = { global = { burst = 20, rate = 20, refill = "second" } },
    private_100 = { global = { burst = 50, rate = 50, refill = "second" } },
    private_500 = { global = { burst = 250, rate = 250, refill = "second" } },
}

local CLASSES = { "global", "read_users", "write_users", "delete", "organizations", "members", "other",
    "token" }
limits.CLASSES = CLASSES

local SWITCHES = { "early", "retry_after", "bare", "odd_500" }

---Says what is wrong with a configuration: a test with a misspelt limit would pass without one.
---@param config any
---@return string|nil message
function limits.check(config)
    if not json.is_object(config) then
        return "rates are a table"
    end
    local names = { plan = true, reset = true, quota = true }
    for _, name in ipairs(CLASSES) do
        names[name] = true
        local message = config[name] ~= nil and buckets.check(name, config[name])
        if message then
            return message
        end
    end
    for _, name in ipairs(SWITCHES) do
        names[name] = true
    end
    local unknown = nearest.unknown(config, names)
    if unknown then
        return "rates have no " .. unknown
    end
    if config.plan ~= nil and not limits.plans[config.plan] then
        return "no such plan: " .. tostring(config.plan)
    elseif config.reset ~= nil and config.reset ~= "next" and config.reset ~= "full" then
        return "reset is next or full"
    end
    return config.quota ~= nil and quotas.check(config.quota) or nil
end

return limits
