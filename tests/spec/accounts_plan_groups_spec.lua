--- auth0-accounts plan: which accounts are duplicates, and which one of them is the primary.
local has_core = pcall(require, "auth0_accounts.core")
local exported = require "support.exported"
local json = require "auth0.json"
local planning = require "support.planning"
local process = require "support.process"

if not has_core then
    return describe("the groups of a plan", function() pending "it was not built: there is no SQLite" end)
end

local account = exported.account
local concat, decided, lines_of, planned, run, short =
    planning.concat, planning.decided, planning.lines_of, planning.planned, planning.run, planning.short
local TRUSTED = planning.TRUSTED

after_each(exported.remove)

describe("which accounts are duplicates: a plan", function()
    it("folds the letters A to Z, and nothing else", function()
        local accounts = {}
        for i, email in ipairs { "Ann@Example.COM", "ann@example.com", "a.nn@example.com", "ann+shop@example.com",
            "\195\132nn@example.com", "\195\164nn@example.com", "\208\176nn@example.com", "ann@example.com ",
            "ann@example.com." } do
            accounts[i] = account("github|" .. i, { email = email })
        end
        assert.same({ "github|1 <- github|2" }, decided(accounts))
    end)

    it("leaves out accounts without an address, or with an odd one", function()
        assert.same({}, decided { account("github|1", { email = "" }), account("github|2", { email = "" }),
            account("github|3", { email = json.null }), account("github|4", { email = json.null }),
            account("github|5", { email = 7 }), account("github|6", { email = 7 }),
            account("github|7", { email = { "a" } }), account("github|8", { email = { "a" } }),
            '{"user_id":"github|9"}', '{"user_id":"github|10"}' })
    end)

    it("does not look at the addresses of linked identities", function()
        local linked = account "github|1"
        linked.identities[2] = { provider = "apple", user_id = "9", connection = "apple", isSocial = true,
            profileData = { email = "bob@example.com", email_verified = true } }
        assert.same({}, decided { linked, account("google-oauth2|2", { email = "bob@example.com" }) })
    end)

    it("puts groups in the order of their addresses, wherever they stand in the export", function()
        local lines = planned { account("github|1", { email = "z@example.com" }),
            account("github|2", { email = "b@example.com" }), account("github|3", { email = "Z@example.com" }),
            account("github|4", { email = "B@example.com" }) }
        assert.same({ "github|2 <- github|4", "github|1 <- github|3" }, short(lines))
        assert.same({ 1, 2, 1, 2 }, { lines[1].group, lines[2].group, lines[1].line, lines[2].line })
    end)

    it("takes an address for no person's that more than 1,000 accounts have", function()
        local accounts = {}
        for i = 1, 1001 do accounts[i] = account("github|" .. i) end
        local lines = planned(accounts)
        assert.same({ 1, "too_many_accounts", 1001, { "too_many_accounts" } },
            { #lines, lines[1].skipped, #lines[1].accounts, lines[1].reasons })
        accounts[1001] = nil
        assert.equal("github|1", planned(accounts)[1].primary.user_id)
    end)

    it("leaves groups alone of which the export has an account twice", function()
        assert.same({ "listed_twice: github|1 github|2", "listed_twice: github|1 github|3",
            "listed_twice: github|9 github|9" }, decided { account "github|1", account "github|2",
            account("github|1", { email = "bob@example.com" }), account("github|3", { email = "bob@example.com" }),
            account("github|9", { email = "eve@example.com" }), account("github|9", { email = "eve@example.com" }) })
    end)
end)

describe("which account is the primary: a plan", function()
    local function made(id, year, logins, connection)
        local one = account(id, { created_at = year .. "-01-01T00:00:00.000Z", logins_count = logins })
        one.identities[1].connection = connection or one.identities[1].connection
        return one
    end
    local four = { made("github|1", 2021, 5), made("github|2", 2020, 3), made("github|3", 2022, 9, "google-oauth2"),
        made("github|4", 2020, 4) }

    local function order(rule, accounts)
        local list = {}
        for _, text in ipairs(decided(accounts or four, "--primary", rule)) do
            local primary, secondary = text:match "^(.*) <%- (.*)$"
            list[1] = primary
            list[#list + 1] = secondary
        end
        return table.concat(list, " "):gsub("github|", "")
    end

    it("follows the rule, and puts the others in its order", function()
        assert.equal("4 2 1 3", order "oldest")
        assert.equal("3 1 4 2", order "newest")
        assert.equal("3 1 4 2", order "most-logins")
        assert.equal("3 4 2 1", order "connection=google-oauth2,github")
        assert.equal("4 2 1 3", order "connection=apple,github")
        assert.equal("4 2 1 3", order "connection=github,google-oauth2")
    end)

    it("settles ties by logins, by age and at last by the id", function()
        local same = { made("github|9", 2020, 1), made("github|10", 2020, 1), made("github|b", 2020, 1) }
        for _, rule in ipairs { "oldest", "newest", "most-logins", "connection=apple" } do
            assert.equal("10 9 b", order(rule, same))
        end
    end)

    it("puts accounts last whose created_at cannot be compared", function()
        for _, odd in ipairs { "2019", "yesterday", 5, json.null } do
            local one = account("github|1", { created_at = odd, logins_count = "many" })
            for _, rule in ipairs { "oldest", "newest" } do
                assert.equal("2 1", order(rule, { one, made("github|2", 2020, 0) }))
            end
        end
    end)

    it("counts logins to the last digit that Lua has", function()
        local text = json.encode(made("github|1", 2025, 7)):gsub('"logins_count":7', '"logins_count":2e400')
        assert.equal("1 2", order("most-logins", { text, made("github|2", 2020, 9007199254740993) }))
    end)

    it("refuses another rule, with the choices", function()
        for _, rule in ipairs { "tallest", "connection=", "connection=,", "" } do
            local told = run { "plan", "users", "--primary", rule }
            assert.equal(2, told.code)
            assert.truthy(told.err:find("expected oldest, newest, most-logins or connection=NAME,NAME", 1, true))
        end
    end)

    it("chooses among those that may be linked at all", function()
        local lines = planned {
            account("github|1", { email_verified = "true", created_at = "2001-01-01T00:00:00.000Z" }),
            account("github|2", { blocked = true, created_at = "2002-01-01T00:00:00.000Z" }),
            account("github|3", { created_at = "2003-01-01T00:00:00.000Z" }), account "github|4" }
        assert.same({ "github|3 <- github|4", "email_not_verified: github|1", "blocked: github|2" }, short(lines))
        assert.same({ { "email_not_verified" }, { "blocked" } }, { lines[2].reasons, lines[3].reasons })
    end)

    local function with_ids(text, accounts, ...)
        local ids = process.file(text)
        local told = run(concat({ "plan", exported.file(accounts), "--primary-file", ids, ... }, TRUSTED))
        os.remove(ids)
        return told
    end

    local function decided_with_ids(text, accounts)
        local output = exported.name()
        local told = with_ids(text, accounts, "-o", output)
        assert.same({ 0, "" }, { told.code, told.err })
        return short((lines_of(output))), told.out
    end

    it("is named by --primary-file, and counts ids that are in no group", function()
        local lines, out = decided_with_ids("github|3\r\n\ngithub|77\n", four)
        assert.equal("github|3 <- github|4", lines[1])
        assert.truthy(out:find("\nnote: 1 id of [^\n]+ is in no group\n"), out)
        assert.same({ "several_primaries: github|1 github|2 github|3 github|4" },
            (decided_with_ids("github|3\ngithub|1", four)))
        assert.equal("github|4 <- github|2", decided_with_ids("github|77", four)[1])
    end)

    it("is no other one where the named one has to be set aside", function()
        local accounts = { account("github|1", { blocked = true }), account "github|2", account "github|3" }
        assert.same({ "blocked: github|1 github|2 github|3" }, (decided_with_ids("github|1", accounts)))
    end)

    it("refuses a file of something else than ids", function()
        local told = with_ids("github|1\nann@example.com\n", four)
        assert.equal(2, told.code)
        assert.truthy(told.err:find(":2: is no account's full id", 1, true), told.err)
        assert.equal(2, run({ "plan", exported.file(four), "--primary-file", "/nowhere/ids" }).code)
    end)

    local function with_rules(text, accounts)
        local rules, output = process.file(text), exported.name()
        local told = run(concat({ "plan", exported.file(accounts), "--choose", rules, "-o", output }, TRUSTED))
        os.remove(rules)
        return told, output
    end

    it("is chosen by a function of the administrator's, which cannot change what is judged", function()
        local told, output = with_rules([[return function(group)
            assert(group.folded == "ann@example.com" and #group == 4)
            for _, account in ipairs(group) do account.email_verified = false end
            return group[3].user_id
        end]], four)
        assert.same({ 0, "" }, { told.code, told.err })
        assert.equal("github|3 <- github|4", short((lines_of(output)))[1])
    end)

    it("is none where the function says so, with its reason", function()
        local _, output = with_rules("return function() return nil, 'no customer' end", four)
        local line = lines_of(output)[1]
        assert.same({ "not_chosen", "no customer", { "not_chosen" } }, { line.skipped, line.message, line.reasons })
    end)

    it("is not one that the function made up, and a function that is none ends the command", function()
        for text, message in pairs {
            ["return function() return 'github|77' end"] = "returned github|77, which is no account of the group",
            ["return function() return true end"] = "returned true, which is no account of the group",
            ["return 7"] = "returns a number, and no function(group)",
            ["return function("] = "expected",
            ["error 'no rules today'"] = "no rules today",
        } do
            local told = with_rules(text, four)
            assert.equal(2, told.code)
            assert.truthy(told.err:find(message, 1, true), told.err)
        end
        assert.equal(2, run({ "plan", exported.file(four), "--choose", "/nowhere/rules.lua" }).code)
    end)
end)
