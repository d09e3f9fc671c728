--- GET /api/v2/connections.
local connections = require "auth0.mock.model.connections"
local json = require "auth0.mock.text.json"
local query = require "auth0.mock.text.query"
local tokens = require "auth0.mock.model.tokens"
local wire = require "auth0.mock.text.wire"

local connection_list = {}

local rules = query.rules(query.pages, query.fields, {
    name = { kind = "text" }, strategy = { kind = "list", known = connections.is_strategy },
    per_page = { kind = "integer", minimum = 1, maximum = 100 },
    from = { kind = "text" }, take = { kind = "integer", minimum = 1, maximum = 100 },
})

local function has(list, wanted)
    for _, entry in ipairs(list) do
        if entry == wanted then
            return true
        end
    end
    return false
end

--- The connections that were asked for, in order of `key`.
local function chosen(world, values, key)
    local list = {}
    for name, connection in pairs(world.connections.by_name) do
        if (not values.name or values.name == name)
            and (not values.strategy or has(values.strategy, connection.strategy)) then
            list[#list + 1] = connection
        end
    end
    table.sort(list, function(a, b) return a[key] < b[key] end)
    return list
end

local function view(connection, values)
    return query.pick({ id = connection.id, name = connection.name, strategy = connection.strategy,
        realms = json.array({ connection.name }), options = {}, is_domain_connection = false }, values)
end

--- Paging by checkpoint: `from` is the id of the first that is shown, `next` of the first that is not.
local function after_checkpoint(world, values)
    local shown, next_id = json.array({}), nil
    for _, connection in ipairs(chosen(world, values, "id")) do
        if connection.id >= (values.from or "") then
            if #shown == (values.take or 50) then
                next_id = connection.id
                break
            end
            shown[#shown + 1] = view(connection, values)
        end
    end
    return wire.answer(200, { connections = shown, next = next_id })
end

---@param call table
---@return auth0.mock.answer
function connection_list.list(call)
    local refusal = tokens.need(call.caller, "read:connections")
    local values
    if not refusal then
        values, refusal = query.read(call.request, rules)
    end
    if refusal then
        return refusal
    elseif values.from or values.take then
        return after_checkpoint(call.world, values)
    end
    local list = json.array({})
    for i, connection in ipairs(chosen(call.world, values, "name")) do
        list[i] = view(connection, values)
    end
    values.per_page = values.per_page or 100
    return query.page(list, values, "connections")
end

return connection_list
