--- Lua values as JSON text: the one writer of all that may hold metadata. What was read of an answer it writes as it
--- stood there: `[]` apart from `{}`, numbers to the last digit, null, half of a surrogate pair. Needs no C: the model
--- of a tenant writes by it too.
local json = {}

-- Numbers that are kept by their digits, which tostring gives: the core's have the same name.
local NUMBER = "auth0.number"
local number_mt = { __name = NUMBER, __metatable = NUMBER, __tostring = function(number) return number.text end,
    __eq = function(one, other) return one.text == other.text end }

--- JSON's null, since nil cannot stand in a table.
json.null = setmetatable({}, { __name = "auth0.json.null", __tostring = function() return "null" end })

--- The metatable of arrays that `json.array` marks.
json.array_mt = { __name = "auth0.array" }

-- Values that are always written so, metatables of arrays, and of what is one only when it is empty.
local words, array_mts, empty_array_mts = { [json.null] = "null" }, { [json.array_mt] = true }, {}

local native -- writes in C most of what there is, and leaves the rest to this file

--- Takes the core's null and arrays for what they are, and lua-cjson's marks of arrays; `json.array` marks as the core
--- does. From now on the core writes what it can.
---@param core table
function json.learn(core)
    json.array_mt, native = core.array_mt, core.encode
    words[core.null], array_mts[core.array_mt] = "null", true
    if core.empty_array then words[core.empty_array] = "[]" end
    if core.empty_array_mt then empty_array_mts[core.empty_array_mt] = true end
end

---A number that a Lua number would change, by its digits.
---@param text string as JSON writes it
---@return table number
function json.number(text)
    return setmetatable({ text = text }, number_mt)
end

---Marks a table as an array, so that it is written as `[]` also when empty.
---@generic T
---@param list T[]
---@return T[]
function json.array(list)
    return setmetatable(list, json.array_mt)
end

---@param value any
---@return boolean
function json.is_null(value)
    return value ~= nil and words[value] == "null"
end

---@param value any
---@return boolean
function json.is_array(value)
    if type(value) ~= "table" or words[value] then
        return false
    end
    local mt = getmetatable(value)
    return mt ~= nil and (array_mts[mt] or empty_array_mts[mt] and next(value) == nil) or value[1] ~= nil
end

---@param value any
---@return boolean
function json.is_object(value)
    local is_plain = type(value) == "table" and not words[value] and getmetatable(value) ~= NUMBER
    return is_plain and not json.is_array(value)
end

---@param value any
---@return boolean is_finite a number that JSON has: neither a NaN nor an infinity
function json.is_finite(value)
    return type(value) == "number" and value == value and value ~= math.huge and value ~= -math.huge
end

--- The largest integer below which every integer is a double of its own.
local EXACT = 9007199254740992

local integer_type = rawget(math, "type") -- 5.3 and later

---@param value any
---@return boolean is_number that is kept by its digits
function json.is_number(value)
    return getmetatable(value) == NUMBER
end

---The digits of an integer, nil for anything else.
---@param value any
---@return string|nil digits
function json.digits(value)
    if getmetatable(value) == NUMBER then
        return tostring(value):match("^-?%d+$")
    elseif integer_type and integer_type(value) == "integer" then
        return ("%d"):format(value)
    elseif type(value) == "number" and value % 1 == 0 and value > -EXACT and value < EXACT then
        return ("%.0f"):format(value)
    end
end

local function is_before(a, b)
    return tostring(a) < tostring(b)
end

