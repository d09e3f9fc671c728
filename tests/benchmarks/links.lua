-- Many links with faults of all kinds, in HTTP/2, where one that ends a connection takes its neighbours along; the
-- client is killed in the middle and started again.
local bench = require "benchmarks.support"
local budgets = require "benchmarks.budgets"
local job = require "benchmarks.job"
local tenant = require "support.tenant"

local LINKS, IN_FLIGHT = bench.is_quick and 1000 or 10000, 50

tenant.start()
local result = job.run(LINKS, IN_FLIGHT)
local told, seen = result.told, result.seen
print(("%d links, %d in flight, a fault for one request in ten; killed when %d were told, then %d passes"):format(LINKS,
    IN_FLIGHT, result.killed_at, result.passes - 1))
print(("requests: %d links, %d reads, %d tokens"):format(seen.requests[bench.LINK], seen.requests[bench.READ] or 0,
    seen.requests[bench.TOKEN]))
print(("told: %d linked, %d of them were linked already; %d failures, done again: %s"):format(told.count, told.already,
    told.failed, bench.codes(told.codes)))
local WIDTHS = { 26, 26, 26 }
budgets.line(WIDTHS, { "lost links", "doubled links", "lies" })
budgets.line(WIDTHS, { bench.held(("%d"):format(result.lost), result.lost, "<=", 0),
    bench.held(("%d"):format(result.doubled), result.doubled, "<=", 0),
    bench.held(("%d"):format(result.lies), result.lies, "<=", 0) })
budgets.finish()
