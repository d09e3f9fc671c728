--- Lua values as JSON text. lua-cjson 2.1 cannot tell `[]` from `{}` and rounds integers beyond 2^53; what is sent to a
--- tenant keeps both.
local json = {}

local array_mt = { __name = "auth0.array" }
local number_mt = { __name = "auth0.number", __tostring = function(number) return number.text end }

--- JSON's null, since nil cannot stand in a table.
json.null = setmetatable({}, { __name = "auth0.json.null", __tostring = function() return "null" end })

--- Other values that stand for null: lua-cjson's is a userdata, and this file knows no C.
json.nulls = { [json.null] = true }

---A number that a double would round, by its digits.
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

local integer_type = rawget(math, "type") -- 5.3 and later

---The digits of an integer, nil for anything else. Integers that a double would round are kept as text.
---@param value any
---@return string|nil digits
function json.digits(value)
    if getmetatable(value) == number_mt then
        return value.text:match("^-?%d+$")
    end
    if integer_type and integer_type(value) == "integer" then
        return ("%d"):format(value)
    elseif type(value) == "number" and value % 1 == 0 and value > -EXACT and value < EXACT then
        return ("%.0f"):format(value)
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
    return json.digits(number) or (("%.17g"):format(number):gsub(",", ".")) -- a locale may write a comma
end

---@param value any
---@return string
function encode(value)
    local kind = type(value)
    if kind == "string" then
        return encode_string(value)
    elseif kind == "number" then
        return encode_number(value)
    elseif json.nulls[value] then
        return "null"
    elseif kind == "boolean" then
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
    if json.nulls[value] then
        return json.null
    elseif kind == "number" and not json.is_finite(value) or depth > COPY_DEPTH
        or kind ~= "number" and kind ~= "string" and kind ~= "boolean" and kind ~= "table" then
        error({ json = depth > COPY_DEPTH and "nested too deeply" or "no JSON for " .. tostring(value) }, 0)
    elseif kind ~= "table" or getmetatable(value) == number_mt then
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

return json
