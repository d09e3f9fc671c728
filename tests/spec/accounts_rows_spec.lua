--- The memory of each command that reads a journal, with more rows: a small version of tests/bulk/rows.
local preloaded = require "support.preloaded"
local process = require "support.process"
local tenant = require "support.tenant"

describe("a journal of many rows #load", function()
    it("takes no more memory than one of a few, but for a bound", function()
        if not preloaded.is_possible then return pending "a sanitizer's memory is its own" end
        local output, status = tenant.run(process.lua() .. " tests/bulk/rows.lua 1000 50 2>&1")
        assert.equal(0, status, output)
        assert.equal(10, select(2, output:gsub(": met\n", "")), output)
    end)
end)
