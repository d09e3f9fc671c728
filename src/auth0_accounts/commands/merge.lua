--- auth0-accounts merge
local definitions = require "auth0_accounts.definitions"
local merging = require "auth0_accounts.merging"
local receipts = require "auth0_accounts.receipts"
local results = require "auth0_accounts.results"

local merge = { changes = true, needs_tenant = true, look = "if the receipt's file is there, ask settle about it",
    summary = "Links the secondary to the primary, which keeps what you choose." }

function merge.define(parser)
    merging.define(parser)
    parser:option("--receipt", "File for the receipt, made before anything is changed; required without --dry-run.")
        :argname "FILE"
    definitions.dry_run(parser, "Read, but change nothing; print the requests that would change something.")
end

function merge.fault(given)
    if (given.receipt == nil) == (given.dry_run == nil) then
        return "merge takes exactly one of --receipt FILE and --dry-run"
    end
    return merging.fault(given)
end

function merge.call(tenant, given, said)
    receipts.check(given.receipt)
    local options, is_made = merging.options(given), false
    options.on_receipt = function(receipt)
        receipts.make(given.receipt, receipt)
        is_made = true
    end
    local result, message, facts = tenant:merge(given.primary, given.secondary, options)
    if is_made then receipts.keep(said, given.receipt, (result or facts).receipt) end
    if is_made and not result and facts.outcome == "unknown" then
        said:complain('"auth0-accounts settle" says later, by the receipt in %s, what became of it', given.receipt)
    end
    return result, message, facts
end

function merge.rehearse(tenant, given)
    return tenant:merge(given.primary, given.secondary, merging.options(given))
end

function merge.tell(said, result, _, given)
    said:value(result)
    said:lines(results.merge(result, given.receipt))
end

return merge
