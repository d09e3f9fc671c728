-- Every row of what this library costs beside a bare libcurl loop, and the peers beside them.
local machine = require "benchmarks.machine"
local report = require "benchmarks.report"

local facts = machine.facts()
print(table.concat(facts, "; "))
report.begin()
for part in (os.getenv "AUTH0_BENCH_ROWS" or "sequence flight once memory cold inside"):gmatch("%a+") do
    require("benchmarks.rows." .. part)()
end
if os.getenv "AUTH0_BENCH_MARKDOWN" == "yes" then report.markdown(facts) end
print(report.short == 0 and "every budget was met" or ("%d budgets were not met"):format(report.short))
os.exit(report.short == 0 and 0 or 1)
