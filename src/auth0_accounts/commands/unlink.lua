--- auth0-accounts unlink
local definitions = require "auth0_accounts.definitions"
local results = require "auth0_accounts.results"

local unlink = { changes = true, needs_tenant = true,
    summary = "Takes the secondary's identity from the primary: an account of its own again, without its metadata." }

function unlink.define(parser)
    definitions.two_accounts(parser)
    parser:flag("--no-check", "Do not read the primary first. An identity that it never had is then told as taken.")
    definitions.dry_run(parser, "Send nothing; print the request.")
end

function unlink.call(tenant, given)
    return tenant:unlink(given.primary, given.secondary,
        { check = not (given.no_check or given.dry_run), correlation_id = given.correlation_id })
end

function unlink.tell(said, identities, facts, given)
    said:value { identities = said.array(identities), already = facts.already }
    local done = given.no_check and "not the primary's identity, or not any more" or "unlinked"
    said:lines(results.change(done, identities))
end

return unlink
