--- A job that is killed in the middle and started again. tests/bench links runs it with thousands.
local job = require "benchmarks.job"
local linking = require "support.linking"

describe("a job of links, killed in the middle and started again among faults of all kinds,", function()
    setup(linking.start)
    teardown(linking.stop)

    it("loses none, doubles none, and was told no lie", function()
        local result = job.run(300, 50)
        assert.is_true(result.killed_at < 300, "it was killed too late")
        assert.same({ told = 300, lost = 0, doubled = 0, lies = 0 }, { told = result.told.count, lost = result.lost,
            doubled = result.doubled, lies = result.lies })
    end)
end)
