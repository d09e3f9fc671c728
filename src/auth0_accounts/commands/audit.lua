--- auth0-accounts audit
local definitions = require "auth0_accounts.definitions"
local json = require "auth0.json"
local noun = require "auth0_accounts.noun"
local stop = require "auth0_accounts.stop"
local watch = require "auth0_accounts.watch"

local audit = { summary = "Finds suspicious links, duplicates and large profiles in an export. It changes nothing." }

function audit.define(parser)
    definitions.export(parser)
    parser:flag("--linked", "Also list each account with linked identities.")
end

function audit.fault(given)
    if not given.users and not given.export then return "audit takes an export, or --export" end
end

function audit.needs_tenant(given)
    return given.export == true
end

function audit.interrupted(given)
    return "interrupted: there may be more findings" .. require("auth0_accounts.exports").after_interrupt(given)
end

local function teller(said, counts, watched)
    return function(finding)
        watched:finish()
        counts[finding.finding] = (counts[finding.finding] or 0) + 1
        said:value(finding)
        said:lines { ("%-18s %s"):format(finding.finding, finding.message) }
    end
end

function audit.call(tenant, given, said, world)
    local counts, watched = {}, watch.new(world, given.quiet)
    local accounts, message, failure = require("auth0_accounts.exports").use(tenant, given, world, function(source)
        return require("auth0_accounts.audit").run(source, teller(said, counts, watched), watched, given.linked)
    end)
    if not accounts then return nil, message, failure end
    return { accounts = accounts, counts = counts }
end

function audit.tell(said, value)
    local found, kinds = 0, {}
    for _, code in ipairs(json.keys(value.counts)) do
        if code ~= "linked" then
            found = found + value.counts[code]
            kinds[#kinds + 1] = ("%s %d"):format(code, value.counts[code])
        end
    end
    said:lines { ("%d %s; %d %s%s"):format(value.accounts, noun(value.accounts, "account"), found,
        noun(found, "finding"), kinds[1] and ": " .. table.concat(kinds, ", ") or "") }
    return found > 0 and stop.FAILED or nil
end

return audit
