-- Every row of what this library costs beside a bare libcurl loop, and the peers beside them.
local budgets = require "benchmarks.budgets"
local machine = require "benchmarks.machine"
local report = require "benchmarks.report"

local facts = machine.facts()
print(table.concat(facts, "; "))
report.begin()
for part in (os.getenv "AUTH0_BENCH_ROWS" or "sequence flight once memory cold inside"):gmatch("%a+") do
    require("benchmarks.rows." .. part)()
end
if os.getenv "AUTH0_BENCH_MARKDOWN" == "yes" then report.markdown(facts) end
budgets.finish()
