--- A job of merges that is killed at random and started again. tests/bench merges runs it with thousands.
local job = require "benchmarks.merge_job"
local linking = require "support.linking"

describe("a job of merges, killed at random and started again among faults of all kinds,", function()
    setup(linking.start)
    teardown(linking.stop)

    it("loses no metadata, leaves no half, and comes to its end", function()
        local result = job.run(150, 25, 2)
        assert.same({ lost = 0, halves = 0, merged = 150, told = 150 }, { lost = result.lost, halves = result.halves,
            merged = result.merged, told = result.told.count })
        assert.is_true(result.passes > 2)
    end)
end)
