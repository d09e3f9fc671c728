--- Groups of an account: GET /api/v2/users/{id}/groups. They come from a directory: the API writes no membership.
local query = require "auth0.mock.text.query"
local registry = require "auth0.mock.model.registry"

local groups = {}

---@class auth0.mock.group
---@field id string "grp_..."
---@field name string|nil
---@field description string|nil

---@return table registry
function groups.new()
    return registry.new(function(group)
        return { id = group.id, name = group.name or group.id, description = group.description }
    end)
end

local rules = query.rules(query.pages, query.fields, query.checkpoints)

---GET /api/v2/users/{id}/groups: an array; with `from` or `take` an object that names the next one.
---@param call table
---@return auth0.mock.answer
function groups.list(call)
    local account, values, refusal = registry.of_account(call, rules, "read:groups")
    if refusal then
        return refusal
    end
    local list = call.world.groups:all(account.groups)
    if values.from or values.take then
        return query.checkpoint(list, values, "groups")
    end
    return query.page(list, values, "groups")
end

return groups
