--- Organizations and their members: /api/v2/users/{id}/organizations, /api/v2/organizations/{id}/members.
local errors = require "auth0.mock.text.errors"
local json = require "auth0.mock.text.json"
local query = require "auth0.mock.text.query"
local registry = require "auth0.mock.model.registry"
local schema = require "auth0.mock.text.schema"
local wire = require "auth0.mock.text.wire"

local memberships = {}

---@class auth0.mock.organization
---@field id string "org_..."
---@field name string|nil
---@field display_name string|nil

---@return table registry
function memberships.new()
    return registry.new(function(organization)
        local name = organization.name or organization.id
        return { id = organization.id, name = name, display_name = organization.display_name or name }
    end)
end

local properties = { members = { types = "array", least = 1, valid = schema.strings } }

---GET /api/v2/users/{id}/organizations
---@param call table
---@return auth0.mock.answer
function memberships.list(call)
    local account, values, refusal = registry.of_account(call, query.pages, "read:organizations")
    return refusal or query.page(call.world.organizations:all(account.organizations), values, "organizations")
end

-- The accounts that a request names, once its organization is there.
local function asked(call, scope)
    local body, refusal = registry.asked(call, properties, "members", scope)
    if not refusal and not call.world.organizations.by_id[call.params.organization] then
        refusal = errors.answer("no_organization")
    end
    return body and body.members, refusal
end

local function commit(call, id, account)
    call.record:committed(call, { kind = "add_member", primary = account.user_id, organization = id })
    call.world.users:change(account, { organizations = registry.joined(account.organizations, { id }) })
end

---POST /api/v2/organizations/{id}/members: 204; all accounts, or none when one of them is not there.
---@param call table
---@return auth0.mock.answer
function memberships.add(call)
    local members, refusal = asked(call, "create:organization_members")
    if refusal then
        return refusal
    end
    local world, id = call.world, call.params.organization
    local accounts = json.array({})
    for i, member in ipairs(members) do
        accounts[i] = world.users:find(member)
        if not accounts[i] then
            return errors.answer("inexistent_user")
        end
    end
    for _, account in ipairs(accounts) do
        commit(call, id, account)
    end
    return wire.answer(204)
end

---DELETE /api/v2/organizations/{id}/members: 204; an account that is no member, or is not there, is no mistake (a
---choice).
---@param call table
---@return auth0.mock.answer
function memberships.remove(call)
    local members, refusal = asked(call, "delete:organization_members")
    if refusal then
        return refusal
    end
    local world, id = call.world, call.params.organization
    for _, member in ipairs(members) do
        local account = world.users:find(member)
        if account then
            call.record:committed(call, { kind = "remove_member", primary = account.user_id, organization = id })
            world.users:change(account, { organizations = registry.without(account.organizations, { id }) })
        end
    end
    return wire.answer(204)
end

return memberships
