--- auth0-accounts plan: what it says, and its file.
local has_core, accounts_core = pcall(require, "auth0_accounts.core")
local command = require "support.command"
local core = require "auth0.core"
local exported = require "support.exported"
local mock_tenant = require "auth0.mock"
local planning = require "support.planning"
local process = require "support.process"
local tenant = require "support.tenant"

if not has_core then
    return describe("auth0-accounts plan", function() pending "it was not built: there is no SQLite" end)
end

local account = exported.account
local concat, lines_of, planned, run, short =
    planning.concat, planning.lines_of, planning.planned, planning.run, planning.short
local DOMAIN, TRUSTED = planning.DOMAIN, planning.TRUSTED

after_each(exported.remove)

describe("auth0-accounts plan", function()
    local pair = { account "google-oauth2|1", account("github|2", { email = "ANN@example.com" }) }

    it("leaves everything alone as long as no connection is trusted, and says so", function()
        local told = run { "plan", exported.file(pair) }
        assert.same({ 0, "" }, { told.code, told.err })
        assert.truthy(told.out:find("\n         0 links\n", 1, true), told.out)
        assert.truthy(told.out:find("\n         1   connection_not_trusted (2 accounts)\n"
            .. "               its connection is not trusted: --trust-connection NAME\n"
            .. "Accounts of these groups whose connection --trust-connection does not name:\n"
            .. "         1 github\n         1 google-oauth2\n", 1, true), told.out)
        assert.truthy(told.out:find("^         2 accounts\n         1 group with the same address\n", 1), told.out)
        assert.truthy(told.out:find("\n         1 group or account left alone\n", 1, true), told.out)
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
        local wanted = ("\nsha256: %s\nnext: read it, then: auth0-accounts apply %s -j %s.journal\n"):format(
            accounts_core.sha256(process.read(output)), output, output)
        assert.truthy(told.out:find(wanted, 1, true), told.out)
        told = run(concat({ "plan", exported.file(pair) }, TRUSTED))
        assert.truthy(told.out:find("\nno plan was written: -o FILE writes one\n", 1, true), told.out)
        assert.equal("600\n", (tenant.run("stat -c %a " .. output)))
        assert.equal(output .. "\n", exported.beside(output))
    end)

    it("says the next command with the tenant that it was given, by whatever option", function()
        local output = exported.name()
        local told = run(concat({ "--domain", "acme.eu.auth0.com", "--resolve", "acme.eu.auth0.com:443:10.0.0.1",
            "plan", exported.file(pair), "-o", output, "--rate", "7" }, TRUSTED))
        assert.truthy(told.out:find((".journal --domain acme.eu.auth0.com "
            .. "--resolve acme.eu.auth0.com:443:10.0.0.1\n"), 1, true), told.out)
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
        assert.truthy(told.err:find("/nowhere/plan: cannot be written (No such file or directory)", 1, true), told.err)
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

    it("writes nothing else into the file where standard streams are closed", function()
        local folder, rules = exported.name(), process.file [[return function(group)
            io.stderr:write(("looked at\n"):rep(200))
            return group[1].user_id
        end]]
        tenant.run("mkdir " .. folder)
        local _, code = start(folder, "exec <&- 2>&-;",
            { exported.file(pair), "--choose", rules, "-o", folder .. "/plan" })
        assert.equal(0, code)
        assert.equal(1, #lines_of(folder .. "/plan"))
        os.remove(rules)
        tenant.run("rm -r " .. folder)
    end)

    it("leaves nothing behind where it is interrupted, and ends with 130", function()
        local folder, rules = exported.name(), process.file [[return function()
            io.popen("kill -INT $PPID"):close()
            while true do end
        end]]
        tenant.run("mkdir " .. folder)
        local said, code = start(folder, "timeout --foreground 60",
            { exported.file(pair), "--choose", rules, "-o", folder .. "/plan" })
        os.remove(rules)
        assert.same({ "auth0-accounts: interrupted: no plan was written\n", 130 }, { said, code })
        assert.equal("", (tenant.run("ls " .. folder .. "; rmdir " .. folder)))
    end)

    it("says what may stand where it is interrupted when the plan is whole", function()
        local plan, output = require "auth0_accounts.plan", exported.name()
        local make = plan.make
        plan.make = function(...)
            make(...)
            error("file.lua:1: interrupted!", 0)
        end
        local told = run(concat({ "plan", exported.file(pair), "-o", output }, TRUSTED))
        plan.make = make
        assert.same({ ("auth0-accounts: interrupted: if the plan %s is new, it is whole\n"):format(output), 130 },
            { told.err, told.code })
        assert.equal(1, #lines_of(output))
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
        assert.truthy(run({ "plan", name .. ".gz" }).out:find("\n         1 group with the same address\n", 1, true))
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
    end)

    it("reads a pipe, of which it makes a copy first", function()
        local folder, name = exported.name(), exported.file(pair)
        tenant.run("mkdir " .. folder)
        local wanted, given = exported.name(), concat({ "-o", folder .. "/plan" }, TRUSTED)
        run(concat({ "plan", name, "-o", wanted }, TRUSTED))
        local packed = name .. ".gz"
        tenant.run("gzip -k " .. name)
        for _, before in ipairs { "cat " .. name .. " |", "cat " .. packed .. " |" } do
            local said, code = start(folder, before, concat({ "/dev/stdin", "--overwrite" }, given))
            assert.equal(0, code, said)
            local lines, header = lines_of(folder .. "/plan")
            assert.same({ (lines_of(wanted)) }, { lines })
            assert.equal("/dev/stdin", header.source.file)
            assert.equal(accounts_core.sha256_file(before:find "gz" and packed or name), header.source.sha256)
        end
        local said, code = start(folder, "printf '{}\\n' |", { "/dev/stdin" })
        assert.equal(2, code)
        assert.equal(1, (said:find("auth0-accounts: /dev/stdin:1: the account has no user_id", 1, true)))
        said, code = start(folder, "ulimit -f 4; trap '' XFSZ; head -c 99999 /dev/zero |", { "/dev/stdin" })
        assert.equal(1, code)
        assert.truthy(said:find("/dev/stdin: cannot be kept in a temporary file (File too large): set", 1, true), said)
        assert.equal("plan\n", (tenant.run("ls " .. folder .. "; rm -r " .. folder)))
    end)

    it("tells what can be opened and not read from an export without accounts", function()
        local told = run { "plan", "/dev" } -- a folder, in which no place can be sought
        assert.same({ 2, "auth0-accounts: /dev: cannot be read: Is a directory\n" }, { told.code, told.err })
    end)

    it("leaves nothing behind where it is killed", function()
        local folder, rules = exported.name(), process.file [[return function()
            io.popen("kill -KILL $PPID"):close()
            while true do end
        end]]
        tenant.run("mkdir " .. folder)
        local _, code = start(folder, ("cat %s |"):format(exported.file(pair)),
            { "/dev/stdin", "--choose", rules, "-o", folder .. "/plan" })
        os.remove(rules)
        assert.equal(137, code)
        assert.equal("", (tenant.run("ls " .. folder .. "; rmdir " .. folder)))
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

    it("counts what apply sends: a read for each spelling of the two, a patch where there is one, a link", function()
        local told = run(concat({ "plan", exported.file { account "github|1", account("github|2",
            { user_metadata = { a = 1 } }), account("github|3", { email = "ANN@example.com" }) }, "--json" }, TRUSTED))
        assert.same({ read = 3, write = 3 }, core.decode(told.out).requests)
    end)

    it("prints the summary as JSON", function()
        local told = run(concat({ "plan", exported.file(pair), "--json", "--rate", "100" }, TRUSTED))
        local summary = core.decode(told.out)
        assert.same({ 2, 1, 1, 0, { federated = 1 }, { read = 2, write = 1 } }, { summary.accounts, summary.groups,
            summary.links, summary.skipped, summary.links_by_class, summary.requests })
        assert.equal("this tenant, 100 a second", summary.hours[1].limit)
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
