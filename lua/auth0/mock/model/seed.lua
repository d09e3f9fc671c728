--- Accounts that are made from a table of fields, by a test or by the API.
local connections = require "auth0.mock.model.connections"
local json = require "auth0.mock.text.json"
local shape = require "auth0.mock.model.shape"
local timestamp = require "auth0.mock.text.timestamp"

local seed = {}

local function hexadecimal(random, length)
    local digits = {}
    for i = 1, length do
        digits[i] = ("%x"):format(math.floor(random() * 16))
    end
    return table.concat(digits)
end
seed.hexadecimal = hexadecimal

--- The identity of an account that was given without identities: from provider and user_id, or from the full id alone.
local function main_identity(world, fields)
    local provider, user_id = fields.provider, fields.user_id
    if not provider and type(user_id) == "string" and user_id:find("|", 1, true) then
        provider, user_id = user_id:match("^([^|]*)|(.*)$")
    end
    local named = world.connections.by_name[fields.connection or ""]
    provider = provider or named and named.strategy or "auth0"
    user_id = user_id or hexadecimal(world.random, 24)
    local connection = fields.connection or connections.default_name(provider, shape.id_text(user_id) or "")
    return {
        connection = connection,
        provider = provider,
        user_id = user_id,
        isSocial = connections.is_social(provider),
    }
end

--- What hangs on an account may be named by id alone in a seed.
local function belongings(world, account)
    for _, name in ipairs { "roles", "organizations", "groups", "permissions", "authentication_methods", "scim" } do
        account[name] = account[name] ~= json.null and account[name] or nil
    end
    account.roles = world.roles:named(account.roles)
    account.organizations = world.organizations:named(account.organizations)
    account.groups = world.groups:named(account.groups)
    if account.scim then
        -- The default mapping of inbound SCIM writes the provider's own id here.
        local metadata = shape.copy(account.app_metadata)
        metadata.external_id = metadata.external_id or tostring(account.scim)
        account.app_metadata = metadata
    end
end

---An account from fields, with its identities; they may be incomplete.
---@param world table random, connections
---@param fields table
---@return table account
function seed.account(world, fields)
    local account = shape.copy(fields)
    if json.is_array(fields.identities) and fields.identities[1] then
        account.identities = json.array(shape.copy(fields.identities))
    else
        account.identities = json.array({ main_identity(world, fields) })
    end
    account.provider, account.connection = nil, nil
    return account
end

---Gives an account whose identities are good its id, its dates, and what hangs on it.
---@param world table now, roles, organizations
---@param account table
function seed.complete(world, account)
    local now = timestamp.text(world.now())
    account.user_id = shape.key(account.identities[1])
    account.created_at, account.updated_at = account.created_at or now, account.updated_at or now
    belongings(world, account)
end

return seed
