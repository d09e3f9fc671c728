--- Ending what runs: POST /api/v2/users/{id}/revoke-access, POST /api/v2/tickets/password-change.
local errors = require "auth0.mock.text.errors"
local schema = require "auth0.mock.text.schema"
local shape = require "auth0.mock.model.shape"
local tokens = require "auth0.mock.model.tokens"
local users = require "auth0.mock.model.users"
local wire = require "auth0.mock.text.wire"

local access = {}

local text = { types = "string", least = 1 }
local flag = { types = "boolean" }

local revoke_properties = { session_id = text, preserve_refresh_tokens = flag }

-- Of a linked identity's password.
local check_identities = schema.items({ user_id = text, provider = text, connection_id = text },
    { "user_id", "provider" })

local ticket_properties = {
    identity = { types = "object", valid = function(identity) return check_identities { identity } end },
    user_id = text, email = text, connection_id = text, new_password = text, result_url = text, client_id = text,
    organization_id = text, ttl_sec = { types = "integer", minimum = 0 },
    mark_email_as_verified = flag, includeEmailInRedirect = flag,
}

--- A body that may be left out.
local function read_body(call, rules, refusal)
    if refusal then
        return nil, refusal
    elseif (call.request.body or "") == "" then
        return {}
    end
    return schema.body(call.request, rules, { may_be_empty = true })
end

---POST /api/v2/users/{id}/revoke-access: 202. The model keeps no sessions; the record says that it was asked for.
---@param call table
---@return auth0.mock.answer
function access.revoke(call)
    local body, refusal = read_body(call, revoke_properties,
        tokens.need(call.caller, "delete:sessions", "delete:refresh_tokens"))
    if not body then
        return refusal
    end
    local account = call.world.users:find(call.params.id)
    if not account then
        return errors.answer("inexistent_user")
    end
    call.record:committed(call, { kind = "revoke_access", primary = account.user_id, session_id = body.session_id,
        preserve_refresh_tokens = body.preserve_refresh_tokens })
    return wire.answer(202)
end

local function find(world, body)
    if body.user_id then
        return world.users:find(body.user_id)
    end
    local connection = world.connections.by_id[body.connection_id or ""]
    for _, account in ipairs(connection and world.users.addresses:of(body.email or "") or {}) do
        if account.identities[1].connection == connection.name then
            return account
        end
    end
end

--- The identity whose password it is: the account's own, unless the body names another.
local function find_identity(account, wanted)
    if not wanted then
        return account.identities[1]
    end
    for _, identity in ipairs(account.identities) do
        if identity.provider == wanted.provider and shape.id_text(identity.user_id) == wanted.user_id then
            return identity
        end
    end
end

---POST /api/v2/tickets/password-change: 201 with the link that the user is to be sent.
---@param call table
---@return auth0.mock.answer
function access.password_ticket(call)
    local body, refusal = read_body(call, ticket_properties, tokens.need(call.caller, "create:user_tickets"))
    if not body then
        return refusal
    elseif not body.user_id and (body.identity or not (body.email and body.connection_id)) then
        return errors.answer("invalid_body",
            "Payload validation error: 'Missing required property: user_id, or email and connection_id'.")
    end
    local account = find(call.world, body)
    if not account then
        return errors.answer("inexistent_user")
    end
    local identity = find_identity(account, body.identity)
    if not identity or identity.provider ~= "auth0" then
        return errors.answer("no_password")
    end
    call.record:committed(call, { kind = "password_ticket", primary = account.user_id, provider = identity.provider,
        user_id = shape.id_text(identity.user_id) })
    return wire.answer(201, { ticket = ("%slo/reset?ticket=%s#"):format(call.world.issuer,
        users.hexadecimal(call.world.random, 32)) })
end

return access
