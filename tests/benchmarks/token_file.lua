-- Eight processes started cold, 1,000 links in all, one token_file.
local bench = require "benchmarks.support"
local budgets = require "benchmarks.budgets"
local shared = require "benchmarks.shared"
local tenant = require "support.tenant"

local LINKS = bench.is_quick and 200 or 1000

local WIDTHS = { 26, 26, 20, 20, 10 }

local function row(name, revoke, tokens)
    local result = shared.run(8, LINKS, revoke)
    if revoke then name = ("%s after %d"):format(name, result.revoked_at) end
    budgets.line(WIDTHS, { name, bench.held(("%d"):format(result.tokens), result.tokens, "<=", tokens),
        bench.held(("%d"):format(result.lost), result.lost, "<=", 0),
        bench.held(("%d"):format(result.failed), result.failed, "<=", 0) })
    if result.failed > 0 then print("    told as failures: " .. bench.codes(result.codes)) end
end

tenant.start()
print(("%d links by 8 processes, one token_file"):format(LINKS))
budgets.line(WIDTHS, { "", "tokens fetched", "lost links", "told as failures" })
row("cold", false, 1)
row("revoked", true, 2)
budgets.finish()
