--- auth0-accounts settle
local receipts = require "auth0_accounts.receipts"
local results = require "auth0_accounts.results"
local stop = require "auth0_accounts.stop"

local settle = { needs_tenant = true,
    summary = "Prints what became of a merge whose outcome was unknown. It changes nothing at the tenant." }

function settle.define(parser)
    parser:argument("receipt", "The file that merge made."):argname "RECEIPT"
end

function settle.call(tenant, given, said)
    return receipts.ask(given, said, function(receipt, options) return tenant:settle(receipt, options) end)
end

function settle.tell(said, result)
    said:value(result)
    said:lines(results.settle(result))
    return result.state == "unknown" and stop.FAILED or nil
end

return settle
