--- Permissions that an account has by itself: /api/v2/users/{id}/permissions.
local json = require "auth0.mock.text.json"
local query = require "auth0.mock.text.query"
local registry = require "auth0.mock.model.registry"
local schema = require "auth0.mock.text.schema"
local wire = require "auth0.mock.text.wire"

local permissions = {}

local text = { types = "string", least = 1 }
local properties = { permissions = { types = "array", least = 1, valid = schema.items(
    { resource_server_identifier = text, permission_name = text },
    { "resource_server_identifier", "permission_name" }) } }

local function key_of(permission)
    return permission.resource_server_identifier .. " " .. permission.permission_name
end

---GET /api/v2/users/{id}/permissions
---@param call table
---@return auth0.mock.answer
function permissions.list(call)
    local account, values, refusal = registry.of_account(call, query.pages, "read:users")
    return refusal or query.page(account.permissions or {}, values, "permissions")
end

---POST /api/v2/users/{id}/permissions: 201 without a body. The model knows no APIs, and takes any permission.
---@param call table
---@return auth0.mock.answer
function permissions.add(call)
    local body, account, refusal = registry.asked_of_account(call, properties, "permissions", "update:users")
    if refusal then
        return refusal
    end
    local list, known = json.array({}), {}
    for _, part in ipairs { account.permissions or {}, body.permissions } do
        for _, permission in ipairs(part) do
            list[#list + 1] = not known[key_of(permission)] and permission or nil
            known[key_of(permission)] = true
        end
    end
    call.record:committed(call, { kind = "add_permissions", primary = account.user_id,
        permissions = json.array(body.permissions) })
    call.world.users:change(account, { permissions = list })
    return wire.answer(201)
end

---DELETE /api/v2/users/{id}/permissions: 204; a permission that the account does not have is no mistake (a choice).
---@param call table
---@return auth0.mock.answer
function permissions.remove(call)
    local body, account, refusal = registry.asked_of_account(call, properties, "permissions", "update:users")
    if refusal then
        return refusal
    end
    call.record:committed(call, { kind = "remove_permissions", primary = account.user_id,
        permissions = json.array(body.permissions) })
    call.world.users:change(account,
        { permissions = registry.without(account.permissions, body.permissions, key_of) })
    return wire.answer(204)
end

return permissions
