--- Whether an account is still what it was when the plan was made.
local accounts_core = require("auth0_accounts.database").core()
local identities = require "auth0_accounts.identities"
local json = require "auth0.json"

local stale = {}

local function ids_of(user)
    local ids = {}
    for _, identity in ipairs(identities.of(user)) do ids[identities.id(identity)] = true end
    return ids
end

local function has_same(planned, linked, ids)
    local left = {}
    for id in pairs(ids) do left[id] = true end
    for _, id in ipairs(planned) do
        if not ids[id] then return false end
        left[id] = nil
    end
    for id in pairs(linked) do left[id] = nil end
    return next(left) == nil
end

local function is_alike(one, other)
    return json.is_null(one) and other == nil or one == other
end

-- Metadata that is absent, null or empty is the same.
local function digest_of(metadata)
    if metadata == nil or json.is_null(metadata) then return accounts_core.digest "{}" end
    return accounts_core.digest(json.encode(metadata))
end

local function has_metadata(planned, user, name)
    local digest = (planned.digests or {})[name]
    return digest == nil or digest == digest_of(user[name])
end

--- The first field that has changed; nil if none has. What earlier lines of the plan linked to the account, and wrote
--- into it, is no change.
---@param planned table the account as the plan has it
---@param user table as the tenant has it
---@param linked table<string, any> ids that earlier lines linked to it, by id
---@param is_written? boolean an earlier try of the line wrote into its metadata
---@return string|nil field
function stale.field(planned, user, linked, is_written)
    for _, name in ipairs { "email", "email_verified", "created_at" } do
        local was = planned[name] -- an export need not have it
        if was ~= nil and not is_alike(was, user[name]) then return name end
    end
    if (planned.blocked == true) ~= (user.blocked == true) then return "blocked" end
    if planned.identities and not has_same(planned.identities, linked, ids_of(user)) then return "identities" end
    if is_written or next(linked) ~= nil then return nil end
    for _, name in ipairs { "user_metadata", "app_metadata" } do
        if not has_metadata(planned, user, name) then return name end
    end
end

--- Whether an account holds an identity.
---@param user table
---@param id string
---@return boolean
function stale.holds(user, id)
    return ids_of(user)[id] == true
end

return stale
