--- GET /api/v2/connections.
local connections = require "auth0.mock.model.connections"
local json = require "auth0.mock.text.json"
local query = require "auth0.mock.text.query"
local registry = require "auth0.mock.model.registry"

local connection_list = {}

local rules = query.rules(query.pages, query.fields, query.checkpoints, {
    name = { kind = "text" }, strategy = { kind = "list", known = connections.is_strategy },
    per_page = { kind = "integer", minimum = 1, maximum = 100 },
})

local function has(list, wanted)
    for _, entry in ipairs(list) do
        if entry == wanted then
            return true
        end
    end
    return false
end

local function view(connection)
    return { id = connection.id, name = connection.name, strategy = connection.strategy,
        realms = json.array({ connection.name }), options = {}, is_domain_connection = false }
end

--- The connections that were asked for, by name.
local function chosen(world, values)
    local list = {}
    for name, connection in pairs(world.connections.by_name) do
        if (not values.name or values.name == name)
            and (not values.strategy or has(values.strategy, connection.strategy)) then
            list[#list + 1] = view(connection)
        end
    end
    table.sort(list, function(a, b) return a.name < b.name end)
    return list
end

---@param call table
---@return auth0.mock.answer
function connection_list.list(call)
    local values, refusal = registry.of_tenant(call, rules, "read:connections")
    if refusal then
        return refusal
    end
    local list = chosen(call.world, values)
    if values.from or values.take then
        return query.checkpoint(list, values, "connections")
    end
    values.per_page = values.per_page or 100
    return query.page(list, values, "connections")
end

return connection_list
