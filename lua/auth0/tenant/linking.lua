--- The two changes of identities that a tenant is asked for.
local call = require "auth0.tenant.call"
local calls = require "auth0.calls"

local linking = {}

local link = call.method { caller = "tenant:link", goal = "link",
    takes = { "connection_id", "link_with", "settle", "check_scopes" } }
local unlink = call.method { caller = "tenant:unlink", goal = "unlink", takes = { "check", "settle", "check_scopes" } }

---@class auth0.TenantLinkOptions: auth0.Defaults
---@field link_with? string instead of the secondary's id: its ID token (a JWT)
---@field connection_id? string picks one of several database connections
---@field settle? boolean false: do not read the primary where the answer was lost
---@field check_scopes? boolean false: send also what the token's own scopes say cannot be done

--- Links the secondary account to the primary. See auth0.link.
---@param primary string|nil the full id of the account that stays; nil: the user's whose own token this tenant has
---@param secondary string|nil the full id of the other account; nil with `link_with`
---@param given? auth0.TenantLinkOptions
---@return auth0.Identity[]|nil identities all of the primary's, its own first
---@return string|nil message
---@return auth0.Receipt|auth0.Failure
function linking:link(primary, secondary, given)
    local own, identities, message, facts = type(self) == "table" and self.calls, nil, nil, nil
    if own and not own.loop then identities, facts = calls.at_once(own.engine, link, given, primary, secondary) end
    if identities == nil then
        identities, message, facts = call.change(self, link, primary, secondary, given, 2, facts)
    end
    return identities, message, facts
end

---@class auth0.TenantUnlinkOptions: auth0.Defaults
---@field check? boolean read the primary first; not_found where it has no such identity
---@field settle? boolean
---@field check_scopes? boolean

--- Takes an identity from the primary. See auth0.unlink.
---@param primary string|nil the full id; nil: the user's whose own token this tenant has
---@param secondary string the full id of the identity that goes
---@param given? auth0.TenantUnlinkOptions
---@return auth0.Identity[]|nil identities those that remain
---@return string|nil message
---@return auth0.Receipt|auth0.Failure
function linking:unlink(primary, secondary, given)
    local identities, message, facts = call.change(self, unlink, primary, secondary, given, 2)
    return identities, message, facts
end

return linking
