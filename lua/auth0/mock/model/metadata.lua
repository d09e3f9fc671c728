--- user_metadata and app_metadata: what a write does to them, and which keys it may have.
local json = require "auth0.mock.text.json"

local metadata = {}

--- Keys of app_metadata that the tenant keeps for itself.
local reserved = {}
for name in ([[__tenant _id blocked clientID created_at email_verified email globalClientID global_client_id identities
    lastIP lastLogin loginsCount metadata multifactor_last_modified multifactor updated_at user_id]]):gmatch("%S+") do
    reserved[name] = true
end

--- A key with a dot or a dollar sign, at any depth: the store has no place for it.
local function bad_key(value)
    if type(value) ~= "table" or not (json.is_array(value) or json.is_object(value)) then
        return nil
    end
    for _, key in ipairs(json.keys(value)) do
        if type(key) == "string" and key:find("[.$]") then
            return key
        end
        local found = bad_key(value[key])
        if found then
            return found
        end
    end
end

---What is wrong with the keys of a user_metadata.
---@param object table
---@return string|nil message
function metadata.check(object)
    local key = bad_key(object)
    return key and ("Key names may not contain . or $: " .. key) or nil
end

---What is wrong with the keys of an app_metadata.
---@param object table
---@return string|nil message
function metadata.check_app(object)
    for _, key in ipairs(json.keys(object)) do
        if reserved[key] then
            return "Reserved key: " .. key
        end
    end
    return metadata.check(object)
end

---Merges at the first level only: what is nested is replaced whole. null deletes a key; an empty object deletes all.
---@param old table|nil
---@param changes table
---@return table merged a new table
function metadata.merge(old, changes)
    local merged = {}
    if next(changes) == nil then
        return merged
    end
    for _, source in ipairs { json.is_object(old) and old or {}, changes } do
        for key, value in pairs(source) do
            merged[key] = value
        end
    end
    for key, value in pairs(changes) do
        if value == json.null then
            merged[key] = nil
        end
    end
    return merged
end

return metadata
