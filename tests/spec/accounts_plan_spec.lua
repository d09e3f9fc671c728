--- auth0-accounts plan: which accounts it links, which it leaves alone, and the file that says so.
local has_core, accounts_core = pcall(require, "auth0_accounts.core")
local auth0 = require "auth0"
local command = require "support.command"
local core = require "auth0.core"
local exported = require "support.exported"
local json = require "auth0.json"
local mock_tenant = require "auth0.mock"
local process = require "support.process"
local tenant = require "support.tenant"

if not has_core then
    return describe("auth0-accounts plan", function() pending "it was not built: there is no SQLite" end)
end

local account = exported.account
local DOMAIN = "acme.eu.auth0.com"
local TRUSTED = { "--trust-connection", "google-oauth2", "--trust-connection", "github", "--trust-connection", "apple",
    "--trust-connection", "Users", "--trust-connection", "corp", "--trust-connection", "samlp" }

local function run(arguments, environment)
    return command.run(mock_tenant.new(), arguments, environment or { AUTH0_DOMAIN = DOMAIN })
end

local function concat(...)
    local list = {}
    for _, part in ipairs { ... } do
        for _, entry in ipairs(part) do list[#list + 1] = entry end
    end
    return list
end

local function lines_of(path)
    local list = {}
    for line in io.lines(path) do list[#list + 1] = assert(core.decode(line)) end
    local header = table.remove(list, 1)
    return list, header
end

-- The lines of the plan of these accounts, with everything trusted.
local function planned(accounts, ...)
    local output = exported.name()
    local told = run(concat({ "plan", exported.file(accounts), "-o", output }, TRUSTED, { ... }))
    assert.same({ 0, "" }, { told.code, told.err })
    local lines, header = lines_of(output)
    return lines, header, process.read(output)
end

-- "primary <- secondary" of a link; "code: accounts" of what is left alone.
local function short(lines)
    local list = {}
    for i, line in ipairs(lines) do
        list[i] = line.line and ("%s <- %s"):format(line.primary.user_id, line.secondary.user_id)
            or ("%s: %s"):format(line.skipped, table.concat(line.accounts, " "))
    end
    return list
end

local function decided(accounts, ...)
    return short((planned(accounts, ...)))
end

after_each(exported.remove)

describe("auth0-accounts plan", function()
    local pair = { account "google-oauth2|1", account("github|2", { email = "ANN@example.com" }) }

    it("leaves everything alone as long as no connection is trusted, and says so", function()
        local told = run { "plan", exported.file(pair) }
        assert.same({ 0, "" }, { told.code, told.err })
        assert.truthy(told.out:find("\n         0 links\n", 1, true), told.out)
        assert.truthy(told.out:find("\n         1   connection_not_trusted (2 accounts)\n"
            .. "Accounts of these groups whose connection is not one of --trust-connection:\n"
            .. "         1 github\n         1 google-oauth2\n", 1, true), told.out)
        local output = exported.name()
        run { "plan", exported.file(pair), "-o", output }
        assert.same({ "connection_not_trusted: github|2 google-oauth2|1" }, short((lines_of(output))))
    end)

    it("writes a link with its accounts, its evidence and what is lost", function()
        local lines, header = planned { account("google-oauth2|1", { user_metadata = { a = 1 }, app_metadata = {} }),
            account("github|2", { email = "ANN@example.com", created_at = "2021-01-01T00:00:00.000Z",
                user_metadata = { a = 2, b = { 3 } }, last_login = "2022-01-01T00:00:00.000Z" }) }
        local line = lines[1]
        assert.same({ 1, 1, "federated", "google-oauth2|1" },
            { line.line, line.group, line.class, line.primary.user_id })
        assert.same({ folded = "ann@example.com", emails = { "ANN@example.com", "ann@example.com" }, verified = true,
            connections = { "google-oauth2", "github" } }, line.evidence)
        assert.same({ user_id = "github|2", email = "ANN@example.com", email_verified = true, blocked = false,
            created_at = "2021-01-01T00:00:00.000Z", last_login = "2022-01-01T00:00:00.000Z", logins_count = 1,
            identities = { "github|2" }, connections = { "github" },
            digests = { user_metadata = accounts_core.digest '{"b":[3],"a":2}',
                app_metadata = accounts_core.digest "{}" } }, line.secondary)
        local patch = '{"user_metadata":{"b":[3]}}'
        assert.same({ bytes = #patch, sha256 = accounts_core.sha256(patch) }, line.patch)
        assert.same({ "id", "user_metadata" }, line.lost)
        assert.same({ 1, 1, 0, 2 }, { header.plan, header.links, header.skipped, header.source.accounts })
        assert.same({ proof = "shared_email", trusted_connections = { "google-oauth2", "github", "apple", "Users",
            "corp", "samlp" }, password_merge = false, enterprise_merge = false, primary = "oldest",
            user_metadata = "primary_wins", app_metadata = "discard", union = {} }, header.options)
    end)

    it("names the ten connections that matter most and are not trusted", function()
        local accounts = {}
        for i = 1, 12 do
            for j = 1, i do accounts[#accounts + 1] = account(("p%d|%d"):format(i, j)) end
        end
        local out = run({ "plan", exported.file(accounts), "--trust-connection", "p12" }).out
        assert.truthy(out:find("\n        11 p11\n        10 p10\n", 1, true), out)
        assert.truthy(out:find("\n         2 p2\n           and of 1 more\n", 1, true), out)
    end)

    it("hands the choices for metadata on", function()
        local lines, header = planned({ account("google-oauth2|1", { app_metadata = { x = { y = { 1 } } } }),
            account("github|2", { app_metadata = { x = { y = { 2 }, z = 3 } } }) }, "--app-metadata", "deep", "--union",
            "x.y", "--user-metadata", "discard")
        local patch = '{"app_metadata":{"x":{"y":[2,1],"z":3}}}'
        assert.equal(accounts_core.sha256(patch), lines[1].patch.sha256)
        assert.same({ "deep", "discard", { "x.y" } },
            { header.options.app_metadata, header.options.user_metadata, header.options.union })
    end)

    it("prints the digest of the file, which its user alone can read", function()
        local output = exported.name()
        local told = run(concat({ "plan", exported.file(pair), "-o", output }, TRUSTED))
        assert.truthy(told.out:find("\nsha256: " .. accounts_core.sha256(process.read(output)) .. "\n", 1, true))
        assert.equal("600\n", (tenant.run("stat -c %a " .. output)))
        assert.equal(output .. "\n", exported.beside(output))
    end)

    it("replaces no file unless --overwrite says so", function()
        local output = process.file "another's"
        local told = run { "plan", exported.file(pair), "-o", output }
        assert.equal(2, told.code)
        assert.truthy(told.err:find("is there already: give another name, or add --overwrite", 1, true), told.err)
        assert.equal("another's", process.read(output))
        assert.equal(0, run({ "plan", exported.file(pair), "-o", output, "--overwrite" }).code)
        assert.equal(1, select(2, lines_of(output)).plan)
        os.remove(output)
    end)

    it("leaves no file where it cannot be written, or does not come to its end", function()
        local told = run { "plan", exported.file(pair), "-o", "/nowhere/plan" }
        assert.equal(1, told.code)
        assert.truthy(told.err:find("/nowhere/plan: cannot be made (No such file or directory)", 1, true), told.err)
        local rules, output = process.file "return function() error 'broken' end", exported.name()
        told = run { "plan", exported.file(pair), "-o", output, "--choose", rules }
        os.remove(rules)
        assert.equal(2, told.code)
        assert.truthy(told.err:find("broken", 1, true), told.err)
        assert.equal("", exported.beside(output))
    end)

    -- In a process of its own, with a folder for its files.
    local function start(folder, before, arguments)
        local words = { before, process.environment { AUTH0_DOMAIN = DOMAIN, TMPDIR = folder }, process.lua(),
            "src/auth0_accounts/command.lua plan" }
        return tenant.run(("(%s) 2>&1"):format(table.concat(concat(words, arguments, TRUSTED), " ")))
    end

    it("leaves nothing behind where it is interrupted, and ends with 130", function()
        local folder, rules = exported.name(), process.file [[return function()
            io.popen("kill -INT $PPID"):close()
            while true do end
        end]]
        tenant.run("mkdir " .. folder)
        local said, code = start(folder, "timeout --foreground 60",
            { exported.file(pair), "--choose", rules, "-o", folder .. "/plan" })
        os.remove(rules)
        assert.same({ "auth0-accounts: interrupted\n", 130 }, { said, code })
        assert.equal("", (tenant.run("ls " .. folder .. "; rmdir " .. folder)))
    end)

    it("leaves nothing behind where there is no room for it", function()
        local folder, accounts = exported.name(), {}
        for i = 1, 40 do accounts[i] = account("github|" .. i) end
        tenant.run("mkdir " .. folder)
        local said, code = start(folder, "trap '' XFSZ; ulimit -f 4;",
            { exported.file(accounts), "-o", folder .. "/plan" })
        assert.equal(1, code)
        assert.truthy(said:find("/plan: cannot be written (File too large); it was not made\n", 1, true), said)
        assert.equal("", (tenant.run("ls " .. folder .. "; rmdir " .. folder)))
    end)

    it("takes files whose names are not UTF-8", function()
        local name = exported.name() .. "\255"
        tenant.run(("cp %s '%s'"):format(exported.file(pair), name))
        local output = exported.name()
        assert.equal(0, run({ "plan", name, "-o", output }).code)
        assert.truthy(select(2, lines_of(output)).source.file:find("\\xff", 1, true))
        os.remove(name)
    end)

    it("reads gzip", function()
        local name = exported.file(pair)
        tenant.run("gzip -k " .. name)
        assert.truthy(run({ "plan", name .. ".gz" }).out:find("\n         1 groups with the same address\n", 1, true))
    end)

    it("ends at a line that is no account, with its number, and writes nothing", function()
        for _, line in ipairs { "{", '{"email":"ann@example.com"}', "null", '{"user_id":"a|1"} x' } do
            local output, name = exported.name(), exported.file { pair[1], line, pair[2] }
            local told = run { "plan", name, "-o", output }
            assert.equal(2, told.code)
            assert.truthy(told.err:find(name .. ":2: ", 1, true), told.err)
            assert.truthy(told.err:find("an export has one account a line", 1, true), told.err)
            assert.equal("", exported.beside(output))
        end
    end)

    it("needs an export, and a domain", function()
        assert.equal(2, run({ "plan" }).code)
        local told = run { "plan", "/nowhere/users" }
        assert.equal(2, told.code)
        assert.truthy(told.err:find("/nowhere/users: cannot be read", 1, true), told.err)
        assert.equal(3, run({ "plan", exported.file(pair) }, {}).code)
        local said, code = tenant.run(("cat %s | %s %s src/auth0_accounts/command.lua plan /dev/stdin 2>&1"):format(
            exported.file(pair), process.environment { AUTH0_DOMAIN = DOMAIN }, process.lua()))
        assert.equal(2, code)
        assert.truthy(said:find("/dev/stdin: is read twice", 1, true), said)
    end)

    it("says what hostile names hold, and lets them steer nothing", function()
        local hostile = "ann\27[2m\226\128\174\127@example.com"
        local lines, _, text = planned { account("google-oauth2|1\226\128\174", { email = hostile }),
            account("github|2", { email = hostile, blocked = true }) }
        assert.equal(hostile, lines[1].folded)
        assert.is_nil(text:find("[\27\127-\255]"))
        local told = run { "plan", exported.file { account("github|\27[2J"), account("github|2") }, "--json" }
        assert.is_nil(told.out:find("[\27\226]"))
        local rules = process.file "return function() return nil, 'because \27[2J' end"
        local output = exported.name()
        run { "plan", exported.file(pair), "--choose", rules, "-o", output }
        os.remove(rules)
        assert.equal("because \\x1b[2J", lines_of(output)[1].message)
    end)

    it("says on a terminal what it does, on one line, which it removes", function()
        local arguments, environment = { "plan", exported.file(pair) }, { AUTH0_DOMAIN = DOMAIN }
        local told = command.run(mock_tenant.new(), arguments, environment, nil, 30)
        assert.equal("\rlooking for accounts with the" .. "\r" .. (" "):rep(29) .. "\r", told.err)
        arguments[3] = "--quiet"
        assert.equal("", command.run(mock_tenant.new(), arguments, environment, nil, 30).err)
    end)

    it("counts the calls of apply: a read for each spelling of the two, a patch where there is one, a link", function()
        local told = run(concat({ "plan", exported.file { account "github|1", account("github|2",
            { user_metadata = { a = 1 } }), account("github|3", { email = "ANN@example.com" }) }, "--json" }, TRUSTED))
        assert.same({ read = 3, write = 3 }, core.decode(told.out).calls)
    end)

    it("prints the summary as JSON", function()
        local told = run(concat({ "plan", exported.file(pair), "--json", "--rate", "100" }, TRUSTED))
        local summary = core.decode(told.out)
        assert.same({ 2, 1, 1, 0, { federated = 1 }, { read = 2, write = 1 } }, { summary.accounts, summary.groups,
            summary.links, summary.skipped, summary.links_by_class, summary.calls })
        assert.equal("this tenant, 100 a second", summary.hours[1].limit)
    end)
end)

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
        assert.truthy(out:find("\nnote: 1 ids of ", 1, true), out)
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

describe("what a plan leaves alone:", function()
    local function left(one, other, ...)
        local lines = planned({ one, other or account("apple|9", { created_at = "2001-01-01T00:00:00.000Z" }) }, ...)
        assert.equal(1, #lines)
        return lines[1].reasons and table.concat(lines[1].reasons, " ") or "linked"
    end

    it("addresses that are not verified, whatever says so but true", function()
        for _, value in ipairs { false, "true", "ann@example.com", 1, json.null } do
            assert.equal("email_not_verified", left(account("github|1", { email_verified = value })))
        end
    end)

    it("blocked accounts", function()
        assert.equal("linked", left(account("github|1", { blocked = false })))
        for _, value in ipairs { true, "false", 0 } do
            assert.equal("blocked", left(account("github|1", { blocked = value })))
        end
    end)

    it("a second factor that the primary has not", function()
        local strong = { multifactor = json.array { "guardian" } }
        assert.equal("weaker_factors", left(account("github|1", strong)))
        assert.equal("linked", left(account("github|1", strong),
            account("apple|9", { created_at = "2001-01-01T00:00:00.000Z", multifactor = json.array { "guardian" } })))
    end)

    it("accounts with linked identities of their own, unless they are the primary", function()
        local linked = account "github|1"
        linked.identities[2] = { provider = "apple", user_id = "8", connection = "apple", isSocial = true,
            profileData = { email = "ann@example.com" } }
        assert.equal("has_secondaries", left(linked))
        assert.equal("linked", left(linked, account("apple|9", { created_at = "2021-01-01T00:00:00.000Z" })))
    end)

    it("an account that stands beside its own identity in the primary", function()
        local holder = account("apple|9", { created_at = "2001-01-01T00:00:00.000Z" })
        holder.identities[2] = { provider = "github", user_id = 1, connection = "github", isSocial = true }
        assert.equal("already_linked", left(account "github|1", holder))
    end)

    it("passwords, unless --password-merge says so", function()
        assert.equal("password_account", left(account "auth0|1"))
        local message = planned({ account "auth0|1", account "apple|9" })[1].message
        assert.truthy(message:find("--password-merge", 1, true) and not message:find "password_merge", message)
        local lines = planned({ account "auth0|1", account "apple|9" }, "--password-merge")
        assert.equal("password", lines[1].class)
    end)

    it("a company's account that meets a private one, unless --enterprise-merge says so", function()
        local company = account "samlp|corp|1"
        company.identities[1].isSocial, company.identities[1].connection = false, "corp"
        for _, private in ipairs { account "apple|9", account "auth0|9" } do
            assert.equal("mixed_enterprise", left(company, private))
        end
        local lines = planned({ company, account "apple|9" }, "--enterprise-merge")
        assert.equal("enterprise", lines[1].class)
        local another = account "samlp|corp|2"
        another.identities[1].isSocial, another.identities[1].connection = nil, "corp"
        assert.equal("linked", left(company, another))
    end)

    it("lines that are no account as the API has it", function()
        for _, odd in ipairs { account("github|1", { identities = false }), account("github|1", { identities = {} }),
            account("github|1", { identities = "none" }), account("github|1", { user_metadata = { 1 } }),
            account("github|1", { identities = json.array { 7 } }),
            '{"user_id":"github|1","email":"ann@example.com","email":"ann@example.com","email_verified":true,'
            .. '"identities":[{"provider":"github","user_id":"1","connection":"github","isSocial":true}]}' } do
            assert.equal("unreadable", left(odd))
            assert.truthy(planned({ odd, account "apple|9" })[1].message:find("the line of the ", 1, true))
            for _, other in ipairs { "apple|9", "google-oauth2|9" } do -- the primary, and the secondary
                assert.equal("email_not_verified unreadable", left(odd, account(other, { email_verified = false })))
            end
        end
    end)

    it("accounts whose metadata is nested too deeply, and those alone: a user may write it so", function()
        local function nested(id, depth)
            return json.encode(account(id, { user_metadata = { a = 1 } })):gsub('"a":1', '"a":' .. ("["):rep(depth)
                .. ("]"):rep(depth))
        end
        for _, depth in ipairs { 64, 5000 } do
            assert.equal("unreadable", left((nested("github|1", depth))))
            local lines = planned { (nested("github|1", depth)), account "apple|9", account "github|3" }
            assert.same({ "link", { "unreadable" } }, { lines[1].line and "link", lines[2].reasons })
        end
    end)

    it("ids that cannot be one, beside what stands against the other account", function()
        for _, id in ipairs { "github", "|1", "github|\1" } do
            local one = account("github|1", { user_id = id })
            assert.equal("unreadable", left(one))
            assert.equal("blocked unreadable", left(one, account("apple|9", { blocked = true })))
            one.created_at = "2000-01-01T00:00:00.000Z"
            assert.equal("blocked unreadable", left(one, account("apple|9", { blocked = true })))
            assert.equal("unreadable", left(one, account("apple|9", { user_id = "\n" })))
        end
    end)

    it("lines that are nested deeper than what can be judged, beside what stands against the others", function()
        local deep = account("github|1", { user_metadata = "@" })
        deep = json.encode(deep):gsub('"@"', (('{"a":'):rep(62) .. "1" .. ("}"):rep(62)))
        assert.equal("unreadable", left(deep))
        local lines = planned { account("apple|1", { blocked = true }), account "apple|2", deep }
        assert.same({ "blocked", "unreadable" }, lines[1].reasons)
    end)

    it("keys that the tenant does not take, and profiles that become too large", function()
        assert.equal("forbidden_key", left(account("github|1", { user_metadata = { ["a.b"] = 1 } })))
        assert.equal("reserved_key", left(account("github|1", { app_metadata = { blocked = 1 } }), nil,
            "--app-metadata", "deep"))
        assert.equal("too_large", left(account("github|1", { user_metadata = { a = ("x"):rep(10240) } })))
    end)

    it("addresses that are too long to be compared", function()
        local email = ("x"):rep(1021) .. "@example.com"
        assert.equal("emails_differ", left(account("github|1", { email = email }),
            account("apple|9", { email = email })))
    end)

    it("all reasons of all accounts where nothing is linked", function()
        local lines = planned { account("github|1", { blocked = true }), account("github|2", { email_verified = "" }),
            account("auth0|3") }
        assert.same({ "blocked", "email_not_verified", "password_account" }, lines[1].reasons)
        assert.same({ 1, "blocked" }, { #lines, lines[1].skipped })
        assert.truthy(lines[1].message:find("github|1", 1, true), lines[1].message)
    end)

    it("of forty accounts each one is a secondary once, or says why not", function()
        local accounts = {}
        for i = 1, 40 do
            accounts[i] = account("github|" .. i, { created_at = ("20%02d-01-01T00:00:00.000Z"):format(i + 10),
                email = i % 2 == 0 and "ANN@example.com" or nil, user_metadata = { ["key" .. i] = ("x"):rep(20) },
                blocked = i % 10 == 0 })
        end
        local lines = planned(accounts)
        local seen, links = {}, 0
        for _, line in ipairs(lines) do
            local id = line.line and line.secondary.user_id or line.accounts[1]
            assert.is_nil(seen[id])
            seen[id] = true
            if line.line then
                links = links + 1
                assert.equal("github|1", line.primary.user_id)
                assert.equal(2, #line.evidence.emails)
            end
        end
        assert.same({ 39, 35 }, { #lines, links })
    end)

    it("none where the primary's metadata is an empty array", function()
        local empty = json.array {}
        assert.same({ "github|1 <- github|2", "github|1 <- github|3" }, decided {
            account("github|1", { user_metadata = empty, app_metadata = empty }),
            account("github|2", { user_metadata = { a = 1 } }), account("github|3", { user_metadata = { b = 1 } }) })
    end)

    it("those for which the primary has become too large by the links before", function()
        local accounts = {}
        for i = 1, 5 do
            accounts[i] = account("github|" .. i, { user_metadata = { ["key" .. i] = ("x"):rep(2500) } })
        end
        assert.same({ "github|1 <- github|2", "github|1 <- github|3", "too_large: github|4", "too_large: github|5" },
            decided(accounts))
    end)
end)

describe("an export without metadata, in a plan,", function()
    it("gives no digests, and a note says what that means", function()
        local output = exported.name()
        local told = run(concat({ "plan", exported.file { account "github|1", account "apple|2" }, "-o", output },
            TRUSTED))
        assert.truthy(told.out:find("note: no account of a group has user_metadata", 1, true), told.out)
        assert.same({}, lines_of(output)[1].primary.digests)
    end)

    it("is told from one in which an account has none", function()
        local lines = planned { account "github|1", account("apple|2", { user_metadata = {} }) }
        local empty = accounts_core.digest "{}"
        assert.same({ { user_metadata = empty }, { user_metadata = empty } },
            { lines[1].primary.digests, lines[1].secondary.digests })
    end)
end)

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

describe("auth0-accounts plan --export", function()
    local mock

    before_each(function()
        mock = mock_tenant.new()
        for i, connection in ipairs { "google-oauth2", "github" } do
            mock:add_user { user_id = connection .. "|" .. i, connection = connection, email = "ann@example.com",
                email_verified = true, user_metadata = { ["of" .. i] = i } }
        end
    end)

    local function run_on_mock(...)
        return command.run(mock, concat({ ... }, TRUSTED))
    end

    it("exports into a file that its user alone can read, and plans from it", function()
        local name, output = exported.name(), exported.name()
        local told = run_on_mock("plan", "--export", name, "-o", output)
        assert.same({ 0, "" }, { told.code, told.err })
        assert.equal("600\n", (tenant.run("stat -c %a " .. name)))
        local lines, header = lines_of(output)
        assert.same({ name, accounts_core.sha256(process.read(name)) }, { header.source.file, header.source.sha256 })
        assert.equal(1, #lines)
        assert.equal(1, mock:requests()["POST /api/v2/jobs/users-exports"])
        told = run_on_mock("plan", "--export", name)
        assert.equal(2, told.code)
        assert.truthy(told.err:find("is there already", 1, true), told.err)
        assert.equal(1, mock:requests()["POST /api/v2/jobs/users-exports"])
    end)

    it("says on a terminal how far the tenant is", function()
        local told = command.run(mock, { "plan", "--export" }, nil, nil, 80)
        assert.truthy(told.err:find("\rthe tenant makes the export: 100 %", 1, true), told.err)
    end)

    it("leaves out tokens of identity providers", function()
        local one, text = account "github|1", nil
        for _, name in ipairs { "access_token", "access_token_secret", "refresh_token" } do
            one.identities[1][name] = "a-secret"
        end
        local row = json.encode(one)
        local deep = row:gsub("^{", '{"user_metadata":{"note":"\\"access_token\\":","a":' .. ("["):rep(99)
            .. ("]"):rep(99) .. "},")
        local fake = { export = function()
            return coroutine.wrap(function()
                for _, each in ipairs { row, deep } do coroutine.yield(each) end
            end)
        end }
        require("auth0_accounts.exports").use(fake, { users = exported.name() }, { getenv = os.getenv }, function(path)
            text = process.read(path)
        end)
        assert.equal(2, select(2, text:gsub("github|1", "")))
        assert.is_nil(text:find("-secret", 1, true))
        assert.truthy(text:find([=["note":"\"access_token\":","a":[[]=], 1, true), text)
    end)

    it("removes a file that has no name of the caller's, also where the plan cannot be made", function()
        local folder = exported.name()
        tenant.run("mkdir " .. folder)
        local environment = { AUTH0_DOMAIN = mock.domain, AUTH0_TOKEN = mock:token { kind = "machine" },
            TMPDIR = folder }
        local told = command.run(mock, concat({ "plan", "--export" }, TRUSTED), environment)
        assert.same({ 0, "" }, { told.code, told.err })
        assert.truthy(told.out:find("\n         1 links\n", 1, true), told.out)
        told = command.run(mock, { "plan", "--export", "--primary-file", "/nowhere/ids" }, environment)
        assert.equal(2, told.code)
        assert.equal("", (tenant.run("ls " .. folder .. "; rmdir " .. folder)))
    end)

    it("ends as the export does", function()
        mock:arm { fault = "status;status=403", method = "POST", template = "/api/v2/jobs/users-exports" }
        local name = exported.name()
        local told = run_on_mock("plan", "--export", name)
        assert.equal(3, told.code, told.err)
        assert.equal("", exported.beside(name))
    end)

    it("of a tenant to which a plan was applied is empty", function()
        for i = 3, 9 do
            mock:add_user { user_id = "google-oauth2|" .. i, connection = "google-oauth2", email_verified = true,
                email = i % 2 == 0 and "Ann@example.com" or "bob@example.com" }
        end
        local output = exported.name()
        run_on_mock("plan", "--export", "-o", output)
        local lines, header = lines_of(output)
        assert.equal(7, header.links)
        local opened = auth0.tenant { mock = mock, domain = mock.domain, token = mock:token { kind = "machine" } }
        for _, line in ipairs(lines) do
            assert(opened:merge(line.primary.user_id, line.secondary.user_id, { proof = header.options.proof,
                trusted_connections = header.options.trusted_connections, checks = {} }))
        end
        opened:close()
        local after = exported.name()
        assert.equal(0, run_on_mock("plan", "--export", "-o", after).code)
        local left, again = lines_of(after)
        assert.same({ {}, 0, 0 }, { left, again.links, again.skipped })
    end)

    it("is what apply carries out, whatever odd values the accounts hold", function()
        mock:add_user { user_id = "apple|5", connection = "apple", email = "eve@example.com", email_verified = true,
            user_metadata = { list = json.array {} }, app_metadata = { n = json.number "12345678901234567890" } }
        mock:add_user { user_id = "github|115015401343387192", connection = "github", email = "Eve@example.com",
            email_verified = true, user_metadata = { deep = { json.null, {} } } }
        local plan, journal = exported.name(), exported.name()
        local told = run_on_mock("plan", "--export", "-o", plan, "--app-metadata", "deep")
        assert.truthy(told.out:find("\n         2 links\n", 1, true), told.out)
        told = command.run(mock, { "apply", plan, "-j", journal, "--approve", accounts_core.sha256_file(plan) })
        assert.equal(0, told.code, told.err)
        told = run_on_mock("plan", "--export")
        assert.truthy(told.out:find("\n         0 groups with the same address\n", 1, true), told.out)
        assert.equal(0, command.run(mock, { "audit", "--export" }).code)
    end)
end)

describe("the hours of an apply", function()
    local hours = require "auth0_accounts.plan.hours"

    it("are those of the scarcest bucket, of which half is left to the tenant's logins", function()
        local rows = hours.table({ read = 100000, write = 150000 }, 100)
        local told = {}
        for _, row in ipairs(rows) do told[row.limit] = hours.text(row.hours) end
        assert.same({ "1.4 h", "2.9 days", "25.0 h", "8.7 h" }, { told["this tenant, 100 a second"], told.Free,
            told["Essentials, Professional"], told.Enterprise })
    end)
end)
