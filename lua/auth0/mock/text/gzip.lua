--- The gzip format around a text. Compressing is handed in; without it the text is stored as it is, which every reader
--- of gzip reads.
local crc32 = require "auth0.mock.text.crc32"

local gzip = {}

local floor = math.floor

local function little_endian(value, bytes)
    local parts = {}
    for i = 1, bytes do
        parts[i], value = string.char(value % 256), floor(value / 256)
    end
    return table.concat(parts)
end

--- DEFLATE's stored blocks, of at most 65535 bytes each.
local function stored(text)
    local parts, at = {}, 1
    repeat
        local block = text:sub(at, at + 65534)
        at = at + 65535
        parts[#parts + 1] = (at > #text and "\1" or "\0") .. little_endian(#block, 2)
            .. little_endian(65535 - #block, 2) .. block
    until at > #text
    return table.concat(parts)
end

---@param text string
---@param deflate (fun(text: string): string)|nil
---@return string
function gzip.pack(text, deflate)
    return "\31\139\8\0\0\0\0\0\0\255" .. (deflate or stored)(text) .. little_endian(crc32.of(text), 4)
        .. little_endian(#text % 4294967296, 4)
end

return gzip
