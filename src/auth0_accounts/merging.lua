--- What the safe merge and its preview are given.
local definitions = require "auth0_accounts.definitions"

local merging = {}

local CARRIED = { "roles", "permissions", "organizations", "name", "picture" }

local function define_what_is_kept(parser)
    definitions.metadata(parser)
    definitions.choice(parser, "--carry", "What else the primary gets of the secondary's: %s; repeatable.", CARRIED)
        :argname "WHAT":count "*"
end

local function define_what_is_allowed(parser)
    parser:option("--trust-connection", "With shared_email: a connection that verifies addresses itself, so that "
        .. "they count; repeatable. Many connections only claim it.")
        :argname "NAME":count "*"
    parser:flag("--password-merge", "With shared_email: also an account with a password. An attacker may have "
        .. "registered it with the victim's address.")
    parser:flag("--allow-unreadable", "What cannot be read is a warning, not a reason against the merge. It may be "
        .. "lost unseen.")
    definitions.choice(parser, "--check", "Read only this beside the profiles: %s; repeatable (default: all).",
        definitions.CHECKS):argname "WHAT":count "*"
    parser:flag("--no-checks", "Read only the two profiles. What else the secondary loses is not seen.")
end

---@param parser table
function merging.define(parser)
    definitions.two_accounts(parser)
    definitions.choice(parser, "--proof", "Why both accounts are one person's: %s; required.", definitions.PROOFS)
        :argname "PROOF":count(1)
    define_what_is_kept(parser)
    define_what_is_allowed(parser)
    parser:option("--relink-holder", "The account that holds the identity now, and loses it: it is moved from there.")
        :argname "ID"
    definitions.choice(parser, "--relink-proof", "Why the holder is the same person's account: %s.", definitions.PROOFS)
        :argname "PROOF"
    parser:option("--created-at-primary", "The primary's created_at, as a preview showed it: another one is refused, "
        .. "since the account was made anew."):argname "TIME"
    parser:option("--created-at-secondary", "The same of the secondary."):argname "TIME"
    definitions.connection(parser)
    parser:flag("--revoke", "End the primary's sessions and refresh tokens afterwards: the person signs in again.")
    parser:flag("--reset-password", "Make a ticket for a new password afterwards, for each identity that has one.")
end

---@param given table
---@return string|nil
function merging.fault(given)
    if (given.relink_holder == nil) ~= (given.relink_proof == nil) then
        return "--relink-holder and --relink-proof go together"
    end
    if given.no_checks and #given.check > 0 then return "--check does not go with --no-checks" end
end

local function list(values)
    return #values > 0 and values or nil
end

---@param given table
---@return auth0.MergeOptions
function merging.options(given)
    local options = { proof = given.proof, user_metadata = given.user_metadata, app_metadata = given.app_metadata,
        union = list(given.union), carry = list(given.carry), trusted_connections = list(given.trust_connection),
        password_merge = given.password_merge, unreadable = given.allow_unreadable and "allow" or nil,
        checks = given.no_checks and {} or list(given.check), connection_id = given.connection_id,
        correlation_id = given.correlation_id }
    if given.relink_holder then options.relink = { holder = given.relink_holder, proof = given.relink_proof } end
    if given.created_at_primary or given.created_at_secondary then
        options.created_at = { primary = given.created_at_primary, secondary = given.created_at_secondary }
    end
    if given.revoke or given.reset_password then
        options.after_link = { revoke = given.revoke, reset_password = given.reset_password }
    end
    return options
end

return merging
