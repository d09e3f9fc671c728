--- A collection, in the format v2.1, which Postman imports. The token is the collection's variable
--- auth0_token.
local json = require "auth0.json"
local request = require "auth0_accounts.forms.request"
local stop = require "auth0_accounts.stop"

local postman = {}

local SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

-- Postman would put a variable's value in the place of "{{name}}", the token above all, wherever an id holds that.
local function without_variables(body)
    return (body:gsub("{{+", function(braces) return ("\\u007b"):rep(#braces - 1) .. "{" end))
end

local function split(text, separator)
    local parts = {}
    for part in text:gmatch("[^" .. separator .. "]+") do parts[#parts + 1] = part end
    return json.array(parts)
end

local function url_of(recorded, parts)
    local host, port = parts.host:match "^(.-):?(%d*)$"
    return { raw = recorded.url, protocol = "https", host = split(host, "."), port = port ~= "" and port or nil,
        path = split(parts.path, "/") }
end

local function item_of(recorded)
    local parts = request.parts(recorded)
    local headers = { { key = "authorization", value = "Bearer {{auth0_token}}" } }
    for _, header in ipairs(parts.headers) do
        if header[2]:find("{{", 1, true) then
            stop.raise(stop.USAGE, '%s holds "{{", which Postman takes for a variable: it has no other form for it',
                header[1])
        end
        headers[#headers + 1] = { key = header[1], value = header[2] }
    end
    local item = { name = recorded.method .. " " .. parts.path, request = { method = recorded.method,
        header = json.array(headers), url = url_of(recorded, parts) } }
    if parts.body ~= "" then
        item.request.body = { mode = "raw", raw = without_variables(parts.body),
            options = { raw = { language = "json" } } }
    end
    return item
end

---@param requests auth0.Request[]
---@return string
function postman.of(requests)
    local items = {}
    for i, recorded in ipairs(requests) do items[i] = item_of(recorded) end
    return json.encode { info = { name = "auth0-accounts", schema = SCHEMA }, item = json.array(items),
        variable = json.array { { key = "auth0_token", value = "", type = "string" } } } .. "\n"
end

return postman
