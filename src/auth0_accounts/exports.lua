--- The tenant's own export, in a file that its user alone can read.
local json = require "auth0.json"
local private_file = require "auth0_accounts.private_file"

local exports = {}

-- What a plan looks at, or counts for the size of a profile.
local FIELDS = { "user_id", "email", "email_verified", "username", "phone_number", "phone_verified", "name",
    "given_name", "family_name", "nickname", "picture", "created_at", "updated_at", "last_login", "logins_count",
    "blocked", "multifactor", "identities", "user_metadata", "app_metadata" }

local function remove_tokens(user)
    for _, identity in ipairs(json.is_array(user.identities) and user.identities or {}) do
        if json.is_object(identity) then
            identity.access_token, identity.access_token_secret, identity.refresh_token = nil, nil, nil
        end
    end
end

local function write_rows(tenant, file, correlation_id)
    for user in tenant:export { fields = FIELDS, correlation_id = correlation_id } do
        if json.is_object(user) then remove_tokens(user) end
        file:write(json.encode(user) .. "\n")
    end
    file:finish()
end

local function temporary_name()
    local name = os.tmpname()
    os.remove(name)
    return name
end

--- Exports all accounts into a file, and does something with it. Without a name, it is a temporary file, which is
--- removed then.
---@generic T
---@param tenant auth0.Tenant
---@param path string|nil
---@param correlation_id string|nil
---@param use fun(path: string): T
---@return T
function exports.with(tenant, path, correlation_id, use)
    local file = private_file.create(path or temporary_name())
    local good, fault = pcall(write_rows, tenant, file, correlation_id)
    if not good then file:abandon() end
    if not good then error(fault, 0) end
    if path then return use(path) end
    local results = { pcall(use, file.path) }
    os.remove(file.path)
    if not results[1] then error(results[2], 0) end
    return results[2], results[3]
end

return exports
