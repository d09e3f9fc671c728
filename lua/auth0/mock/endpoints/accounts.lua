--- Accounts: POST /api/v2/users; GET and DELETE /api/v2/users/{id}.
local errors = require "auth0.mock.text.errors"
local query = require "auth0.mock.text.query"
local schema = require "auth0.mock.text.schema"
local tokens = require "auth0.mock.model.tokens"
local user_fields = require "auth0.mock.endpoints.user_fields"
local user_view = require "auth0.mock.model.user_view"
local wire = require "auth0.mock.text.wire"

local accounts = {}

local read_rule = { any = "read:users", own = "read:current_user" }
local create_rule = { any = "create:users" }
local delete_rule = { any = "delete:users", own = "delete:current_user" }

local properties = user_fields.rules("string")
properties.user_id = { types = "string", most = 255, pattern = "^%S*$", says = "^\\S*$" }

--- Asked for, never shown.
local unseen = { connection = true, password = true, verify_email = true, user_id = true }

--- Accounts are made by the API only where the tenant itself keeps the credentials.
local creatable = { auth0 = true, email = true, sms = true }

local function fields_of(body, connection)
    local fields = {}
    for name, value in pairs(body) do
        if not unseen[name] then
            fields[name] = value
        end
    end
    fields.connection, fields.provider = connection.name, connection.strategy
    fields.user_id = body.user_id ~= "" and body.user_id or nil
    fields.email = body.email and body.email:lower()
    fields.name = body.name or fields.email or body.phone_number
    fields.nickname = body.nickname or (fields.email and fields.email:match("^[^@]*"))
    if fields.email and fields.email_verified == nil then
        fields.email_verified = false
    end
    return fields
end

local function has_email(world, connection, email)
    for _, account in ipairs(world.users.addresses:of(email)) do
        if account.identities[1].connection == connection.name then
            return true
        end
    end
    return false
end

---POST /api/v2/users
---@param call table
---@return auth0.mock.answer
function accounts.create(call)
    local world = call.world
    local reach, refusal = tokens.reach(call.caller, create_rule)
    if not reach then
        return refusal
    end
    local body
    body, refusal = schema.body(call.request, properties, { required = { "connection" } })
    if not body then
        return refusal
    end
    local connection = world.connections.by_name[body.connection]
    if not connection or not creatable[connection.strategy] then
        return errors.answer("inexistent_connection")
    end
    local fields = fields_of(body, connection)
    if fields.email and has_email(world, connection, fields.email) then
        return errors.answer("user_exists")
    elseif user_view.is_too_large(world, { identities = {} }, fields) then
        return errors.answer("profile_too_large")
    end
    local account = world.users:add(fields)
    if not account then
        return errors.answer("user_exists")
    end
    call.record:committed(call, { kind = "create", primary = account.user_id })
    return wire.answer(201, user_view.account(account, {}))
end

---GET /api/v2/users/{id}
---@param call table
---@return auth0.mock.answer
function accounts.read(call)
    local _, refusal = tokens.reach(call.caller, read_rule, call.params.id)
    local values
    if not refusal then
        values, refusal = query.read(call.request, query.fields)
    end
    if refusal then
        return refusal
    end
    local account = call.world.users:find(call.params.id)
    if not account then
        return errors.answer("inexistent_user")
    end
    return wire.answer(200, query.pick(user_view.account(account, user_view.show(call)), values))
end

---DELETE /api/v2/users/{id}: 204 whether or not the account is there; its secondaries go with it.
---@param call table
---@return auth0.mock.answer
function accounts.delete(call)
    local reach, refusal = tokens.reach(call.caller, delete_rule, call.params.id)
    if not reach then
        return refusal
    end
    local account = call.world.users:find(call.params.id)
    if account then
        call.record:committed(call, { kind = "delete", primary = account.user_id })
        call.world.users:remove(account)
    end
    return wire.answer(204)
end

return accounts
