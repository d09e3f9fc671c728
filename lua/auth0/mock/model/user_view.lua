--- An account as the API shows it.
local json = require "auth0.mock.text.json"
local shape = require "auth0.mock.model.shape"

local user_view = {}

--- Tokens of the identity provider, shown only to a caller with read:user_idp_tokens.
local secret_fields = { "access_token", "access_token_secret", "refresh_token" }

--- What hangs on an account and has endpoints of its own.
local unseen = { "roles", "permissions", "organizations", "groups", "authentication_methods", "scim" }

---@class auth0.mock.show
---@field main_profile boolean|nil the main identity has profileData too: link and unlink answer so, a read does not
---@field secrets boolean|nil
---@field numbers boolean|nil a user_id that is all digits is a number

---What a caller sees.
---@param call table
---@param main_profile boolean|nil
---@return auth0.mock.show
function user_view.show(call, main_profile)
    return { main_profile = main_profile, secrets = call.caller.scopes["read:user_idp_tokens"],
        numbers = call.world.settings.numeric_user_ids }
end

local function as_number(user_id)
    -- Digits that begin with a zero are no JSON number: such an id stays as it is.
    return type(user_id) == "string" and user_id:find("^%d+$") and json.decode(user_id) or user_id
end

---@param account table
---@param show auth0.mock.show
---@return table[] identities copies
function user_view.identities(account, show)
    local list = json.array({})
    for index, identity in ipairs(account.identities) do
        local shown = shape.copy(identity)
        if index == 1 then
            shown.profileData = show.main_profile and shape.profile(account) or nil
        end
        for _, field in ipairs(show.secrets and {} or secret_fields) do
            shown[field] = nil
        end
        shown.user_id = show.numbers and as_number(identity.user_id) or identity.user_id
        list[index] = shown
    end
    return list
end

---@param account table
---@param show auth0.mock.show
---@return table user as GET /api/v2/users/{id} shows it
function user_view.account(account, show)
    local shown = shape.copy(account)
    for _, field in ipairs(unseen) do
        shown[field] = nil
    end
    shown.identities = user_view.identities(account, show)
    return shown
end

---Whether a write makes a profile larger than the tenant takes.
---@param world table
---@param account table
---@param fields table what is about to be written
---@return boolean
function user_view.is_too_large(world, account, fields)
    local limit = world.settings.profile_limit
    if not limit then
        return false
    end
    local after = shape.copy(account)
    for name, value in pairs(fields) do
        after[name] = value
    end
    return #json.encode(user_view.account(after, {})) > limit
end

return user_view
