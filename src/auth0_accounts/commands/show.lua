--- auth0-accounts show
local definitions = require "auth0_accounts.definitions"
local results = require "auth0_accounts.results"

local show = { summary = "Prints an account.", needs_tenant = true }

function show.define(parser)
    parser:argument("id", "The account's full id."):argname "ID"
    definitions.dry_run(parser, "Send nothing; print the request.")
end

function show.call(tenant, given)
    return tenant:user(given.id, { correlation_id = given.correlation_id })
end

function show.tell(said, user)
    said:value(user)
    said:lines(results.account(user))
end

return show