---The keys of a table in the order of their text: what goes through them does the same in every run.
---@param object table
---@return any[] keys
function json.keys(object)
    local keys, are_texts = {}, true
    for key in pairs(object) do
        keys[#keys + 1] = key
        are_texts = are_texts and type(key) == "string"
    end
    table.sort(keys, not are_texts and is_before or nil)
    return keys
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

local function fail(what, ...)
    error("no JSON for " .. what:format(...), 0)
end

local encode

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escape(character)
    return escapes[character] or string.format("\\u%04x", character:byte())
end

-- Half of a pair: U+D800 to U+DFFF in three bytes, as UTF-8 would have it.
local function escape_surrogate(middle, last)
    return ("\\ud%03x"):format((middle:byte() - 128) * 64 + last:byte() - 128)
end

local function encode_string(text)
    if not text:find '[%z\1-\31"\\\128-\255]' then return '"' .. text .. '"' end
    local escaped = text:gsub('[%z\1-\31"\\]', escape)
    if escaped:find("[\128-\255]") then
        escaped = escaped:gsub("\237([\160-\191])([\128-\191])", escape_surrogate)
        if not json.is_utf8(escaped) then
            fail "text that is not UTF-8"
        end
    end
    return '"' .. escaped .. '"'
end

local function encode_array(list, depth)
    local parts = {}
    for key in pairs(list) do
        if type(key) ~= "number" then
            fail("a key that is a %s", type(key))
        end
        parts[#parts + 1] = key
    end
    if #parts ~= #list then
        fail "an array with gaps"
    end
    for i = 1, #list do
        parts[i] = encode(list[i], depth)
    end
    return "[" .. table.concat(parts, ",") .. "]"
end

--- Keys are sorted: the same state gives the same text in every run and on every Lua.
local function encode_object(object, depth)
    local keys = json.keys(object)
    for i, key in ipairs(keys) do
        if type(key) ~= "string" then
            fail("a key that is a %s", type(key))
        end
        keys[i] = encode_string(key) .. ":" .. encode(object[key], depth)
    end
    return "{" .. table.concat(keys, ",") .. "}"
end

-- As few digits as tell it from its neighbours; only next to 0 fewer than 15 may be one too many. A locale may write
-- what it likes for a point, and reads it again.
local function fewest_digits(number)
    for precision = number < 2.2250738585072014e-308 and number > -2.2250738585072014e-308 and 0 or 14, 16 do
        local text = ("%." .. precision .. "e"):format(number)
        if tonumber(text) == number then
            return text
        end
    end
end

-- As JavaScript has it: pure/numeral says what is read so.
local function encode_number(number)
    if not json.is_finite(number) then
        fail("the number %s", tostring(number))
    end
    local digits = json.digits(number)
    if digits then
        return digits
    end
    local sign, first, rest, exponent = fewest_digits(number):match("^(-?)(%d)%D*(%d-)0*e(.*)$")
    local point = tonumber(exponent) + 1 -- the digits before it
    digits = first .. rest
    if point > 21 or point <= -6 then
        return ("%s%s%s%se%+d"):format(sign, first, rest ~= "" and "." or "", rest, point - 1)
    elseif point <= 0 then
        return sign .. "0." .. ("0"):rep(-point) .. digits
    elseif point >= #digits then
        return sign .. digits .. ("0"):rep(point - #digits)
    end
    return sign .. digits:sub(1, point) .. "." .. digits:sub(point + 1)
end

--- Deeper than what is read; a table that contains itself ends here too.
local DEPTH = 256

function encode(value, depth)
    local kind = type(value)
    if kind == "string" then
        return encode_string(value)
    elseif kind == "number" then
        return encode_number(value)
    elseif kind == "boolean" then
        return tostring(value)
    elseif words[value] then
        return words[value]
    elseif getmetatable(value) == NUMBER then
        return tostring(value)
    elseif kind ~= "table" then
        fail("a %s", kind)
    elseif depth == DEPTH then
        fail "a table that is nested too deeply"
    end
    return (json.is_array(value) and encode_array or encode_object)(value, depth + 1)
end

---Raises, with a text that names it, what JSON does not have.
---@param value any
---@return string
function json.encode(value)
    return native and native(value) or encode(value, 0)
end

return json
