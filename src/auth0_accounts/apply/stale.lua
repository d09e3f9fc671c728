--- Whether an account is still what it was when the plan was made.
local identities = require "auth0_accounts.identities"
local json = require "auth0.json"

local stale = {}

local function set_of(list)
    local set = {}
    for _, entry in ipairs(list) do set[entry] = true end
    return set
end

local function has_same(planned, linked, ids)
    local left = set_of(ids)
    for _, id in ipairs(planned) do
        if left[id] == nil then return false end
        left[id] = false
    end
    for id, is_left in pairs(left) do
        if is_left and not linked[id] then return false end
    end
    return true
end

local function is_alike(one, other)
    return json.is_null(one) and other == nil or one == other
end

-- Metadata that is absent, null or empty is the same.
local function has_metadata(planned, seen, name)
    local digest = (planned.digests or {})[name]
    return digest == nil or digest == seen.digests[name]
end

--- The first field that has changed; nil if none has. What earlier lines of the plan linked to the account, and wrote
--- into it, is no change.
---@param planned table the account as the plan has it
---@param seen table as the tenant has it: a finder's
---@param linked table<string, any> ids that earlier lines linked to it, by id
---@param is_written? boolean an earlier try of the line wrote into its metadata
---@return string|nil field
function stale.field(planned, seen, linked, is_written)
    for _, name in ipairs { "email", "email_verified", "created_at" } do
        local was = planned[name] -- an export need not have it
        if was ~= nil and not is_alike(was, seen[name]) then return name end
    end
    if (planned.blocked == true) ~= (seen.blocked == true) then return "blocked" end
    if planned.identities and not has_same(planned.identities, linked, seen.identities) then return "identities" end
    if is_written or next(linked) ~= nil then return nil end
    for _, name in ipairs { "user_metadata", "app_metadata" } do
        if not has_metadata(planned, seen, name) then return name end
    end
end

--- Whether an account holds an identity.
---@param user table
---@param id string
---@return boolean
function stale.holds(user, id)
    for _, identity in ipairs(identities.of(user)) do
        if identities.id(identity) == id then return true end
    end
    return false
end

--- The same of a finder's account.
---@param seen table
---@param id string
---@return boolean
function stale.lists(seen, id)
    return set_of(seen.identities)[id] == true
end

return stale
