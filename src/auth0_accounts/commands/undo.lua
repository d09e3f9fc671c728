--- auth0-accounts undo: by the receipt of one merge, or by the journal of a plan.
local definitions = require "auth0_accounts.definitions"
local receipts = require "auth0_accounts.receipts"
local regular = require "auth0_accounts.regular"
local results = require "auth0_accounts.results"
local stop = require "auth0_accounts.stop"

local undo = { changes = true, needs_tenant = true, look = "ask for the undo again",
    summary = "Takes a merge back, or all that a journal says was made, as far as the API allows." }

function undo.define(parser)
    parser:argument("receipt", "The file that merge made, or the journal that apply made."):argname "RECEIPT|JOURNAL"
    parser:option("--approve", "With a journal: the SHA-256 of its plan. Without it, undo shows what it would do, "
        .. "and asks at a terminal; elsewhere it changes nothing.")
        :argname "SHA256"
    definitions.bulk(parser)
    parser:option("--limit", "With a journal: links to take back in this run at most."):argname "N"
        :convert(definitions.whole(1))
    parser:option("--max-failures", "With a journal: failures after which no link is begun any more (default: 1).")
        :argname "N":convert(definitions.whole(1))
end

undo.options = definitions.bulk_options

-- The first bytes of every SQLite database.
local function is_journal(name)
    local file = regular.is(name) and io.open(name, "rb")
    local first = file and file:read(16)
    if file then file:close() end
    return first == "SQLite format 3\0"
end

function undo.call(tenant, given, said, world)
    if is_journal(given.receipt) then
        return require("auth0_accounts.apply.undo_call")(tenant, given, said, world)
    end
    return receipts.ask(given, said, function(receipt, options) return tenant:undo(receipt, options) end)
end

function undo.tell(said, result)
    if result.tell then return result.tell(said) end
    said:value(result)
    said:lines(results.undo(result))
    return #result.conflicts > 0 and stop.FAILED or nil
end

return undo
