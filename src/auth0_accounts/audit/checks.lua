--- What an audit finds, and how it is told.
local identities = require "auth0_accounts.identities"
local json = require "auth0.json"

local checks = {}

--- Bytes above which a profile is near Auth0's limit of 10 KB.
checks.LARGE = 8192

---@class auth0_accounts.AuditFinding
---@field finding "email_differs"|"email_not_verified"|"unreadable"|"dangling"|"duplicate"|"large_profile"|"linked"
---@field account? string
---@field message string

local function finding(code, fields, format, ...)
    fields.finding, fields.message = code, format:format(...)
    return fields
end

local function text_of(value)
    return type(value) == "string" and value ~= "" and value or nil
end

local function lower(email)
    return (email:gsub("[A-Z]", function(letter) return string.char(letter:byte() + 32) end))
end

local function check_verified(user, id, holder, found)
    local email = text_of(holder.email)
    if not email or holder.email_verified == true then return end
    found(finding("email_not_verified", { account = user.user_id, identity = id, email = email,
        email_verified = holder.email_verified }, "%s: the address %s of %s is not verified", user.user_id, email, id))
end

local function check_same(user, id, profile, found)
    local email, other = text_of(user.email), text_of(profile.email)
    if not email or not other or lower(email) == lower(other) then return end
    found(finding("email_differs", { account = user.user_id, identity = id, email = email, identity_email = other },
        "%s has the address %s, and its identity %s has %s", user.user_id, email, id, other))
end

--- Of an account with linked identities: one without an address says nothing for or against the link.
---@param user table
---@param found fun(finding: auth0_accounts.AuditFinding)
function checks.linked(user, found)
    local own = identities.own(user)
    if not own then return end -- identities that are none
    check_verified(user, identities.id(own), user, found)
    for _, identity in ipairs(identities.of(user)) do
        local profile = identity ~= own and identity.profileData
        if json.is_object(profile) then
            check_same(user, identities.id(identity), profile, found)
            check_verified(user, identities.id(identity), profile, found)
        end
    end
end

---@param user table
---@return auth0_accounts.AuditFinding
function checks.listing(user)
    local ids = json.array {}
    for i, identity in ipairs(identities.of(user)) do ids[i] = identities.id(identity) end
    return finding("linked", { account = user.user_id, identities = ids }, "%s has the identities %s", user.user_id,
        table.concat(ids, ", "))
end

function checks.large(id, size)
    return finding("large_profile", { account = id, bytes = size }, "%s: its profile has %d bytes; the limit is 10240",
        id, size)
end

function checks.unreadable(id)
    return finding("unreadable", { account = id },
        "%s has linked identities, and its line is no account as the API has it: look at it by hand", id)
end

function checks.dangling(id, holder)
    return finding("dangling", { account = id, holder = holder }, "%s stands although it is an identity of %s", id,
        holder)
end

function checks.duplicate(folded, ids)
    return finding("duplicate", { folded = folded, accounts = ids }, "%s is the address of %s", folded,
        table.concat(ids, ", "))
end

return checks
