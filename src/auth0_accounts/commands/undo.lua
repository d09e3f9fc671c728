--- auth0-accounts undo
local receipts = require "auth0_accounts.receipts"
local stop = require "auth0_accounts.stop"
local words = require "auth0_accounts.words"

local undo = { changes = true, needs_tenant = true, look = "ask for the undo again",
    summary = "Takes a merge back, as far as the API allows." }

function undo.define(parser)
    parser:argument("receipt", "The file that merge made."):argname "RECEIPT"
end

function undo.call(tenant, given, said)
    return receipts.ask(given, said, function(receipt, options) return tenant:undo(receipt, options) end)
end

function undo.tell(said, result)
    said:value(result)
    said:lines(words.undo(result))
    return #result.conflicts > 0 and stop.FAILED or nil
end

return undo
