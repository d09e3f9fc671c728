--- auth0-accounts audit
local stop = require "auth0_accounts.stop"

local audit = { summary = "Finds suspicious links, duplicates and large profiles in an export. It changes nothing." }

function audit.define(parser)
    parser:argument("users", "The export: NDJSON, or the gzip of it. With --export, the file to export to."):args "?"
        :argname "USERS"
    parser:flag("--export", "Export the tenant's accounts first.")
    parser:flag("--linked", "Also list each account with linked identities.")
end

function audit.fault(given)
    if not given.users and not given.export then return "audit takes an export, or --export" end
end

function audit.needs_tenant(given)
    return given.export == true
end

local function teller(said, counts)
    return function(finding)
        counts[finding.finding] = (counts[finding.finding] or 0) + 1
        said:value(finding)
        said:lines { ("%-18s %s"):format(finding.finding, finding.message) }
    end
end

function audit.call(tenant, given, said)
    local counts = {}
    local function look(path)
        return require("auth0_accounts.audit").run(path, teller(said, counts), given.linked)
    end
    local accounts = not tenant and look(given.users)
        or tenant and require("auth0_accounts.exports").with(tenant, given.users, given.correlation_id, look)
    return { accounts = accounts, counts = counts }
end

function audit.tell(said, value)
    local found = 0
    for code, count in pairs(value.counts) do
        if code ~= "linked" then found = found + count end
    end
    said:lines { ("%d accounts; %d findings"):format(value.accounts, found) }
    return found > 0 and stop.FAILED or nil
end

return audit
