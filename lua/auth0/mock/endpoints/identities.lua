--- Link and unlink: POST and DELETE below /api/v2/users/{id}/identities.
local connections = require "auth0.mock.model.connections"
local errors = require "auth0.mock.text.errors"
local schema = require "auth0.mock.text.schema"
local shape = require "auth0.mock.model.shape"
local tokens = require "auth0.mock.model.tokens"
local user_view = require "auth0.mock.model.user_view"
local wire = require "auth0.mock.text.wire"

local identities = {}

local rule = { any = "update:users", own = "update:current_user_identities" }

local properties = {
    provider = { types = "string", known = connections.is_provider },
    user_id = { types = "string integer", least = 1 },
    connection_id = { types = "string", pattern = "^con_" .. ("%w"):rep(16) .. "$", says = "^con_[A-Za-z0-9]{16}$" },
    link_with = { types = "string" },
}

--- Link takes an id with and without its provider. The id as it was given comes first: it may begin like a provider.
local function find_secondary(world, provider, user_id)
    local holder, index = world.users:holder(provider, user_id)
    if holder then
        return holder, index
    end
    local prefix = provider .. "|"
    if user_id:sub(1, #prefix) == prefix then
        return world.users:holder(provider, user_id:sub(#prefix + 1))
    end
end

--- An identity that was never signed in with: what the tenant makes of it is a setting.
local function phantom(world, body, connection, user_id)
    local way = world.settings.phantom_identities
    if way == "not_found" then
        return nil, nil, errors.answer("no_secondary")
    elseif not body.connection_id then
        return nil, nil, errors.answer("phantom_connection")
    elseif way == "refuse" then
        return nil, nil, errors.answer("phantom_refused")
    end
    local prefix = body.provider .. "|"
    if user_id:sub(1, #prefix) == prefix then
        user_id = user_id:sub(#prefix + 1)
    end
    return { phantom = user_id, connection = connection,
        identities = { { provider = body.provider, user_id = user_id } } }, 1
end

--- The secondary by provider and user_id. A connection_id says whose account of that id is meant.
local function by_name(world, body)
    local connection = body.provider and body.user_id and world.connections:find(body.provider, body.connection_id)
    if not connection then
        return nil, nil, errors.answer("inexistent_connection")
    end
    local user_id = shape.id_text(body.user_id)
    local holder, index = find_secondary(world, body.provider, user_id)
    if not holder then
        return phantom(world, body, connection, user_id)
    elseif body.connection_id and holder.identities[index].connection ~= connection.name then
        return nil, nil, errors.answer("no_secondary")
    end
    return holder, index
end

--- The secondary by its ID token.
local function by_token(call, body)
    if body.provider or body.user_id or body.connection_id then
        return nil, nil, errors.answer("invalid_body",
            "Payload validation error: 'link_with excludes provider, user_id and connection_id'.")
    end
    local subject, refusal = tokens.link_with(call.world, call.caller, body.link_with)
    if not subject then
        return nil, nil, refusal
    end
    local account = call.world.users:find(subject)
    if account then
        return account, 1
    end
    local holder, index = call.world.users:holder(subject:match("^([^|]*)|(.*)$"))
    if not holder then
        return nil, nil, errors.answer("no_secondary")
    end
    return holder, index
end

--- What the API does with an account that has secondaries of its own, or that SCIM provisions, is not published: both
--- are settings.
local function refusal_of(call, primary, holder, index)
    local settings = call.world.settings
    if holder == primary and index == 1 then
        return errors.answer("same_identity")
    elseif holder == primary or index ~= 1 then
        call.record:conflicted()
        return errors.answer("identity_exists")
    elseif #holder.identities > 1 and settings.linking_secondary_with_secondaries == "refuse"
        or holder.scim and settings.scim_secondary == "refuse" then
        return errors.answer("unable_to_link")
    end
end

local function answer(call, status, primary)
    return wire.answer(status, user_view.identities(primary, user_view.show(call, true)))
end

local function commit(call, kind, primary, identity)
    call.record:committed(call, {
        kind = kind,
        primary = primary.user_id,
        provider = identity.provider,
        user_id = shape.id_text(identity.user_id),
    })
end

--- Neither link nor unlink declares a 404. An account that is not there has to be refused somehow; a read's refusal is
--- the one that is known, its status is a setting.
local function no_primary(world)
    return errors.answer(world.settings.missing_primary == 400 and "missing_primary" or "inexistent_user")
end

---POST /api/v2/users/{id}/identities
---@param call table
---@return auth0.mock.answer
function identities.link(call)
    local world, id = call.world, call.params.id
    local reach, refusal = tokens.reach(call.caller, rule, id)
    if not reach then
        return refusal
    end
    local body
    body, refusal = schema.body(call.request, properties)
    if not body then
        return refusal
    elseif reach == "own" and not body.link_with then
        return errors.answer("insufficient_scope", rule.any .. ", " .. rule.own) -- the published text, as it stands
    end
    local primary = world.users:find(id)
    if not primary then
        return no_primary(world)
    end
    local holder, index
    if body.link_with then
        holder, index, refusal = by_token(call, body)
    else
        holder, index, refusal = by_name(world, body)
    end
    refusal = refusal or refusal_of(call, primary, holder, index)
    if refusal then
        return refusal
    end
    commit(call, "link", primary, holder.identities[1])
    if holder.phantom then
        world.users:attach(primary, holder.connection, holder.phantom)
    else
        world.users:link(primary, holder, world.settings.linking_secondary_with_secondaries)
    end
    return answer(call, 201, primary)
end

---DELETE /api/v2/users/{id}/identities/{provider}/{user_id}. An identity that is not there is no error, nor is one that
---was named with its provider's prefix: the answer is 200 and the array as it was.
---@param call table
---@return auth0.mock.answer
function identities.unlink(call)
    local world, params = call.world, call.params
    local reach, refusal = tokens.reach(call.caller, rule, params.id)
    if not reach then
        return refusal
    end
    local primary = world.users:find(params.id)
    if not primary then
        return no_primary(world)
    end
    local holder, index = world.users:holder(params.provider, params.user_id)
    if holder == primary and index == 1 then
        return errors.answer("main_identity")
    elseif holder == primary then
        commit(call, "unlink", primary, primary.identities[index])
        world.users:unlink(primary, index)
    end
    return answer(call, 200, primary)
end

return identities
