--- Suggested linking: accounts that may be the same person's, each with its evidence.
local addresses = require "auth0.tenant.addresses"
local call = require "auth0.tenant.call"

local candidates = {}

local look_up = call.method { caller = "tenant:candidates", own = { unverified = "flag" }, is_read = true }

-- What is no string is none of that evidence.
local function text_of(value)
    return type(value) == "string" and value or nil
end

-- Of a connection whose accounts have a password at the tenant. A passwordless one has another provider.
local function is_password_account(account)
    local own = (account.identities or {})[1] or {}
    return own.provider == "auth0"
end

local function connection_of(account)
    return text_of(((account.identities or {})[1] or {}).connection)
end

local function evidence_of(account, other)
    return {
        email = other.email,
        -- Some connections answer with a string, and any string is true in Lua.
        both_verified = account.email_verified == true and other.email_verified == true,
        same_connection = connection_of(account) ~= nil and connection_of(account) == connection_of(other),
        connection = connection_of(other),
        created_at = text_of(other.created_at),
        last_login = text_of(other.last_login),
        logins_count = type(other.logins_count) == "number" and other.logins_count or nil,
        is_password_account = is_password_account(other),
        is_blocked = other.blocked == true,
        has_secondaries = #(other.identities or {}) > 1,
    }
end

local MISSHAPEN = "an account has no id, or its identities are no array of objects"

local function has_shape(account)
    return type(account.user_id) == "string" and (account.identities == nil or call.is_list(account.identities))
end

-- The tenant was asked for it; a proxy, or a cache, may answer something else.
local function has_same_address(account, other)
    return type(other.email) == "string" and addresses.lower(other.email) == addresses.lower(account.email)
end

--- What speaks for and against that two accounts are of one person. It is evidence, and no proof: a mailbox changes
--- hands, many connections set `email_verified` for every account, and an attacker who registers a password account
--- with another person's address waits for it to be verified and linked. Link when the person has authenticated on
--- both.
---@class auth0.Evidence
---@field email string
---@field both_verified boolean both sides' email_verified is the boolean true
---@field same_connection boolean two accounts of one connection are seldom one person's
---@field connection? string
---@field created_at? string
---@field last_login? string
---@field logins_count? integer
---@field is_password_account boolean
---@field is_blocked boolean a block is not known to survive a link
---@field has_secondaries boolean unlink these first: what becomes of them is not documented

---@class auth0.Candidate
---@field user_id string
---@field user table the account as the tenant has it
---@field evidence auth0.Evidence

---@class auth0.CandidatesOptions: auth0.Defaults
---@field unverified? boolean true: also those where an address is not verified, on either side

--- Other accounts with the address of this one (read:users), the oldest first.
---@param id string the full id
---@param given? auth0.CandidatesOptions
---@return auth0.Candidate[]|nil candidates none where the account has no verified address, unless `unverified`
---@return string|nil message
---@return auth0.Receipt|auth0.Failure of the last request
function candidates:candidates(id, given)
    local checked = call.options(self, look_up, given, 2)
    local span, path = call.span(self, checked), call.account_path(look_up, id, 2)
    local account, message, facts = call.request(self, look_up, checked,
        { method = "GET", path = path, promise = "object", span = span, account = id }, 2)
    if not account then return nil, message, facts end
    if not has_shape(account) then return call.bad_response(self, look_up, facts, MISSHAPEN) end
    local has_address = type(account.email) == "string" and account.email ~= ""
    if not has_address or (account.email_verified ~= true and not checked.unverified) then return {}, nil, facts end
    local others
    others, message, facts = addresses.find(self, look_up, checked, span, account.email, 2)
    if not others then return nil, message, facts end
    local found, own_ids = {}, { [id] = true, [account.user_id] = true }
    for _, other in ipairs(others) do
        if not has_shape(other) then return call.bad_response(self, look_up, facts, MISSHAPEN) end
        local evidence = evidence_of(account, other)
        local is_another = not own_ids[other.user_id] and has_same_address(account, other)
        if is_another and (evidence.both_verified or checked.unverified) then
            found[#found + 1] = { user_id = other.user_id, user = other, evidence = evidence }
        end
    end
    table.sort(found, function(a, b)
        local one, two = a.evidence.created_at or "", b.evidence.created_at or ""
        if one == two then return a.user_id < b.user_id end
        return one < two
    end)
    return found, nil, facts
end

return candidates
