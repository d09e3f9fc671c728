--- JSON for the model tenant. lua-cjson 2.1 cannot tell `[]` from `{}` and rounds integers beyond 2^53; a tenant keeps
--- both, and what it answers is what clients are tested against.
local json = {}

local array_mt = { __name = "auth0.mock.array" }
local number_mt = { __name = "auth0.mock.number", __tostring = function(number) return number.text end }

--- JSON's null, since nil cannot stand in a table.
json.null = setmetatable({}, { __name = "auth0.mock.null", __tostring = function() return "null" end })

---Marks a table as an array, so that it is written as `[]` also when empty.
---@generic T
---@param list T[]
---@return T[]
function json.array(list)
    return setmetatable(list, array_mt)
end

---@param value any
---@return boolean
function json.is_array(value)
    return type(value) == "table" and (getmetatable(value) == array_mt or value[1] ~= nil)
end

---@param value any
---@return boolean
function json.is_object(value)
    local is_plain = type(value) == "table" and value ~= json.null and getmetatable(value) ~= number_mt
    return is_plain and not json.is_array(value)
end

---@param value any
---@return boolean is_finite a number that JSON has: neither a NaN nor an infinity
function json.is_finite(value)
    return type(value) == "number" and value == value and value ~= math.huge and value ~= -math.huge
end

--- The largest integer below which every integer is a double of its own.
local EXACT = 9007199254740992

---The digits of an integer, nil for anything else. Integers that a double would round are kept as text.
---@param value any
---@return string|nil digits
function json.digits(value)
    if getmetatable(value) == number_mt then
        return value.text:match("^-?%d+$")
    end
    if type(value) == "number" and value % 1 == 0 and value > -EXACT and value < EXACT then
        return string.format("%.0f", value)
    end
end

---The keys of a table in the order of their text: what goes through them does the same in every run.
---@param object table
---@return any[] keys
function json.keys(object)
    local keys = {}
    for key in pairs(object) do
        keys[#keys + 1] = key
    end
    table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
    return keys
end

local encode

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escape(character)
    return escapes[character] or string.format("\\u%04x", character:byte())
end

local function encode_string(text)
    return '"' .. text:gsub('[%z\1-\31"\\]', escape) .. '"'
end

local function encode_array(list)
    local parts = {}
    for i = 1, #list do
        parts[i] = encode(list[i])
    end
    return "[" .. table.concat(parts, ",") .. "]"
end

--- Keys are sorted: the same state gives the same text in every run and on every Lua.
local function encode_object(object)
    local keys = json.keys(object)
    for i, key in ipairs(keys) do
        keys[i] = encode_string(key) .. ":" .. encode(object[key])
    end
    return "{" .. table.concat(keys, ",") .. "}"
end

local function encode_number(number)
    if not json.is_finite(number) then
        error("not a JSON number: " .. tostring(number))
    end
    return json.digits(number) or string.format("%.17g", number)
end

---@param value any
---@return string
function encode(value)
    local kind = type(value)
    if kind == "string" then
        return encode_string(value)
    elseif kind == "number" then
        return encode_number(value)
    elseif kind == "boolean" or value == json.null then
        return tostring(value)
    elseif kind ~= "table" then
        error("no JSON for a " .. kind)
    elseif getmetatable(value) == number_mt then
        return value.text
    elseif json.is_array(value) then
        return encode_array(value)
    end
    return encode_object(value)
end
json.encode = encode

--- Deeper than what `decode` takes, since it is put into other tables; a table that contains itself ends here too.
local COPY_DEPTH = 256

local function copy(value, depth)
    local kind = type(value)
    if kind == "number" and not json.is_finite(value) or depth > COPY_DEPTH
        or kind ~= "number" and kind ~= "string" and kind ~= "boolean" and kind ~= "table" then
        error({ json = depth > COPY_DEPTH and "nested too deeply" or "no JSON for " .. tostring(value) }, 0)
    elseif kind ~= "table" or value == json.null or getmetatable(value) == number_mt then
        return value
    end
    local result, is_array, count = {}, json.is_array(value), 0
    for key, inner in pairs(value) do
        if type(key) ~= (is_array and "number" or "string") then
            error({ json = "a key that is a " .. type(key) }, 0)
        end
        result[key], count = copy(inner, depth + 1), count + 1
    end
    if is_array and count ~= #value then
        error({ json = "an array with gaps" }, 0)
    end
    return is_array and json.array(result) or result
end

---A copy that shares no table with the value.
---@param value any
---@return any copy nil when the value cannot be written as JSON; then
---@return string|nil message
function json.copy(value)
    local good, result = pcall(copy, value, 0)
    if not good then
        return nil, type(result) == "table" and result.json or tostring(result)
    end
    return result
end

--- The forms of a character beyond ASCII: no overlong ones, no surrogates, nothing above U+10FFFF.
local characters = { "^[\194-\223][\128-\191]()", "^\224[\160-\191][\128-\191]()",
    "^[\225-\236\238\239][\128-\191][\128-\191]()", "^\237[\128-\159][\128-\191]()",
    "^\240[\144-\191][\128-\191][\128-\191]()", "^[\241-\243][\128-\191][\128-\191][\128-\191]()",
    "^\244[\128-\143][\128-\191][\128-\191]()" }

---@param text string
---@return boolean
function json.is_utf8(text)
    local at = text:find("[\128-\255]")
    while at do
        local after
        for _, pattern in ipairs(characters) do
            after = after or text:match(pattern, at)
        end
        if not after then
            return false
        end
        at = text:find("[\128-\255]", after)
    end
    return true
end

local DEPTH = 128

local function fail(at, what)
    error({ json = what .. " at byte " .. at }, 0)
end

local function skip(text, at)
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

--- A lone surrogate becomes U+FFFD, as in most servers.
local function decode_unicode(text, at)
    local digits = text:match("^%x%x%x%x", at)
    if not digits then
        fail(at, "\\u without four hexadecimal digits")
    end
    local code = tonumber(digits, 16)
    if code < 0xD800 or code > 0xDFFF then
        return utf8_of(code), at + 4
    end
    local low = code < 0xDC00 and tonumber(text:match("^\\u([dD][c-fC-F]%x%x)", at + 4) or "", 16)
    if not low then
        return utf8_of(0xFFFD), at + 4
    end
    return utf8_of(0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)), at + 10
end

local unescapes = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function decode_string(text, at)
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

local function decode_number(text, at)
    local digits = text:match("^-?%d+%.?%d*[eE]?[+-]?%d*", at) or fail(at, "a value was expected")
    local plain = digits:gsub("^-", "")
    local whole, rest = plain:match("^(%d+)(.*)$")
    if whole:match("^0%d") or not (rest == "" or rest:match("^%.%d+$") or rest:match("^[eE][+-]?%d+$")
            or rest:match("^%.%d+[eE][+-]?%d+$")) then
        fail(at, "not a number")
    end
    local number = tonumber(digits)
    local exact = rest ~= "" and number ~= math.huge and number ~= -math.huge or json.digits(number) == digits
    return exact and number or setmetatable({ text = digits }, number_mt), at + #digits
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

return json
