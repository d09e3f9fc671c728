--- What tenants and arguments say, as a terminal may show it: a name that an attacker chose moves no cursor, hides no
--- word and turns no line around.
local json = require "auth0.json"

local printable = {}

-- Characters that steer a terminal or are not seen: C1, marks and overrides of the direction, line separators, blanks
-- without width, tags.
local hidden = { "\194[\128-\159]", "\194\173", "\216\156", "\225\160\142", "\226\128[\139-\143\168-\174]",
    "\226\129[\160-\175]", "\239\187\191", "\239\191[\185-\187]", "\243\160[\128\129][\128-\191]" }

local function code_of(character)
    local first = character:byte()
    local code = first >= 240 and first - 240 or first >= 224 and first - 224 or first - 192
    for i = 2, #character do code = code * 64 + character:byte(i) - 128 end
    return code
end

local function replaced(text, replacement)
    for _, pattern in ipairs(hidden) do -- a plain byte is found much sooner than a pattern
        if text:find(pattern:sub(1, 1), 1, true) then text = text:gsub(pattern, replacement) end
    end
    return text
end

local function escaped_bytes(bytes)
    return (bytes:gsub(".", function(byte) return ("\\x%02x"):format(byte:byte()) end))
end

local function escaped_character(character)
    return ("\\u{%x}"):format(code_of(character))
end

---@param text string
---@return string of one line: what is hidden, or no UTF-8, as "\u{202e}" or "\x1b"
function printable.line(text)
    if not json.is_utf8(text) then text = text:gsub("[\128-\255]+", escaped_bytes) end
    return (replaced(text:gsub("[%z\1-\31\127]", escaped_bytes), escaped_character))
end

local function escaped_in_json(character)
    local code = code_of(character)
    if code < 65536 then return ("\\u%04x"):format(code) end
    code = code - 65536
    return ("\\u%04x\\u%04x"):format(55296 + math.floor(code / 1024), 56320 + code % 1024)
end

---@param text string JSON
---@return string the same JSON, of one line: what is hidden is written by its code
function printable.json(text)
    if text:find("\127", 1, true) then text = text:gsub("\127", "\\u007f") end
    return replaced(text, escaped_in_json)
end

return printable
