--- Seconds since 1970 as the API writes dates. Pure arithmetic: the model has no clock and no os library.
local timestamp = {}

local floor = math.floor

--- Civil date from days since 1970-01-01, counted in eras of 400 years that start on 1 March.
local function civil(days)
    days = days + 719468
    local era = floor(days / 146097)
    local day_of_era = days - era * 146097
    local year = floor((day_of_era - floor(day_of_era / 1460) + floor(day_of_era / 36524)
        - floor(day_of_era / 146096)) / 365)
    local day_of_year = day_of_era - (365 * year + floor(year / 4) - floor(year / 100))
    local shifted = floor((5 * day_of_year + 2) / 153)
    local month = shifted < 10 and shifted + 3 or shifted - 9
    return year + era * 400 + (month <= 2 and 1 or 0), month, day_of_year - floor((153 * shifted + 2) / 5) + 1
end

---@param seconds number
---@return string text "2021-09-03T20:16:45.288Z"
function timestamp.text(seconds)
    local milliseconds = floor(seconds * 1000 + 0.5)
    local whole = floor(milliseconds / 1000)
    local days = floor(whole / 86400)
    local rest = whole - days * 86400
    local year, month, day = civil(days)
    return string.format("%04.0f-%02.0f-%02.0fT%02.0f:%02.0f:%02.0f.%03.0fZ", year, month, day, floor(rest / 3600),
        floor(rest / 60) % 60, rest % 60, milliseconds - whole * 1000)
end

return timestamp
