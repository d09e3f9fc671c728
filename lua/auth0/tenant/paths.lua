--- Paths and queries of requests. What is put into them is percent-encoded exactly once.
local json = require "auth0.json"

local paths = {}

---@param text string
---@return string
function paths.escape(text)
    return (text:gsub("[^%w%-._~]", function(character) return ("%%%02X"):format(character:byte()) end))
end

local MOST_LAYERS = 8 -- of percent-encoding; no id is encoded as often

local function decode(text)
    return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- A server may take %2e for a dot, and \ or %2f for a slash; a proxy before it may decode once more; and some take what
-- follows a ; for a part's parameters.
local function climbs(text)
    local plain, layers = decode(text), 1
    while plain ~= text do
        if layers > MOST_LAYERS then return true end
        text, plain, layers = plain, decode(plain), layers + 1
    end
    for part in plain:gmatch("[^/\\]+") do
        local name = part:match "^[^;]*"
        if name == "." or name == ".." then return true end
    end
    return false
end

local function fault_of_text(path)
    if path:sub(1, 1) ~= "/" then return 'begins with "/": "/api/v2/..."' end
    if path:find("[?#]") then return "has no query: give that as query" end
    local escapes = path:gsub("%%%x%x", "")
    if escapes:find("[^%w%-._~!$&'()*+,;=:@/]") then
        return "holds a character that has to be percent-encoded: give the path as an array of its parts"
    end
    if climbs(path) then return 'has a part "." or "..", which would lead elsewhere' end
end

local function of_parts(parts)
    local escaped = {}
    for i = 1, #parts do
        local part = parts[i]
        if type(part) ~= "string" or part == "" then return nil, ("part %d: expected a text"):format(i) end
        if part:find("%c") then return nil, ("part %d: holds a control character"):format(i) end
        if climbs(part) then return nil, ('part %d: has a "." or "..", which would lead elsewhere'):format(i) end
        escaped[i] = paths.escape(part)
    end
    if #parts == 0 then return nil, "is empty" end
    return "/" .. table.concat(escaped, "/")
end

--- The path as it is sent.
---@param path string|string[] encoded, beginning with "/"; or its parts, as they are
---@return string|nil text
---@return string|nil fault
function paths.path(path)
    if type(path) == "table" then return of_parts(path) end
    if type(path) ~= "string" then return nil, ("expected a string or an array of parts, got %s"):format(type(path)) end
    local fault = fault_of_text(path)
    return not fault and path or nil, fault
end

local function text_of(value)
    if type(value) == "boolean" then return tostring(value) end
    if json.is_finite(value) then return json.encode(value) end
    return type(value) == "string" and value or nil
end

--- The query as it is sent, its names in order.
---@param query table<string, string|number|boolean>
---@return string|nil text "?a=b", or ""
---@return string|nil fault
function paths.query(query)
    local pairs_of = {}
    for _, name in ipairs(json.keys(query)) do
        local text = text_of(query[name])
        if type(name) ~= "string" or not text then
            return nil, "expected names with strings, numbers and booleans"
        end
        pairs_of[#pairs_of + 1] = paths.escape(name) .. "=" .. paths.escape(text)
    end
    return #pairs_of > 0 and "?" .. table.concat(pairs_of, "&") or ""
end

return paths
