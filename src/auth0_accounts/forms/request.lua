--- What the forms of a request have in common.
local printable = require "auth0_accounts.printable"

local request = {}

---@class auth0_accounts.Parts
---@field host string with its port, if it has one
---@field path string encoded
---@field headers string[][] names and values, sorted; without the token
---@field body string JSON as a terminal may show it; empty if there is none

---@param recorded auth0.Request
---@return auth0_accounts.Parts
function request.parts(recorded)
    local host, path = recorded.url:match "^https://([^/]*)(/.*)$"
    local headers = {}
    for name, value in pairs(recorded.headers) do headers[#headers + 1] = { name, value } end
    table.sort(headers, function(a, b) return a[1] < b[1] end)
    return { host = host, path = path, headers = headers, body = printable.json(recorded.body) }
end

--- What a form makes of each of some requests, as one text.
---@param form fun(recorded: auth0.Request, way: auth0_accounts.Settings): string
---@param separator? string
---@return fun(requests: auth0.Request[], way: auth0_accounts.Settings): string
function request.each(form, separator)
    return function(requests, way)
        local texts = {}
        for i, recorded in ipairs(requests) do texts[i] = form(recorded, way) end
        return table.concat(texts, separator)
    end
end

--- As one word of a POSIX shell, which takes nothing in it for more than text.
---@param text string
---@return string
function request.quoted(text)
    return "'" .. text:gsub("'", "'\\''") .. "'"
end

return request
