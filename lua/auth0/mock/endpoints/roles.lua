--- Roles, and who has which: /api/v2/users/{id}/roles.
local errors = require "auth0.mock.text.errors"
local json = require "auth0.mock.text.json"
local query = require "auth0.mock.text.query"
local registry = require "auth0.mock.model.registry"
local schema = require "auth0.mock.text.schema"
local wire = require "auth0.mock.text.wire"

local roles = {}

---@class auth0.mock.role
---@field id string "rol_..."
---@field name string|nil
---@field description string|nil

---@return table registry
function roles.new()
    return registry.new(function(role)
        return { id = role.id, name = role.name or role.id, description = role.description or "" }
    end)
end

local properties = { roles = { types = "array", least = 1, valid = schema.strings } }

---GET /api/v2/users/{id}/roles
---@param call table
---@return auth0.mock.answer
function roles.list(call)
    local account, values, refusal = registry.of_account(call, query.pages, "read:users", "read:roles")
    return refusal or query.page(call.world.roles:all(account.roles), values, "roles")
end

---POST /api/v2/users/{id}/roles: 204; a role that the account has already is no mistake.
---@param call table
---@return auth0.mock.answer
function roles.add(call)
    local body, account, refusal = registry.asked_of_account(call, properties, "roles", "update:users",
        "create:role_members")
    if refusal then
        return refusal
    end
    for _, id in ipairs(body.roles) do
        if not call.world.roles.by_id[id] then
            return errors.answer("no_role")
        end
    end
    call.record:committed(call, { kind = "add_roles", primary = account.user_id, roles = json.array(body.roles) })
    call.world.users:change(account, { roles = registry.joined(account.roles, body.roles) })
    return wire.answer(204)
end

---DELETE /api/v2/users/{id}/roles: 204; a role that the account does not have is no mistake (a choice).
---@param call table
---@return auth0.mock.answer
function roles.remove(call)
    local body, account, refusal = registry.asked_of_account(call, properties, "roles", "update:users",
        "delete:role_members")
    if refusal then
        return refusal
    end
    call.record:committed(call, { kind = "remove_roles", primary = account.user_id, roles = json.array(body.roles) })
    call.world.users:change(account, { roles = registry.without(account.roles, body.roles) })
    return wire.answer(204)
end

return roles
