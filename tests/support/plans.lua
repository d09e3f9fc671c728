--- Plans for the specs of apply, and the accounts that they are about.
local accounts_core = require "auth0_accounts.core"
local json = require "auth0.json"
local process = require "support.process"

local plans = {}

local function account(user)
    local identities, connections = json.array {}, json.array {}
    for i, identity in ipairs(user.identities) do
        identities[i] = identity.provider .. "|" .. tostring(identity.user_id)
        connections[i] = identity.connection
    end
    return { user_id = user.user_id, email = user.email, email_verified = user.email_verified,
        created_at = user.created_at, identities = identities, connections = connections,
        digests = { user_metadata = accounts_core.digest(json.encode(user.user_metadata or {})),
            app_metadata = accounts_core.digest(json.encode(user.app_metadata or {})) } }
end

--- The text of a plan.
---@param domain string
---@param links { group: integer, primary: table, secondary: table }[] accounts as the tenant has them
---@param options? table in place of the usual ones
---@return string
function plans.text(domain, links, options)
    local lines = { json.encode { plan = 1, domain = domain, links = #links, skipped = 0, options = options or
        { proof = "operator", user_metadata = "primary_wins", app_metadata = "discard" } } }
    for i, link in ipairs(links) do
        lines[#lines + 1] = json.encode { line = i, group = link.group, primary = account(link.primary),
            secondary = account(link.secondary), evidence = { folded = link.primary.email:lower() },
            patch = { bytes = 1, sha256 = "" }, lost = json.array {} }
    end
    return table.concat(lines, "\n") .. "\n"
end

--- Accounts in groups that share an address, and the links of their plan.
---@param sizes integer[] of the groups
---@return table[] users to seed, the primary of each group first
---@return fun(made: table<string, table>): table[] links of the accounts as they were made, by id
function plans.groups(sizes)
    local users, links, number = {}, {}, 0
    for group, size in ipairs(sizes) do
        local email = ("person%d@example.com"):format(group)
        local primary = ("auth0|p%d"):format(group)
        users[#users + 1] = { user_id = primary, connection = "Username-Password-Authentication", email = email,
            email_verified = true, user_metadata = { own = group } }
        for _ = 2, size do
            number = number + 1
            local id = ("google-oauth2|10%d"):format(number)
            users[#users + 1] = { user_id = id, connection = "google-oauth2", email = email, email_verified = true,
                user_metadata = { ["key" .. number] = "value", own = -number } }
            links[#links + 1] = { group = group, primary = primary, secondary = id }
        end
    end
    return users, function(made)
        local all = {}
        for i, link in ipairs(links) do
            all[i] = { group = link.group, primary = made[link.primary], secondary = made[link.secondary] }
        end
        return all
    end
end

--- A mock with such groups, and the file of their plan; the caller removes it.
---@param mock auth0.mock.Tenant
---@param sizes integer[]
---@param options? table
---@return string name
---@return string digest
function plans.of_mock(mock, sizes, options)
    local users, links = plans.groups(sizes)
    local made = {}
    for _, user in ipairs(users) do made[user.user_id] = mock:add_user(user) end
    local text = plans.text(mock.domain, links(made), options)
    return process.file(text), accounts_core.sha256(text)
end

return plans
