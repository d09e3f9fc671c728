--- auth0-accounts candidates
local results = require "auth0_accounts.results"

local candidates = { needs_tenant = true,
    summary = "Prints other accounts with the address of an account, and the evidence for each." }

function candidates.define(parser)
    parser:argument("id", "The account's full id; or --email."):argname "ID":args "?"
    parser:option("--email", "Instead of an id: accounts with this address."):argname "ADDRESS"
    parser:flag("--unverified", "Also accounts where an address is not verified, on either side: it may be another "
        .. "person's.")
end

function candidates.fault(given)
    if (given.id == nil) == (given.email == nil) then return "candidates takes an id, or --email" end
end

function candidates.call(tenant, given)
    local options = { unverified = given.unverified, email = given.email, correlation_id = given.correlation_id }
    if given.id then return tenant:candidates(given.id, options) end
    return tenant:candidates(options)
end

function candidates.tell(said, found, facts)
    said:value { candidates = said.array(found), searched = facts.searched, reason = facts.reason }
    said:lines(results.candidates(found, facts))
end

return candidates
