--- What is wrong with the fields that an account is made from. Fields that are only shown may be of any type, as in a
--- tenant that has been written to for years; what the model itself works with may not.
local json = require "auth0.mock.text.json"
local registry = require "auth0.mock.model.registry"
local shape = require "auth0.mock.model.shape"

local seed_check = {}

--- An empty table of Lua is an empty list, too.
local function is_list(value)
    return json.is_array(value) or json.is_object(value) and next(value) == nil
end

local function is_object(value)
    return value == nil or value == json.null or json.is_object(value)
end

local function is_text(value)
    return value == nil or type(value) == "string"
end

local function is_permission(value)
    return json.is_object(value) and type(value.resource_server_identifier) == "string"
        and type(value.permission_name) == "string"
end

local function is_entry(value)
    return registry.refusal(value) == nil
end

--- What hangs on an account, by its field: what its items are, and how to say so.
local lists = {
    { "roles", is_entry, "ids or roles" },
    { "organizations", is_entry, "ids or organizations" },
    { "groups", is_entry, "ids or groups" },
    { "permissions", is_permission, "{resource_server_identifier, permission_name}" },
    { "authentication_methods", json.is_object, "objects" },
}

local function check_lists(fields)
    for _, entry in ipairs(lists) do
        local name, is_good, words = entry[1], entry[2], entry[3]
        local value = fields[name]
        local is_whole = value == nil or value == json.null or is_list(value)
        for _, item in ipairs(is_whole and value or {}) do
            is_whole = is_whole and is_good(item)
        end
        if not is_whole then
            return ("%s is an array of %s"):format(name, words)
        end
    end
end

---@param fields table
---@return string|nil message
function seed_check.fields(fields)
    if not is_text(fields.connection) or not is_text(fields.provider) then
        return "connection and provider are strings"
    elseif fields.identities ~= nil and not is_list(fields.identities) then
        return "identities is an array"
    elseif not is_object(fields.user_metadata) or not is_object(fields.app_metadata) then
        return "user_metadata and app_metadata are objects"
    elseif type(fields.scim) == "table" then
        return "scim is an id"
    end
    return check_lists(fields)
end

---@param identities any[]
---@param taken table<string, table> what exists, by key
---@return string|nil message
function seed_check.identities(identities, taken)
    local seen = {}
    for _, identity in ipairs(identities) do
        local key = shape.is_identity(identity) and shape.key(identity)
        if not key then
            return "an identity needs a provider and a user_id"
        elseif not is_text(identity.connection) or not is_object(identity.profileData) then
            return "an identity's connection is a string, its profileData an object"
        elseif taken[key] or seen[key] then
            return ("the identity %s %s"):format(key, taken[key] and "exists already" or "is there twice")
        end
        seen[key] = true
    end
end

return seed_check
