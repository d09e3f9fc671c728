--- The command auth0-accounts over the model: what it tells, and with which code it ends.
local cjson = require "cjson"
local command = require "support.command"
local mock_tenant = require "auth0.mock"
local process = require "support.process"
local stop = require "auth0_accounts.stop"
local tenant = require "support.tenant"

local PRIMARY, SECONDARY, LINK = "auth0|1", "google-oauth2|2", "/api/v2/users/{id}/identities"

local mock

local function add(id, fields)
    local all = { user_id = id, connection = id:match "^auth0" and "Username-Password-Authentication" or
        id:match "^[^|]*", email = "ann@example.com", email_verified = true }
    for name, value in pairs(fields or {}) do all[name] = value end
    return mock:add_user(all)
end

local function run(...)
    return command.run(mock, { ... })
end

local function assert_done(told, words)
    assert.same({ 0, "" }, { told.code, told.err })
    if words then assert.truthy(told.out:find(words, 1, true), told.out) end
    return told
end

local function assert_ended(told, code, words)
    assert.equal(code, told.code, told.err)
    assert.truthy(told.err:find(words, 1, true), told.err)
    return told
end

local function value_of(told)
    assert.is_nil(told.out:find "[^\n]\n.", "one line")
    return cjson.decode(told.out)
end

local function linked()
    return #mock.model:handle({ method = "GET", path = "/api/v2/users/auth0%7C1", query = "", body = "", headers = {
        authorization = "Bearer " .. mock:token { kind = "machine" } } }).body:match '"identities":(%b[])' > 0
end

before_each(function()
    mock = mock_tenant.new()
    add(PRIMARY, { name = "Ann" })
    add(SECONDARY, { user_metadata = { theme = "dark" } })
end)

describe("auth0-accounts show", function()
    it("prints an account", function()
        local told = assert_done(run("show", PRIMARY), "auth0|1\n  email: ann@example.com\n  email_verified: true\n")
        assert.truthy(told.out:find("\n    auth0|1 (Username-Password-Authentication)\n", 1, true), told.out)
    end)

    it("prints it as JSON, all of it", function()
        local user = value_of(assert_done(run("show", PRIMARY, "--json")))
        assert.same({ PRIMARY, "Ann", "1" }, { user.user_id, user.name, user.identities[1].user_id })
    end)

    it("shows what would steer a terminal by its code, and JSON is the same value", function()
        local name = "A\27[2J\r\194\155\226\128\174nn\127\243\160\129\129"
        add("auth0|3", { name = name })
        local told = assert_done(run("show", "auth0|3"),
            "  name: A\\x1b[2J\\x0d\\u{9b}\\u{202e}nn\\x7f\\u{e0041}\n")
        assert.is_nil(told.out:find "[%z\1-\9\11-\31\127]")
        told = assert_done(run("show", "auth0|3", "--json"))
        assert.is_nil(told.out:find "[%z\1-\9\11-\31\127-\255]")
        assert.equal(name, cjson.decode(told.out).name)
    end)

    it("keeps the tokens of providers to itself", function()
        add("github|4", { identities = { { provider = "github", user_id = "4", connection = "github",
            access_token = "a-secret" } } })
        local answer = mock.answer
        mock.answer = function(self, request)
            local told = answer(self, request)
            told.body = told.body:gsub('"provider"', '"access_token":"a-secret","refresh_token":"a-secret","provider"')
            return told
        end
        for _, arguments in ipairs { { "show", "github|4", "--json" }, { "candidates", PRIMARY, "--json" },
            { "link", PRIMARY, SECONDARY, "--json" } } do
            local told = assert_done(command.run(mock, arguments))
            assert.truthy(told.out:find("provider", 1, true))
            assert.is_nil(told.out:find("a-secret", 1, true))
        end
    end)

    it("prints one whose identities are not as the API promises", function()
        for _, identities in ipairs { "[true]", "[[5]]", "5", "{}" } do
            mock.answer = function()
                return { how = "answered", status = 200, headers = {},
                    body = ('{"user_id":"auth0|1","identities":%s}'):format(identities) }
            end
            assert_done(run("show", PRIMARY), "auth0|1\n  identities:\n")
        end
    end)

    it("fails for an account that is not there", function()
        local told = assert_ended(run("show", "auth0|9", "--json"), 1, "does not find the account auth0|9")
        assert.equal("not_found", value_of(told).failure.code)
    end)
end)

