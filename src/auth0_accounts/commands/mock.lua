--- auth0-accounts mock
local core = require "auth0.core"
local definitions = require "auth0_accounts.definitions"
local noun = require "auth0_accounts.noun"
local stop = require "auth0_accounts.stop"

local mock = { needs_tenant = false,
    summary = "Makes a tenant of made-up accounts in a file, to try the commands on, with --mock FILE." }

local COUNT = 100

function mock.define(parser)
    parser:argument("file", "File to make: one account a line, as an export has them."):argname "FILE"
    parser:option("--accounts", "How many accounts (default: 100)."):argname "N":convert(definitions.whole(1))
end

function mock.call(_, given)
    local count = given.accounts or COUNT
    require("auth0_accounts.private_file").check(given.file, ", or remove it with all that was changed in it")
    local made, fault = core.make_private_file(given.file, require("auth0_accounts.mock_tenant").sample(count))
    if not made then stop.raise(stop.USAGE, "%s: cannot be made (%s)", given.file, fault) end
    return { file = given.file, accounts = count }
end

function mock.tell(said, value)
    said:value(value)
    said:lines { ("%s: a tenant of %d %s"):format(value.file, value.accounts,
        noun(value.accounts, "account", "accounts, some of them duplicates")),
        "with --mock FILE, each command works on it instead of a tenant, and keeps in it what it changes" }
end

return mock
