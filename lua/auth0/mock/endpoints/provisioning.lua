--- Where a connection's accounts come from: GET below /api/v2/connections/{connection}. A connection that nothing
--- provisions has neither configuration: 404.
local errors = require "auth0.mock.text.errors"
local json = require "auth0.mock.text.json"
local timestamp = require "auth0.mock.text.timestamp"
local tokens = require "auth0.mock.model.tokens"
local wire = require "auth0.mock.text.wire"

local provisioning = {}

--- What both configurations show.
local function view(call, connection, mapping)
    return { connection_id = connection.id, connection_name = connection.name, strategy = connection.strategy,
        mapping = json.array({ mapping }), created_at = timestamp.text(call.world.now()) }
end

local function read(call, kind, scope)
    local refusal = tokens.need(call.caller, scope)
    if refusal then
        return nil, refusal
    end
    local connection = call.world.connections.by_id[call.params.connection]
    if not connection then
        return nil, errors.answer("no_connection")
    elseif not connection[kind] then
        return nil, errors.answer("not_provisioned")
    end
    return connection
end

---GET /api/v2/connections/{connection}/scim-configuration
---@param call table
---@return auth0.mock.answer
function provisioning.scim(call)
    local connection, refusal = read(call, "scim", "read:scim_config")
    if not connection then
        return refusal
    end
    local shown = view(call, connection, { auth0 = "app_metadata.external_id", scim = "externalId" })
    shown.tenant_name, shown.user_id_attribute = call.world.issuer:match("^https://([^./:]+)"), "externalId"
    shown.updated_on = shown.created_at
    return wire.answer(200, shown)
end

---GET /api/v2/connections/{connection}/directory-provisioning
---@param call table
---@return auth0.mock.answer
function provisioning.directory(call)
    local connection, refusal = read(call, "directory", "read:directory_provisionings")
    if not connection then
        return refusal
    end
    local shown = view(call, connection, { auth0 = "email", idp = "primaryEmail" })
    shown.synchronize_automatically, shown.synchronize_groups = true, "off"
    shown.updated_at = shown.created_at
    return wire.answer(200, shown)
end

return provisioning
