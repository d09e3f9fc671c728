--- auth0-accounts plan, held against an independent writing of its rules.
local process = require "support.process"
local tenant = require "support.tenant"

local has_core = pcall(require, "auth0_accounts.core")

describe("auth0-accounts plan #load", function()
    if not has_core then return pending "it was not built: there is no SQLite" end

    it("decides of 5,000 accounts with all traps as the rules do, by each of its options", function()
        -- LeakSanitizer's tracer itself ends with a fault in one of the nine; the specs of plan look for leaks.
        local output, status = tenant.run('ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" tests/bulk/plan 5000 --lua '
            .. process.quoted(process.lua()) .. " 2>&1")
        assert.equal(0, status, output)
        assert.equal(9, select(2, output:gsub("links, 0 differences\n", "")), output)
    end)
end)
