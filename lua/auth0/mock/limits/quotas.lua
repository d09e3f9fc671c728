--- How many tokens each client may ask for in an hour and in a day.
local json = require "auth0.mock.text.json"

local quotas = {}

local Quota = {}
local quota_mt = { __name = "auth0.mock.quota", __index = Quota }

local WINDOWS = { { "per_hour", 3600 }, { "per_day", 86400 } }

---@param limits any
---@return string|nil message what is wrong with it
function quotas.check(limits)
    if not json.is_object(limits) then
        return "quota is {per_hour = n, per_day = n}"
    end
    for name, most in pairs(limits) do
        if (name ~= "per_hour" and name ~= "per_day") or not json.is_finite(most) or most < 0 then
            return "quota is {per_hour = n, per_day = n}"
        end
    end
end

---@param limits table {per_hour = 10, per_day = 100}
---@return table quota
function quotas.new(limits)
    return setmetatable({ limits = limits, used = {} }, quota_mt)
end

--- How a client stands: {name, most, used = {start, count}, stop = end of the window} for each quota.
local function windows(self, client, now)
    local list = {}
    for _, each in ipairs(WINDOWS) do
        local name, length, most = each[1], each[2], self.limits[each[1]]
        if most then
            local start, key = math.floor(now / length) * length, name .. " " .. client
            if not self.used[key] or self.used[key].start ~= start then
                self.used[key] = { start = start, count = 0 }
            end
            list[#list + 1] = { name = name, most = most, used = self.used[key], stop = start + length }
        end
    end
    return list
end

---Counts one token of a client; one that is refused is not counted.
---@param client string
---@param now number
---@return string standing as the header tells it
---@return number|nil closed_until the moment from which there is a token again
function Quota:count(client, now)
    local list, parts, closed_until = windows(self, client, now), {}, nil
    for _, window in ipairs(list) do
        if window.used.count >= window.most then
            closed_until = math.max(closed_until or 0, window.stop)
        end
    end
    for i, window in ipairs(list) do
        window.used.count = window.used.count + (closed_until and 0 or 1)
        parts[i] = ("b=%s;q=%.0f;r=%.0f;t=%.0f"):format(window.name, window.most, window.most - window.used.count,
            math.ceil(window.stop - now))
    end
    return table.concat(parts, ","), closed_until
end

return quotas
