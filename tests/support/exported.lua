--- Exports for the specs of plan and audit: accounts as the tenant's export has them, in files that are removed at the
--- end of a spec.
local command = require "support.command"
local json = require "auth0.json"
local process = require "support.process"
local tenant = require "support.tenant"

local exported = {}

local names = {}

--- A name in a folder of the specs' own, where nothing is.
---@return string
function exported.name()
    local name = command.new_name()
    names[#names + 1] = name
    return name
end

--- The files beside a name that begin with it.
---@param name string
---@return string listing
function exported.beside(name)
    return (tenant.run("ls " .. process.quoted(name) .. "* 2>/dev/null"))
end

--- To be called after each spec.
function exported.remove()
    for _, name in ipairs(names) do tenant.run("rm -f " .. process.quoted(name) .. "*") end
    names = {}
end

local strategies = { auth0 = "Users" }

--- An account with a verified address that nothing stands against but the trust in its connection.
---@param id string full
---@param more? table members in place of the usual ones; `false` takes one out
---@return table
function exported.account(id, more)
    local provider, own = id:match "^([^|]*)|(.*)$"
    local account = { user_id = id, email = "ann@example.com", email_verified = true,
        created_at = "2020-01-01T00:00:00.000Z", logins_count = 1, identities = json.array { { provider = provider,
            user_id = own, connection = strategies[provider] or provider, isSocial = provider ~= "auth0" } } }
    for name, value in pairs(more or {}) do account[name] = value end
    for name, value in pairs(more or {}) do
        if value == false and name ~= "email_verified" and name ~= "blocked" then account[name] = nil end
    end
    return account
end

--- The text of an export.
---@param accounts (table|string)[] a string stands for itself
---@return string
function exported.text(accounts)
    local lines = {}
    for i, account in ipairs(accounts) do
        lines[i] = (type(account) == "string" and account or json.encode(account)) .. "\n"
    end
    return table.concat(lines)
end

--- Writes an export.
---@param accounts (table|string)[]
---@return string name
function exported.file(accounts)
    local name = process.file(exported.text(accounts))
    names[#names + 1] = name
    return name
end

return exported
