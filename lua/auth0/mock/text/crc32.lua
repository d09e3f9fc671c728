--- The checksum of gzip.
local floor = math.floor

--- Exclusive or of 32-bit numbers, from whatever this Lua has for it: 5.1 has nothing, and 5.3's operator is no syntax
--- for the others.
local function native_xor()
    for _, name in ipairs { "bit", "bit32" } do
        local good, library = pcall(require, name)
        if good and type(library) == "table" and library.bxor then
            return library.bxor
        end
    end
    local pieces = { "return function(a, b) return a ~ b end" }
    local chunk = load(function() return table.remove(pieces) end)
    return chunk and chunk()
end

local function xor_of_bytes(a, b)
    local result, place = 0, 1
    for _ = 1, 8 do
        if a % 2 ~= b % 2 then
            result = result + place
        end
        a, b, place = floor(a / 2), floor(b / 2), place * 2
    end
    return result
end

--- By a table of all pairs of bytes.
local function arithmetic_xor()
    local known = {}
    for a = 0, 255 do
        for b = 0, 255 do
            known[a * 256 + b] = xor_of_bytes(a, b)
        end
    end
    return function(a, b)
        local result, place = 0, 1
        for _ = 1, 4 do
            result = result + known[(a % 256) * 256 + b % 256] * place
            a, b, place = floor(a / 256), floor(b / 256), place * 256
        end
        return result
    end
end

local function new_entries(xor)
    local entries = {}
    for i = 0, 255 do
        local value = i
        for _ = 1, 8 do
            local half = floor(value / 2)
            value = value % 2 == 1 and xor(half, 0xEDB88320) % 4294967296 or half
        end
        entries[i] = value
    end
    return entries
end

local crc32 = { arithmetic_xor = arithmetic_xor }

---@param xor fun(a: integer, b: integer): integer
---@return fun(text: string): integer
function crc32.new(xor)
    local entries = new_entries(xor)
    return function(text)
        local value = 4294967295
        for i = 1, #text do
            local entry = entries[xor(value % 256, text:byte(i)) % 256]
            value = xor(floor(value / 256), entry) % 4294967296
        end
        return xor(value, 4294967295) % 4294967296
    end
end

local checksum

---@param text string
---@return integer
function crc32.of(text)
    checksum = checksum or crc32.new(native_xor() or arithmetic_xor())
    return checksum(text)
end

return crc32
