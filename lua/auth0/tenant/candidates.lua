--- Suggested linking: accounts that may be the same person's, each with its evidence.
local addresses = require "auth0.tenant.addresses"
local call = require "auth0.tenant.call"

local candidates = {}

local look_up = call.method { caller = "tenant:candidates", own = { unverified = "flag", email = "string" },
    is_read = true }

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

-- `account` is nil where only an address is known.
local function evidence_of(account, other)
    local is_verified = other.email_verified == true -- some connections answer with a string, which is true in Lua
    return {
        email = other.email,
        is_verified = is_verified,
        both_verified = account and account.email_verified == true and is_verified,
        same_connection = account and connection_of(account) ~= nil and connection_of(account) == connection_of(other),
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
local function has_address(account, email)
    return type(account.email) == "string" and addresses.lower(account.email) == addresses.lower(email)
end

-- Why there is nothing to look for, or nil.
local function fault_of(account, checked)
    if type(account.email) ~= "string" or account.email == "" then return "no_email" end
    if account.email_verified == true or checked.unverified then return nil end
    return type(account.email_verified) == "string" and "email_verified_is_string" or "email_not_verified"
end

local function check_subject(id, email, level)
    if id == nil and type(email) ~= "string" then
        error("tenant:candidates: expected an account's full id, or { email = ... }", level + 1)
    elseif email == "" then
        error("tenant:candidates: email: is empty", level + 1)
    elseif id ~= nil and email ~= nil then
        error("tenant:candidates: email: goes without an id: give { email = ... } alone", level + 1)
    end
end

--- Evidence for and against the two accounts belonging to one person. It is no proof: a mailbox changes hands, many
--- connections set `email_verified` for every account, and an attacker who registers a password account with another
--- person's address waits for it to be verified and linked. Link when the person has authenticated on both.
---@class auth0.Evidence
---@field email string
---@field is_verified boolean its email_verified is the boolean true
---@field both_verified? boolean both sides' is; absent where only an address was given
---@field same_connection? boolean two accounts of one connection are seldom one person's; absent likewise
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
---@field email? string instead of an id: accounts with this address

---@class auth0.CandidatesReceipt: auth0.Receipt
---@field searched boolean false: there was no address to look for, and `reason` says why
---@field reason? "no_email"|"email_not_verified"|"email_verified_is_string"

local function by_age(a, b)
    local one, two = a.evidence.created_at or "", b.evidence.created_at or ""
    if one == two then return a.user_id < b.user_id end
    return one < two
end

--- Other accounts with the address of this one (read:users), the oldest first; or `{ email = ... }`: all with that one.
---@param id string|auth0.CandidatesOptions the full id; or options with `email`
---@param given? auth0.CandidatesOptions
---@return auth0.Candidate[]|nil candidates none where the account has no verified address, unless `unverified`
---@return string|nil message
---@return auth0.CandidatesReceipt|auth0.Failure of the last request
function candidates:candidates(id, given)
    if type(id) == "table" and given == nil then id, given = nil, id end
    local checked = call.options(self, look_up, given, 2)
    check_subject(id, checked.email, 2)
    local span, email, own_ids = call.span(self, checked), checked.email, {}
    local account, message, facts
    if id ~= nil then
        local path = call.account_path(look_up, id, 2)
        account, message, facts = call.request(self, look_up, checked,
            { method = "GET", path = path, promise = "object", span = span, account = id }, 2)
        if not account then return nil, message, facts end
        if not has_shape(account) then return call.bad_response(self, look_up, facts, MISSHAPEN) end
        facts.reason = fault_of(account, checked)
        facts.searched = facts.reason == nil
        if not facts.searched then return {}, nil, facts end
        email, own_ids = account.email, { [id] = true, [account.user_id] = true }
    end
    local others
    others, message, facts = addresses.find(self, look_up, checked, span, email, 2)
    if not others then return nil, message, facts end
    facts.searched = true
    local found = {}
    for _, other in ipairs(others) do
        if not has_shape(other) then return call.bad_response(self, look_up, facts, MISSHAPEN) end
        local evidence = evidence_of(account, other)
        local is_another = not own_ids[other.user_id] and has_address(other, email)
        if is_another and (evidence.is_verified or checked.unverified) then
            found[#found + 1] = { user_id = other.user_id, user = other, evidence = evidence }
        end
    end
    table.sort(found, by_age)
    return found, nil, facts
end

return candidates
