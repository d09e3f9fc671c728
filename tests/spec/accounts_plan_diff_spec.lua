--- auth0-accounts plan --diff: what has changed between two plans.
local has_core = pcall(require, "auth0_accounts.core")
local core = require "auth0.core"
local exported = require "support.exported"
local planning = require "support.planning"
local process = require "support.process"

if not has_core then
    return describe("auth0-accounts plan --diff", function() pending "it was not built: there is no SQLite" end)
end

local account = exported.account
local concat, run = planning.concat, planning.run
local TRUSTED = planning.TRUSTED

after_each(exported.remove)

describe("auth0-accounts plan --diff", function()
    local before = { account "github|1", account "apple|2", account("github|3", { email = "bob@example.com" }),
        account("apple|4", { email = "bob@example.com", blocked = true }),
        account("github|5", { email = "eve@example.com" }), account("apple|6", { email = "eve@example.com" }),
        account("github|7", { email = "joe@example.com" }), account("apple|8", { email = "joe@example.com" }) }
    local old

    before_each(function()
        old = exported.name()
        run(concat({ "plan", exported.file(before), "-o", old }, TRUSTED))
    end)

    local function differ(accounts)
        local told = run(concat({ "plan", exported.file(accounts), "--diff", old, "--json" }, TRUSTED))
        local changes = {}
        for line in told.out:gmatch "[^\n]+" do changes[#changes + 1] = core.decode(line) end
        changes[#changes] = nil -- the summary
        return changes, told.code
    end

    it("says that nothing has changed", function()
        assert.same({ {}, 0 }, { differ(before) })
    end)

    it("names what has changed of each account, and ends with 1", function()
        local changes, code = differ { before[1], account("apple|2", { email_verified = "no" }), before[3],
            account("apple|4", { email = "bob@example.com" }), account("github|5", { email = "eve@example.com",
                created_at = "2026-01-01T00:00:00.000Z" }), before[6], account("github|7", { email = "joe@example.com",
                logins_count = 2 }), before[8] }
        assert.equal(1, code)
        assert.same({
            { account = "apple|2", before = "primary", after = "email_not_verified" },
            { account = "apple|4", before = "blocked", after = "primary" },
            { account = "apple|8", before = "primary", after = "link", primary_after = "github|7" },
            { account = "github|1", before = "link", after = "email_not_verified", primary_before = "apple|2" },
            { account = "github|3", before = "blocked", after = "link", primary_after = "apple|4" },
            { account = "github|5", before = "link", after = "link", primary_before = "apple|6",
                primary_after = "apple|6", fields = { "secondary.created_at" } },
            { account = "github|7", before = "link", after = "primary", primary_before = "apple|8" },
        }, changes)
    end)

    it("prints it for people", function()
        local told = run(concat({ "plan", exported.file { before[1], account("apple|2", { blocked = true }) }, "--diff",
            old }, TRUSTED))
        assert.truthy(told.out:find("github|1: left alone: blocked; before: linked to apple|2\n", 1, true), told.out)
        assert.truthy(told.out:find("apple|6: in no group; before: a primary\n", 1, true), told.out)
    end)

    it("refuses what is no plan, a plan that is not whole, and another tenant's", function()
        local function refused(text)
            local name = process.file(text)
            local told = run { "plan", exported.file(before), "--diff", name }
            os.remove(name)
            assert.equal(2, told.code)
            return told.err
        end
        local text = process.read(old)
        assert.truthy(refused "":find("is no plan", 1, true))
        assert.truthy(refused(exported.text(before)):find("is no plan", 1, true))
        assert.truthy(refused(text:gsub("[^\n]*\n$", "")):find("it was cut or edited", 1, true))
        assert.truthy(refused(text:gsub("\n{", "\nx{", 1)):find(":2: ", 1, true))
        assert.truthy(refused(text:gsub('"primary":{.-}}', '"primary":7', 1)):find("is no link between two", 1, true))
        assert.truthy(refused(text:gsub("acme", "other")):find("is a plan for other.eu.auth0.com", 1, true))
        assert.equal(2, run({ "plan", exported.file(before), "--diff", "/nowhere/plan" }).code)
    end)
end)
