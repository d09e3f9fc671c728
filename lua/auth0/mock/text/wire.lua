--- What stands on the wire: paths, form bodies, answers.
local json = require "auth0.mock.text.json"

local wire = {}

local function from_hex(digits)
    return string.char(tonumber(digits, 16))
end

---Decodes percent escapes once; what a client encoded twice stays encoded once.
---@param text string
---@return string|nil decoded nil when a percent sign is not followed by two hexadecimal digits
function wire.unescape(text)
    if text:gsub("%%%x%x", ""):find("%", 1, true) then
        return nil
    end
    return (text:gsub("%%(%x%x)", from_hex))
end

---Segments are split before they are decoded, so that an encoded slash stays inside its segment.
---@param path string as it stood in the request line
---@return string[] segments still encoded
function wire.segments(path)
    local list = {}
    for segment in path:gmatch("/([^/]*)") do
        list[#list + 1] = segment
    end
    return list
end

---@param body string application/x-www-form-urlencoded
---@return table<string, string>|nil fields nil when an escape is broken
function wire.form(body)
    local fields = {}
    for pair in body:gmatch("[^&]+") do
        local name, value = pair:match("^([^=]*)=?(.*)$")
        name, value = wire.unescape((name:gsub("%+", " "))), wire.unescape((value:gsub("%+", " ")))
        if not name or not value then
            return nil
        end
        fields[name] = value
    end
    return fields
end

---@class auth0.mock.answer
---@field status integer
---@field headers table<string, string> names in lower case
---@field body string
---@field transport table|nil what the front door does with the connection: see faults.lua

---@param status integer
---@param value any written as JSON; nil for an empty body
---@return auth0.mock.answer
function wire.answer(status, value)
    return {
        status = status,
        headers = { ["content-type"] = "application/json; charset=utf-8" },
        body = value == nil and "" or json.encode(value),
    }
end

return wire
