--- JSON for the model tenant: what auth0.json writes, and a reader of its own, in Lua: the model runs where there is no
--- core, and shares no mistake with the reader that is tested against it. It keeps what a tenant keeps: `[]` apart from
--- `{}`, every null, every digit.
local written = require "auth0.json"

local json = {}
for name, value in pairs(written) do
    json[name] = value
end

local DEPTH = 128

local function fail(at, what)
    error({ json = what .. " at byte " .. at }, 0)
end

local function skip(text, at)
    local byte = text:byte(at)
    if byte and byte > 32 then -- no blank, as most often
        return at
    end
    return text:find("[^ \t\r\n]", at) or #text + 1
end

local function utf8_of(code)
    local char, floor = string.char, math.floor
    if code < 0x80 then
        return char(code)
    elseif code < 0x800 then
        return char(0xC0 + floor(code / 0x40), 0x80 + code % 0x40)
    elseif code < 0x10000 then
        return char(0xE0 + floor(code / 0x1000), 0x80 + floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
    end
    return char(0xF0 + floor(code / 0x40000), 0x80 + floor(code / 0x1000) % 0x40, 0x80 + floor(code / 0x40) % 0x40,
        0x80 + code % 0x40)
end

-- Half of a surrogate pair stays what it is, as in JavaScript: three bytes, which auth0.json writes as an escape.
local function decode_unicode(text, at)
    local digits = text:match("^%x%x%x%x", at)
    if not digits then
        fail(at, "\\u without four hexadecimal digits")
    end
    local code = tonumber(digits, 16)
    local low = code >= 0xD800 and code < 0xDC00 and text:match("^\\u([dD][c-fC-F]%x%x)", at + 4)
    if low then
        return utf8_of(0x10000 + (code - 0xD800) * 0x400 + (tonumber(low, 16) - 0xDC00)), at + 10
    end
    return utf8_of(code), at + 4
end

local unescapes = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function decode_string(text, at)
    local plain, after = text:match('^([^%z\1-\31"\\]*)"()', at)
    if plain then
        return plain, after
    end
    local parts, from = {}, at
    while true do
        local stop = text:find('[%z\1-\31"\\]', from) or fail(at, "string without an end")
        local found = text:sub(stop, stop)
        parts[#parts + 1] = text:sub(from, stop - 1)
        if found == '"' then
            return table.concat(parts), stop + 1
        elseif found ~= "\\" then
            fail(stop, "control character in a string")
        end
        local letter = text:sub(stop + 1, stop + 1)
        if letter == "u" then
            parts[#parts + 1], from = decode_unicode(text, stop + 2)
        else
            parts[#parts + 1] = unescapes[letter] or fail(stop, "unknown escape")
            from = stop + 2
        end
    end
end

-- Without its point: what that is, a locale says.
local function number_of(digits, rest)
    if rest == "" then
        return tonumber(digits)
    end
    local whole, fraction, exponent = digits:match("^(%-?%d+)%.?(%d*)[eE]?(.*)$")
    return tonumber(("%s%se%d"):format(whole, fraction, (tonumber(exponent) or 0) - #fraction))
end

local function decode_number(text, at)
    local digits = text:match("^-?%d+%.?%d*[eE]?[+-]?%d*", at) or fail(at, "a value was expected")
    local whole, rest = digits:match("^-?(%d+)(.*)$")
    if whole:match("^0%d") or not (rest == "" or rest:match("^%.%d+$") or rest:match("^[eE][+-]?%d+$")
            or rest:match("^%.%d+[eE][+-]?%d+$")) then
        fail(at, "not a number")
    end
    local number = number_of(digits, rest)
    local is_exact = json.is_finite(number) and json.encode(number) == digits
    return is_exact and number or json.number(digits), at + #digits
end

local decode_value

local function decode_array(text, at, depth)
    local list = json.array({})
    at = skip(text, at)
    if text:sub(at, at) == "]" then
        return list, at + 1
    end
    while true do
        list[#list + 1], at = decode_value(text, at, depth)
        at = skip(text, at)
        local found = text:sub(at, at)
        if found == "]" then
            return list, at + 1
        elseif found ~= "," then
            fail(at, "',' or ']' was expected")
        end
        at = at + 1
    end
end

local function decode_object(text, at, depth)
    local object = {}
    at = skip(text, at)
    if text:sub(at, at) == "}" then
        return object, at + 1
    end
    while true do
        local _, quote = text:find('^[ \t\r\n]*"', at)
        local key
        key, at = decode_string(text, (quote or fail(at, "a key was expected")) + 1)
        local _, colon = text:find("^[ \t\r\n]*:", at)
        object[key], at = decode_value(text, (colon or fail(at, "':' was expected")) + 1, depth)
        at = skip(text, at)
        local found = text:sub(at, at)
        if found == "}" then
            return object, at + 1
        elseif found ~= "," then
            fail(at, "',' or '}' was expected")
        end
        at = at + 1
    end
end

local words = { t = { "true", true }, f = { "false", false }, n = { "null", json.null } }

function decode_value(text, at, depth)
    at = skip(text, at)
    local first = text:sub(at, at)
    if depth > DEPTH then
        fail(at, "nested too deeply")
    elseif first == "{" then
        return decode_object(text, at + 1, depth + 1)
    elseif first == "[" then
        return decode_array(text, at + 1, depth + 1)
    elseif first == '"' then
        return decode_string(text, at + 1)
    end
    local word = words[first]
    if word then
        if text:sub(at, at + #word[1] - 1) ~= word[1] then
            fail(at, "a value was expected")
        end
        return word[2], at + #word[1]
    end
    return decode_number(text, at)
end

---@param text string
---@return any value nil when the text is no JSON; then
---@return string|nil message says where and why
function json.decode(text)
    local good, value, at = pcall(decode_value, text, 1, 0)
    if not good then
        return nil, type(value) == "table" and value.json or tostring(value)
    end
    at = skip(text, at)
    if at <= #text then
        return nil, "something follows the value at byte " .. at
    end
    return value
end

---A copy that shares no table with the value.
---@param value any
---@return any copy nil when the value cannot be written as JSON; then
---@return string|nil message
function json.copy(value)
    local good, text = pcall(json.encode, value)
    if not good then
        return nil, text
    end
    return json.decode(text)
end

return json
