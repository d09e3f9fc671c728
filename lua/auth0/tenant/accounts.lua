--- One account, by its id.
local body = require "auth0.tenant.body"
local call = require "auth0.tenant.call"
local json = require "auth0.json"
local paths = require "auth0.tenant.paths"

local accounts = {}

local identities = call.method { caller = "tenant:identities", is_read = true }
local user = call.method { caller = "tenant:user", own = { fields = "fields", include_fields = "flag" },
    is_read = true }
local update = call.method { caller = "tenant:update_user", own = { erase = "flag" } }

--- The identities of an account, its own first.
---@param id string the full id
---@param given? auth0.Defaults
---@return auth0.Identity[]|nil identities
---@return string|nil message
---@return auth0.Receipt|auth0.Failure
function accounts:identities(id, given)
    local checked = call.options(self, identities, given, 2)
    local path = call.account_path(identities, id, 2) .. "?fields=identities&include_fields=true"
    local value, message, facts = call.request(self, identities, checked,
        { method = "GET", path = path, promise = "identities", account = id }, 2)
    return value, message, facts
end

---@class auth0.UserOptions: auth0.Defaults
---@field fields? string|string[] names of fields: those alone
---@field include_fields? boolean false: all but those

--- An account. `email_verified` may be the string "false": compare with `== true`.
---@param id string the full id
---@param given? auth0.UserOptions
---@return table|nil user
---@return string|nil message
---@return auth0.Receipt|auth0.Failure
function accounts:user(id, given)
    local checked = call.options(self, user, given, 2)
    local query = paths.query { fields = checked.fields, include_fields = checked.include_fields }
    local path = call.account_path(user, id, 2) .. query
    local value, message, facts = call.request(self, user, checked,
        { method = "GET", path = path, promise = "object", account = id }, 2)
    return value, message, facts
end

-- An empty table, or null, erases all metadata at the tenant, which is seldom what an empty table in Lua means.
local function check_erasure(patch, level)
    for _, name in ipairs { "user_metadata", "app_metadata" } do
        local value = patch[name]
        local is_null = json.is_null(value)
        if is_null or type(value) == "table" and next(value) == nil then
            error(("tenant:update_user: %s: is %s, which erases all of it at the tenant: leave it out, or say "
                .. "erase = true"):format(name, is_null and "null" or "empty"), level + 1)
        end
    end
end

---@class auth0.UpdateOptions: auth0.Defaults
---@field erase? boolean true: an empty (or null) user_metadata or app_metadata is meant

--- Changes an account. Of metadata the first level is merged, and `auth0.null` deletes a key. Sent again where no
--- answer came: the same patch twice does what it does once.
---@param id string the full id
---@param patch table|string what is to change; or JSON as text, which is sent as it is
---@param given? auth0.UpdateOptions
---@return table|nil user as it is now
---@return string|nil message
---@return auth0.Receipt|auth0.Failure
function accounts:update_user(id, patch, given)
    local checked = call.options(self, update, given, 2)
    local path = call.account_path(update, id, 2)
    local text, fault = body.text(patch)
    if not text then error("tenant:update_user: patch: " .. fault, 2) end
    if type(patch) == "table" and next(patch) == nil then error("tenant:update_user: patch: is empty", 2) end
    if type(patch) == "table" and not checked.erase then check_erasure(patch, 2) end
    -- Any object would do for a gateway's page of an error, too.
    local value, message, facts = call.request(self, update, checked,
        { method = "PATCH", path = path, body = text, idempotent = true, promise = "user", account = id }, 2)
    return value, message, facts
end

return accounts
