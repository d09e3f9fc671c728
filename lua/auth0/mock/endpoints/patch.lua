--- PATCH /api/v2/users/{id}.
local errors = require "auth0.mock.text.errors"
local json = require "auth0.mock.text.json"
local metadata = require "auth0.mock.model.metadata"
local schema = require "auth0.mock.text.schema"
local shape = require "auth0.mock.model.shape"
local timestamp = require "auth0.mock.text.timestamp"
local user_fields = require "auth0.mock.endpoints.user_fields"
local user_view = require "auth0.mock.model.user_view"
local wire = require "auth0.mock.text.wire"

local patch = {}

local properties = user_fields.rules("string null")
properties.verify_phone_number, properties.client_id = { types = "boolean" }, { types = "string", least = 1 }

--- What belongs to an identity, and not to the account: `connection` says to which one. The identity provider owns it,
--- unless that is the tenant itself.
local of_identity = { "email", "email_verified", "family_name", "given_name", "name", "nickname", "phone_number",
    "phone_verified", "picture", "username" }
local own_store = { auth0 = true, email = true, sms = true }

--- The published rule of the scopes: one writes all, one app_metadata, one the own user_metadata.
local narrow = {
    { scope = "update:users_app_metadata", writes = "app_metadata" },
    { scope = "update:current_user_metadata", writes = "user_metadata", is_own = true },
}

local function names(body)
    local list = {}
    for name in pairs(body) do
        list[#list + 1] = properties[name] and name or nil
    end
    table.sort(list)
    return json.array(list)
end

---@return auth0.mock.answer|nil refusal
local function allow(call, body)
    local caller, other = call.caller, false
    if caller.scopes["update:users"] then
        return nil
    end
    for _, entry in ipairs(narrow) do
        local list = names(body)
        if caller.scopes[entry.scope] and #list == 1 and list[1] == entry.writes then
            if not entry.is_own or caller.claims.sub == call.params.id then
                return nil
            end
            other = true
        end
    end
    if other then
        return errors.answer("other_subject")
    end
    return errors.answer("insufficient_scope",
        "update:users, update:users_app_metadata, update:current_user_metadata")
end

--- The identity that a change is for: the main one, or the one of the connection that is named.
local function target(account, body)
    if not body.connection then
        return 1
    end
    for position, identity in ipairs(account.identities) do
        if identity.connection == body.connection then
            return position
        end
    end
end

local function sorted_of_identity(body)
    local list = {}
    for _, name in ipairs(of_identity) do
        list[#list + 1] = body[name] ~= nil and name or nil
    end
    return list
end

local function email_is_taken(world, account, connection, email)
    for _, other in ipairs(world.users.addresses:of(email)) do
        if other ~= account and other.identities[1].connection == connection then
            return true
        end
    end
    return false
end

---@return auth0.mock.answer|nil refusal
local function check(world, account, body, position)
    local identity, written = account.identities[position or 0], sorted_of_identity(body)
    if not identity then
        return errors.answer("inexistent_connection")
    elseif (written[1] or body.password) and not own_store[identity.provider] then
        return errors.answer("not_updatable", body.password and "password" or table.concat(written, ", "),
            identity.connection)
    elseif body.password and (body.email or body.username) then
        return errors.answer("invalid_body", ("Cannot update password and %s simultaneously"):format(
            body.email and "email" or "username"))
    elseif type(body.email) == "string"
        and email_is_taken(world, account, identity.connection, body.email:lower()) then
        return errors.answer("email_exists")
    end
end

local function set_identity(fields, account, body, position, written)
    local values = {}
    for _, name in ipairs(written) do
        values[name] = body[name]
    end
    if type(values.email) == "string" then
        values.email = values.email:lower()
        -- Who proved the old address has not proved the new one.
        values.email_verified = body.email_verified or false
    end
    if position == 1 then
        for name, value in pairs(values) do
            fields[name] = value
        end
        return
    end
    local identity = shape.copy(account.identities[position])
    identity.profileData = metadata.merge(identity.profileData, values)
    fields.identities = json.array(shape.copy(account.identities))
    fields.identities[position] = identity
end

local function fields_of(world, account, body, position)
    local fields, written = {}, sorted_of_identity(body)
    if written[1] then
        set_identity(fields, account, body, position, written)
    end
    for _, name in ipairs { "user_metadata", "app_metadata" } do
        fields[name] = body[name] and metadata.merge(account[name], body[name])
    end
    fields.blocked = body.blocked
    fields.last_password_reset = body.password and timestamp.text(world.now()) or nil
    return fields
end

---@param call table
---@return auth0.mock.answer
function patch.update(call)
    local body, refusal = schema.body(call.request, properties, { is_open = true, may_be_empty = true })
    if body and body.password == json.null then
        body.password = nil
    end
    refusal = refusal or allow(call, body)
    if refusal then
        return refusal
    end
    local world, account = call.world, call.world.users:find(call.params.id)
    if not account then
        return errors.answer("inexistent_user")
    end
    local position = target(account, body)
    refusal = check(world, account, body, position)
    local fields = not refusal and fields_of(world, account, body, position)
    if fields and user_view.is_too_large(world, account, fields) then
        refusal = errors.answer("profile_too_large")
    end
    if refusal then
        return refusal
    end
    call.record:committed(call, { kind = "update", primary = account.user_id, properties = names(body) })
    world.users:change(account, fields)
    return wire.answer(200, user_view.account(account, user_view.show(call)))
end

return patch
