--- Base64 with the alphabet for URLs and without padding, as the parts of a JWT are written.
local base64url = {}

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

local floor = math.floor

local function digit(number)
    number = number % 64 + 1
    return ALPHABET:sub(number, number)
end

local function group(bytes)
    local a, b, c = bytes:byte(1, 3)
    local number = a * 65536 + (b or 0) * 256 + (c or 0)
    local digits = digit(floor(number / 262144)) .. digit(floor(number / 4096)) .. digit(floor(number / 64))
        .. digit(number)
    return digits:sub(1, #bytes + 1)
end

---@param text string
---@return string
function base64url.encode(text)
    return (text:gsub("..?.?", group))
end

return base64url
