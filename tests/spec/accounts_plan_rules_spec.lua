--- auth0-accounts plan, held against an independent writing of its rules.
local process = require "support.process"
local tenant = require "support.tenant"

local has_core = pcall(require, "auth0_accounts.core")

describe("auth0-accounts plan #load", function()
    if not has_core then return pending "it was not built: there is no SQLite" end

    it("decides of 5,000 accounts with all traps as the rules do, by each of its options", function()
        local output, status = tenant.run("tests/bulk/plan 5000 --lua " .. process.quoted(process.lua()) .. " 2>&1")
        assert.equal(0, status, output)
        assert.equal(9, select(2, output:gsub("links, 0 differences\n", "")), output)
    end)
end)
