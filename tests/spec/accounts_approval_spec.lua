--- auth0-accounts apply: what an approval is about, and what is refused although it was approved.
local accounts_core = require "auth0_accounts.core"
local applying = require "support.applying"
local command = require "support.command"
local journals = require "auth0_accounts.journal"
local process = require "support.process"
local tenant = require "support.tenant"

local case = applying.case
local run, apply, assert_told = applying.run, applying.apply, applying.assert_told
local seed, links = applying.seed, applying.links

before_each(applying.start)
after_each(applying.finish)

describe("auth0-accounts apply without an approval", function()
    it("prints the target first, what it would do, and the very command; it changes nothing and ends with 2", function()
        local told = run()
        assert_told(told, 2, ("tenant:  %s\nplan:    %s, SHA-256 %s\nlinks:   4; 0 groups or accounts are left alone\n")
            :format(case.mock.domain, case.plan, case.digest))
        local line = ("\n  auth0-accounts apply %s -j %s --approve %s\n"):format(case.plan, case.journal, case.digest)
        assert.truthy(told.out:find(line, 1, true), told.out)
        assert.truthy(told.out:find("\nrequests: about 12\n", 1, true), told.out)
        assert.same({}, case.mock:requests())
        assert.is_nil(io.open(case.journal))
    end)

    it("tells of one group or account in the singular", function()
        local name = process.file((process.read(case.plan):gsub('"skipped":0', '"skipped":1')))
        local told = command.run(case.mock, { "apply", name, "-j", case.journal })
        os.remove(name)
        assert.truthy(told.out:find("\nlinks:   4; 1 group or account is left alone\n", 1, true), told.out)
    end)

    it("quotes names for a shell, and repeats the options that were given", function()
        local odd = command.new_name() .. " 'of' me"
        os.rename(case.plan, odd)
        case.plan = odd
        local told = run("--limit", "3", "--reserve", "20%", "--acknowledge-events", "--domain", case.mock.domain,
            "--resolve", "a.test:1:127.0.0.1", "--resolve", "b.test:1:127.0.0.1", "--deadline", "9", "--no-color",
            "--correlation-id", "it's$(me)")
        local line = told.out:match "\n  (auth0%-accounts apply [^\n]*)\n"
        local words = tenant.run("printf '%s\\n' " .. line)
        assert.equal(table.concat({ "auth0-accounts", "apply", case.plan, "-j", case.journal, "--approve",
            case.digest, "--reserve", "0.2", "--limit", "3", "--domain", case.mock.domain, "--resolve",
            "a.test:1:127.0.0.1", "--resolve", "b.test:1:127.0.0.1", "--deadline", "9", "--correlation-id",
            "it's$(me)", "--acknowledge-events", "--no-color", "" }, "\n"), words)
    end)

    it("repeats each option that apply, undo or every command has", function()
        local approval = require "auth0_accounts.apply.approval"
        local defined = require("auth0_accounts.command_line").of(require("auth0_accounts.arguments").parser())
        local given, names = { plan = "p", journal = "j", receipt = "r", mock_file = "x" }, {}
        local function note(options)
            for _, option in ipairs(options) do
                local name = option.names[#option.names]
                names[#names + 1] = name
                given[name:sub(3):gsub("-", "_")] = option.value and "x" or true
            end
        end
        note(defined.options)
        for _, own in ipairs(defined.commands) do
            if own.name == "apply" or own.name == "undo" then note(own.options) end
        end
        given.journal = "j"
        local words = approval.command(given, case.digest):gsub(" %-j ", " --journal ") .. " --help --version "
        for _, name in ipairs(names) do assert.truthy(words:find(" " .. name .. " ", 1, true), name) end
    end)

    it("repeats --mock", function()
        local accounts = command.new_name()
        local function own(...)
            return command.run(nil, { "--mock", accounts, ... }, {})
        end
        command.run(nil, { "mock", accounts }, {})
        os.remove(case.plan)
        own("plan", accounts, "-o", case.plan, "--trust-connection", "google-oauth2", "--trust-connection", "github")
        local told = own("apply", case.plan, "-j", case.journal)
        assert.truthy(told.out:find(" --mock " .. accounts .. "\n", 1, true), told.out)
        case.digest = told.out:match "%-%-approve (%x+)"
        assert.equal(0, own("apply", case.plan, "-j", case.journal, "--approve", case.digest).code)
        local line = ("undo %s --approve %s --mock %s\n"):format(case.journal, case.digest, accounts)
        assert.truthy(own("undo", case.journal).out:find(line, 1, true))
        os.remove(accounts)
    end)

    it("says what the journal has so far, and shows what is left alone", function()
        assert.equal(0, apply("--limit", "3").code)
        local sent = #case.mock:requests()
        local told = run()
        assert_told(told, 2, ("\njournal: %s\nso far:  made 3, waiting 1\n  "):format(case.journal))
        assert.truthy(told.out:find "waiting 1\n  %d: auth0|p%d <%- google%-oauth2|10%d\nrequests: about 3\n")
        assert.truthy(told.out:find("\nnothing was changed; to carry it out:\n", 1, true), told.out)
        assert.truthy(run("--json").out:find('"lines":{"made":3,"waiting":1}', 1, true))
        assert.equal(sent, #case.mock:requests())
        assert.equal(0, apply().code)
        assert.equal(4, links())
    end)

    it("ends as an approved run would where the journal has nothing left to do", function()
        assert.equal(0, apply().code)
        local sent = #case.mock:requests()
        local told = run()
        assert_told(told, 0, ("\njournal: %s\nmade 4\n"):format(case.journal))
        assert.is_nil(told.out:find("nothing was changed", 1, true))
        assert.equal(sent, #case.mock:requests())
    end)

    it("shows all of it where the journal is an empty file", function()
        tenant.run(("install -m 600 /dev/null %s"):format(process.quoted(case.journal)))
        assert_told(run(), 2, "\nrequests: about 12\n")
    end)

    it("refuses the journal of another plan at once", function()
        assert.equal(0, apply().code)
        local text = process.read(case.plan):gsub('"skipped":0', '"skipped":0 ', 1)
        os.remove(case.plan)
        case.plan, case.digest = process.file(text), accounts_core.sha256(text)
        assert_told(run(), 2, nil, "is the journal of another plan")
    end)

    it("says what counts as evidence, since a plan may be another person's", function()
        assert.truthy(run().out:find("\nproof:   operator\n", 1, true))
        seed({ 2 }, { proof = "shared_email", trusted_connections = { "google-oauth2", "x\27" },
            password_merge = true })
        assert.truthy(run().out:find("\nproof:   shared_email, of the connections google-oauth2, x\\x1b, also of "
            .. "accounts with a password\n", 1, true), run().out)
    end)
end)

describe("auth0-accounts apply refuses", function()
    it("a plan that was edited since it was approved", function()
        local file = assert(io.open(case.plan, "a"))
        file:write "\n"
        file:close()
        assert_told(apply(), 2, nil, "and " .. case.digest .. " was approved: it was edited since")
        assert.same({}, case.mock:requests())
    end)

    it("a part of the SHA-256, and what is none", function()
        for _, given in ipairs { case.digest:sub(1, 8), "SHA256", ("x"):rep(64) } do
            assert_told(run("--approve", given), 2, nil,
                ("and %s was approved: --approve expects all 64 characters of the SHA-256; "):format(given))
        end
        assert.same({}, case.mock:requests())
    end)

    it("a plan that is none, is cut, or has a line that is no link, also if it is approved", function()
        local whole = process.read(case.plan)
        local first = whole:match "^[^\n]*\n"
        local broken = {
            ["its first line is no header"] = "no plan",
            ["of version 2"] = whole:gsub('"plan":1', '"plan":2'),
            ["has 3 links, and its header tells of 4"] = whole:gsub("[^\n]*\n$", ""),
            ["has 0 lines of what is left alone, and its header tells of 1"] = whole:gsub('"skipped":0', '"skipped":1'),
            [":2: does not say what is left alone"] = first .. '{"skipped":"blocked"}\n',
            [":2: is no link between two accounts"] = first .. '{"line":1}\n',
            [":2: "] = first .. "{\n",
            [":3: its number is not above that of the link before"] = whole:gsub('"line":2', '"line":1'),
            ["the header lacks a domain, options, or how many"] = whole:gsub('"links":4', '"links":1.5'),
            ["1: the header lacks a domain, options"] = whole:gsub('"proof":"operator"', '"union":5,%0'),
            ["2: is no link between two accounts"] = whole:gsub('"line":1,', '"line":1e300,'),
            ["is a secondary more than once"] = whole:gsub("google%-oauth2|10[1-4]", "google-oauth2|101"),
            ["is both a primary and a secondary"] = whole:gsub("google%-oauth2|102", "auth0|p1"),
            ["is a primary of more than one group"] = whole:gsub('"auth0|p3"', '"auth0|p1"'),
        }
        for words, text in pairs(broken) do
            os.remove(case.plan)
            case.plan = process.file(text)
            case.digest = accounts_core.sha256(text)
            assert_told(apply(), 2, nil, words)
            assert.is_nil(io.open(case.journal))
        end
        assert.equal(0, links())
    end)

    it("a plan that becomes another one while it is read", function()
        local text, whole = process.read(case.plan), accounts_core.sha256_file
        local function put(changed)
            local file = assert(io.open(case.plan, "w"))
            file:write(changed)
            file:close()
        end
        finally(function() accounts_core.sha256_file = whole end)
        for _, pair in ipairs { { '"proof":"operator"', '"proof":"shared_email"' }, { "person2@", "person3@" } } do
            accounts_core.sha256_file = function(name)
                local told = whole(name)
                put((text:gsub(pair[1], pair[2])))
                return told
            end
            put(text)
            assert_told(apply(), 2, nil, "was changed while it was read")
            assert.is_nil(io.open(case.journal))
        end
        assert.equal(0, links())
    end)

    it("a plan of another tenant", function()
        local text = process.read(case.plan):gsub(case.mock.domain, "other.test", 1)
        os.remove(case.plan)
        case.plan, case.digest = process.file(text), accounts_core.sha256(text)
        assert_told(apply(), 2, nil, "is a plan of the tenant other.test, and the tenant is " .. case.mock.domain)
    end)

    it("the journal of another plan, and a file that is no journal", function()
        assert.equal(0, apply().code)
        local other = case.plan
        local text = process.read(case.plan):gsub('"skipped":0', '"skipped":1', 1)
        case.plan, case.digest = process.file(text), accounts_core.sha256(text)
        os.remove(other)
        assert_told(apply(), 2, nil, "is the journal of another plan")
        os.remove(case.journal)
        case.journal = process.file "some text that is no database, long enough to be taken for one, or for none"
        tenant.run("chmod 600 " .. process.quoted(case.journal))
        assert_told(apply(), 2, nil, "is no SQLite database (file is not a database); a journal is the file "
            .. "that apply made")
    end)

    it("a journal that another process works with, and says how to find it", function()
        assert.equal(0, apply().code)
        local opened = journals.open(case.journal)
        assert_told(apply(), 1, nil, ('another process works with it'))
        opened:close()
        assert.equal(0, apply().code)
    end)

    it("to begin where an event stream listens to user.deleted, until that is acknowledged", function()
        case.mock:add_event_stream { id = "est_1", name = "cleaner", subscriptions = { "user.deleted" } }
        case.mock:add_event_stream { id = "est_2", name = "greeter", subscriptions = { "user.created" } }
        case.mock:add_event_stream { id = "est_3", name = "off", subscriptions = { "user.deleted" },
            status = "disabled" }
        assert_told(apply(), 2, nil, "an event stream of this tenant listens to user.deleted (cleaner)")
        assert.equal(0, links())
        assert.equal(0, apply("--acknowledge-events").code)
    end)

    it("to begin where the event streams cannot be read, until that is acknowledged", function()
        local environment = { AUTH0_DOMAIN = case.mock.domain,
            AUTH0_TOKEN = case.mock:token { kind = "machine", scope = "read:users update:users" } }
        local given = { "apply", case.plan, "-j", case.journal, "--approve", case.digest }
        local told = command.run(case.mock, given, environment)
        assert_told(told, 2, nil, "give the token read:event_streams")
        assert.equal(0, command.run(case.mock, { "apply", case.plan, "-j", case.journal, "--approve", case.digest,
            "--acknowledge-events" }, environment).code)
    end)
end)
