-- Many merges with faults of all kinds, forty of them onto one primary; the client is killed at random and started
-- again. After each kill no metadata is lost, and nothing that was told is half.
local bench = require "benchmarks.support"
local budgets = require "benchmarks.budgets"
local job = require "benchmarks.merge_job"
local tenant = require "support.tenant"

local MERGES, IN_FLIGHT, KILLS = bench.is_quick and 1000 or 10000, 50, bench.is_quick and 3 or 8

tenant.start()
math.randomseed(os.time())
local result = job.run(MERGES, IN_FLIGHT, KILLS)
print(("%d merges, %d in flight, a fault for one request in ten; killed %d times, %d passes"):format(MERGES, IN_FLIGHT,
    KILLS, result.passes))
print(("told: %d merged; failures, done again: %s"):format(result.told.count, bench.codes(result.told.codes)))
local WIDTHS = { 26, 26, 26 }
budgets.line(WIDTHS, { "lost metadata", "halves", "not merged" })
budgets.line(WIDTHS, { bench.held(("%d"):format(result.lost), result.lost, "<=", 0),
    bench.held(("%d"):format(result.halves), result.halves, "<=", 0),
    bench.held(("%d"):format(MERGES - result.merged), MERGES - result.merged, "<=", 0) })
budgets.finish()
