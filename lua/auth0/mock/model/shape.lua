--- What accounts and identities are made of.
local json = require "auth0.mock.text.json"

local shape = {}

--- What an identity keeps of the account it came from (UserProfileData of the OpenAPI file).
local profile_fields = { "email", "email_verified", "name", "username", "given_name", "family_name", "phone_number",
    "phone_verified" }

---@param table_or_nil table|nil
---@return table
function shape.copy(table_or_nil)
    local result = {}
    for key, value in pairs(table_or_nil or {}) do
        result[key] = value
    end
    return result
end

---The profile that an account's identity takes along.
---@param account table
---@return table
function shape.profile(account)
    local profile = {}
    for _, field in ipairs(profile_fields) do
        profile[field] = account[field]
    end
    return profile
end

---An identity's user_id as text: a tenant may hold it as a number.
---@param user_id any
---@return string|nil
function shape.id_text(user_id)
    return type(user_id) == "string" and user_id or json.digits(user_id)
end

---@param identity table
---@return string key full id of the account that it is, or was, the main identity of
function shape.key(identity)
    return identity.provider .. "|" .. shape.id_text(identity.user_id)
end

---@param identity any
---@return boolean
function shape.is_identity(identity)
    return json.is_object(identity) and type(identity.provider) == "string"
        and shape.id_text(identity.user_id) ~= nil
end

return shape
