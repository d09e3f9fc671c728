--- auth0-accounts unlink
local definitions = require "auth0_accounts.definitions"
local words = require "auth0_accounts.words"

local unlink = { changes = true, needs_tenant = true, summary = "Takes the secondary's identity from the primary." }

function unlink.define(parser)
    definitions.two_accounts(parser)
    parser:flag("--check", "Read the primary first, and fail if it has no such identity.")
    definitions.dry_run(parser, "Send nothing; print the request.")
end

function unlink.fault(given)
    if given.check and given.dry_run then
        return "--check does not go with --dry-run: what it sends depends on what it reads"
    end
end

function unlink.call(tenant, given)
    return tenant:unlink(given.primary, given.secondary,
        { check = given.check, correlation_id = given.correlation_id })
end

function unlink.tell(said, identities, facts)
    said:value { identities = said.array(identities), already = facts.already }
    said:lines(words.change("unlinked", facts, identities))
end

return unlink