describe("auth0-accounts candidates", function()
    it("prints who has the same address, with the evidence", function()
        local told = assert_done(run("candidates", PRIMARY), "google-oauth2|2  ann@example.com\n")
        assert.truthy(told.out:find("  both_verified: true\n", 1, true))
        assert.truthy(told.out:find("no proof", 1, true))
    end)

    it("takes an address instead of an id", function()
        local value = value_of(assert_done(run("candidates", "--email", "ann@example.com", "--json")))
        assert.equal(2, #value.candidates)
        assert.is_true(value.searched)
    end)

    it("says why it did not look, and that it found none", function()
        add("auth0|5", { email_verified = false })
        add("auth0|6", { email = "bob@example.com" })
        assert_done(run("candidates", "auth0|5"), "not searched: its address is not verified")
        assert.equal('{"candidates":[],"reason":"email_not_verified","searched":false}\n',
            run("candidates", "auth0|5", "--json").out)
        assert_done(run("candidates", "auth0|5", "--unverified"), "google-oauth2|2")
        assert_done(run("candidates", "auth0|6"), "no other account")
    end)
end)

describe("auth0-accounts link and unlink", function()
    it("change the identities, and print them", function()
        assert_done(run("link", PRIMARY, SECONDARY), "linked; the primary's identities:\n  auth0|1 ")
        assert.is_true(linked())
        assert_done(run("link", PRIMARY, SECONDARY), "linked before: nothing was changed; the primary's identities:\n")
        assert_done(run("unlink", PRIMARY, SECONDARY), "unlinked; the primary's identities:\n  auth0|1 ")
        assert_ended(run("unlink", PRIMARY, SECONDARY), 1, "does not find the secondary google-oauth2|2")
        assert_done(run("unlink", PRIMARY, SECONDARY, "--no-check"), "not the primary's identity, or not any more; ")
    end)

    it("print them as JSON", function()
        local value = value_of(assert_done(run("link", PRIMARY, SECONDARY, "--json")))
        assert.equal(2, #value.identities)
        assert.equal(1, #value_of(assert_done(run("unlink", PRIMARY, SECONDARY, "--json"))).identities)
    end)

    it("end with 1 where the outcome is not known", function()
        mock:arm { fault = "reset-before", method = "GET", template = "/api/v2/users/{id}", count = 999 }
        mock:arm { fault = "reset-after", method = "POST", template = LINK }
        local told = assert_ended(run("link", PRIMARY, SECONDARY, "--json"), 1, "may or may not have been made")
        assert.same({ "unknown_outcome", "unknown" }, { value_of(told).failure.code, value_of(told).failure.outcome })
    end)

    it("end with 1 where something stands, whatever the cause", function()
        for _, code in ipairs { "forbidden", "unauthorized", "unreachable", "tls" } do
            assert.equal(1, stop.code_of { code = code, outcome = "unknown" })
            assert.is_true(stop.code_of { code = code, outcome = "none" } > 2)
        end
    end)

    it("fail where the token is not accepted", function()
        local told = command.run(mock, { "link", PRIMARY, SECONDARY }, { AUTH0_DOMAIN = mock.domain,
            AUTH0_TOKEN = "another-token" })
        assert_ended(told, 3, "does not accept the token")
        assert.is_nil((told.out .. told.err):find("another-token", 1, true))
    end)
end)

describe("auth0-accounts", function()
    it("takes a client from the environment", function()
        assert_done(command.run(mock, { "show", PRIMARY }, { AUTH0_DOMAIN = mock.domain,
            AUTH0_CLIENT_ID = "mockclient", AUTH0_CLIENT_SECRET = "mocksecret", AUTH0_TOKEN = "" }), PRIMARY)
    end)

    it("ends with 3 and says which variable of the environment is missing, or one too many", function()
        for words, environment in pairs {
            ["no domain: set AUTH0_DOMAIN"] = { AUTH0_TOKEN = "x" },
            ["set AUTH0_TOKEN; or AUTH0_CLIENT_ID"] = { AUTH0_DOMAIN = mock.domain, AUTH0_CLIENT_ID = "x" },
            ["and secret, and the environment has both: unset AUTH0_TOKEN; or"] = { AUTH0_DOMAIN = mock.domain,
                AUTH0_TOKEN = "x", AUTH0_CLIENT_ID = "y" },
        } do
            assert_ended(command.run(mock, { "show", PRIMARY }, environment), 3, words)
        end
        assert.same({}, mock:requests())
    end)

    it("is used wrongly: says how it is used, ends with 2, and sends nothing", function()
        for words, arguments in pairs {
            ["a command is required"] = {},
            ["unknown command 'shwo'"] = { "shwo" },
            ["unknown command '\\x1b]0;\\u{202e}'"] = { "\27]0;\226\128\174" },
            ["missing argument"] = { "link", PRIMARY },
            ["--as is a form of --dry-run"] = { "show", PRIMARY, "--as", "http" },
            ["candidates takes an id, or --email"] = { "candidates" },
            ["--relink-holder and"] = { "preview", PRIMARY, SECONDARY, "--proof", "operator", "--relink-holder",
                "github|1" },
            ["--check does not go with --no-checks"] = { "preview", PRIMARY, SECONDARY, "--proof", "operator",
                "--check", "roles", "--no-checks" },
            ["missing option '--proof'"] = { "preview", PRIMARY, SECONDARY },
            ["merge takes exactly one of --receipt FILE and --dry-run"] = { "merge", PRIMARY, SECONDARY, "--proof",
                "operator" },
            ["unknown option '--token'"] = { "show", PRIMARY, "--token", "x" },
            ["'soon': expected seconds"] = { "show", PRIMARY, "--deadline", "soon" },
            ["'-1': expected seconds"] = { "show", PRIMARY, "--deadline=-1" },
        } do
            local told = assert_ended(command.run(mock, arguments), 2, words)
            assert.truthy(told.err:find "^Usage: ")
            assert.equal("", told.out)
        end
        for _, arguments in ipairs { { "show", "auth0" }, { "link", PRIMARY, "x|y" },
            { "link", "auth0|\n", SECONDARY } } do
            assert_ended(command.run(mock, arguments), 2, "expected ")
        end
        assert.same({}, mock:requests())
    end)

    it("runs no module that stands in the working folder", function()
        local folder = command.new_name()
        local script = tenant.run("pwd"):sub(1, -2) .. "/src/auth0_accounts/command.lua"
        local told = tenant.run(([[mkdir -p %s/auth0 && cd %s
            echo 'print "mine"' | tee auth0/core.lua auth0.lua cjson.lua argparse.lua
            env -u AUTH0_DOMAIN %s %s show 'auth0|1' 2>&1; rm -rf %s]]):format(folder, folder, process.lua(), script,
            folder))
        assert.equal('print "mine"\nauth0-accounts: no domain', told:sub(1, 38), told)
    end)

    it("goes on when it is asked by SIGUSR1 how far it is, from its first step on, whatever it does", function()
        local fifo = command.new_name()
        local told = tenant.run(([[mkfifo -m 600 %s
            AUTH0_DOMAIN=tenant.test AUTH0_TOKEN=x %s src/auth0_accounts/command.lua settle %s 2>&1 & pid=$!
            exec 3>%s # the receipt is being read
            kill -USR1 $pid
            exec 3>&-
            wait $pid
            echo code $?
            rm %s]]):format(fifo, process.lua(), fifo, fifo, fifo))
        assert.truthy(told:find "^auth0%-accounts: .*\ncode 2\n$", told)
    end)

    it("says what to set where its modules are not found", function()
        local told, code = tenant.run(("LUA_PATH='/nonexistent/?.lua' %s src/auth0_accounts/command.lua show x 2>&1")
            :format(process.lua()))
        assert.equal(1, code)
        assert.truthy(told:find("^auth0%-accounts: its modules are not found: .* set LUA_PATH and LUA_CPATH, "), told)
        assert.truthy(told:find("no file '/nonexistent/auth0_accounts.lua'", 1, true), told)
    end)

    it("needs SQLite for the commands about many accounts alone, and says so where it was built without", function()
        local file = command.new_name()
        local function without(words)
            return tenant.run(([[%s -e %s src/auth0_accounts/command.lua --mock %s %s 2>&1]]):format(process.lua(),
                process.quoted 'package.preload["auth0_accounts.core"] = function() error("none", 0) end', file, words))
        end
        command.run(nil, { "mock", file }, {})
        for _, words in ipairs { "plan %s", "audit %s", "apply %s -j none", "verify %s", "mapping %s",
            "report %s -o none", "journal export %s" } do
            local told, code = without(words:format(file))
            assert.equal("auth0-accounts: this command needs SQLite, and auth0-accounts was built without it: install "
                .. "libsqlite3-dev, and configure, build and install it again\n", told)
            assert.equal(3, code)
        end
        local told, code = without "show 'github|0000003'"
        assert.equal(0, code, told)
        os.remove(file)
    end)

    it("says how to install argparse, as what the configuration lacks", function()
        local argparse = package.loaded.argparse
        package.loaded.argparse, package.preload.argparse = nil, function() error "there is none" end
        local good, told = pcall(run, "show", PRIMARY)
        package.loaded.argparse, package.preload.argparse = argparse, nil
        assert.is_true(good, told)
        assert_ended(told, 3, "auth0-accounts: argparse is missing: install it with \"apt-get install lua-argparse\"")
        assert.truthy(told.err:find("there is none\n$"), told.err)
        assert.equal("", told.out)
    end)

    it("fails where its result cannot be written", function()
        local told = command.run(mock, { "link", PRIMARY, SECONDARY }, nil, "No space left on device")
        assert_ended(told, 1, "the result cannot be written (No space left on device)")
    end)

    it("documents each of its options and commands", function()
        local text = process.read "doc/accounts.md" .. process.read "doc/bulk.md"
        local function assert_documented(name)
            assert(text:find("`" .. name, 1, true), "doc/accounts.md and doc/bulk.md lack " .. name)
        end
        local function assert_all(defined, name)
            for _, option in ipairs(defined.options) do
                assert_documented(option.names[#option.names] .. (option.value and " " .. option.value or ""))
            end
            for _, own in ipairs(defined.commands) do
                assert_documented(name .. own.name)
                assert_all(own, name .. own.name .. " ")
            end
        end
        assert_all(value_of(run("help", "--json")), "")
    end)
end)
