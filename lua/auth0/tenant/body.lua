--- Bodies of requests: a Lua table, or JSON text of the caller's.
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
    local good, text = pcall(json.encode, value)
    if not good then return nil, "cannot be sent: " .. text end
    return text
end

return body
