--- A command for a POSIX shell. The token is a variable of the shell's.
local request = require "auth0_accounts.forms.request"

local curl = {}

local function text_of(recorded, way)
    local parts = request.parts(recorded)
    local url = request.quoted(recorded.url)
    local lines = { ("curl --globoff --path-as-is --request %s %s"):format(recorded.method, url),
        '--header "Authorization: Bearer $AUTH0_TOKEN"' }
    if way.ca_file then lines[#lines + 1] = "--cacert " .. request.quoted(way.ca_file) end
    for _, entry in ipairs(way.resolve or {}) do lines[#lines + 1] = "--resolve " .. request.quoted(entry) end
    for _, header in ipairs(parts.headers) do
        lines[#lines + 1] = "--header " .. request.quoted(header[1] .. ": " .. header[2])
    end
    if parts.body ~= "" then lines[#lines + 1] = "--data-raw " .. request.quoted(parts.body) end
    return table.concat(lines, " \\\n    ") .. "\n"
end

---@param requests auth0.Request[]
---@param way auth0_accounts.Settings how the tenant is reached
---@return string
curl.of = request.each(text_of)

return curl
