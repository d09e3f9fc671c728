--- Bodies of requests: a Lua table, or JSON that somebody wrote.
local json = require "auth0.json"

local body = {}

--- The body as it is sent.
---@param value table|string a table; or JSON as text, which is sent as it is
---@return string|nil text
---@return string|nil fault
function body.text(value)
    if type(value) == "string" then
        if value == "" then return nil, "is empty: leave it out instead" end
        return value
    end
    if type(value) ~= "table" then
        return nil, ("expected a table or JSON as a string, got a %s"):format(type(value))
    end
    local copy, fault = json.copy(value)
    if copy == nil then return nil, "cannot be written as JSON: " .. fault end
    local text = json.encode(copy)
    if not json.is_utf8(text) then return nil, "holds text that is not UTF-8" end
    return text
end

return body
