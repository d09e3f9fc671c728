--- auth0-accounts link
local definitions = require "auth0_accounts.definitions"
local results = require "auth0_accounts.results"

local link = { changes = true, needs_tenant = true,
    summary = "Links the secondary to the primary. The secondary's metadata is lost: see merge." }

function link.define(parser)
    definitions.two_accounts(parser)
    definitions.connection(parser)
    definitions.dry_run(parser, "Send nothing; print the request.")
end

function link.call(tenant, given)
    return tenant:link(given.primary, given.secondary,
        { connection_id = given.connection_id, correlation_id = given.correlation_id })
end

function link.tell(said, identities, facts)
    said:value { identities = said.array(identities), already = facts.already }
    said:lines(results.change(facts.already and "linked before: nothing was changed" or "linked", identities))
end

return link
