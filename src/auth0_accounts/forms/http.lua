--- The message of HTTP/1.1, with line feeds alone: to read, or for an editor that sends such files,
--- where a line of three # is between two.
local request = require "auth0_accounts.forms.request"

local http = {}

local function text_of(recorded)
    local parts = request.parts(recorded)
    local lines = { ("%s %s HTTP/1.1"):format(recorded.method, parts.path), "host: " .. parts.host,
        "authorization: Bearer $AUTH0_TOKEN" }
    for _, header in ipairs(parts.headers) do lines[#lines + 1] = header[1] .. ": " .. header[2] end
    if parts.body ~= "" then lines[#lines + 1] = "content-length: " .. #parts.body end
    return table.concat(lines, "\n") .. "\n\n" .. (parts.body ~= "" and parts.body .. "\n" or "")
end

---@param requests auth0.Request[]
---@return string
http.of = request.each(text_of, "\n###\n\n")

return http
