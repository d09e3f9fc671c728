--- A command of Auth0's own CLI, which knows the tenant's token.
local request = require "auth0_accounts.forms.request"

local auth0_cli = {}

local function text_of(recorded)
    local parts = request.parts(recorded)
    local words = { "auth0 api", recorded.method:lower(), request.quoted((parts.path:gsub("^/api/v2/", ""))),
        "--tenant", request.quoted(parts.host) }
    if recorded.method == "DELETE" then words[#words + 1] = "--force" end -- else it asks
    if parts.body ~= "" then words[#words + 1] = "--data " .. request.quoted(parts.body) end
    return table.concat(words, " ") .. "\n"
end

---@param requests auth0.Request[]
---@return string
auth0_cli.of = request.each(text_of)

return auth0_cli
