--- Where auth0-accounts finds its tenant and its token: flags, the environment, the file of --config.
local cjson = require "cjson"
local command = require "support.command"
local mock_tenant = require "auth0.mock"
local process = require "support.process"
local tenant = require "support.tenant"

local ID = "auth0|1"

local mock, file

local function write(text, mode)
    file = process.file(text)
    tenant.run("chmod " .. (mode or "600") .. " " .. process.quoted(file))
    return file
end

local function show(environment, ...)
    local arguments = { "show", ID, "--json", ... }
    return command.run(mock, arguments, environment)
end

local function assert_shown(told)
    assert.same({ 0, "" }, { told.code, told.err })
    assert.equal(ID, cjson.decode(told.out).user_id)
end

local function assert_refused(told, words)
    assert.same({ 3, "" }, { told.code, told.out }, told.err)
    assert.truthy(told.err:find(words, 1, true), told.err)
    assert.same({}, mock:requests())
end

before_each(function()
    mock = mock_tenant.new()
    mock:add_user { user_id = ID }
end)

after_each(function()
    if file then os.remove(file) end
    file = nil
end)

local CLIENT = "client_id = mockclient\nclient_secret = mocksecret\n"

describe("the file of --config", function()
    it("holds lines of name = value", function()
        assert_shown(show({}, "--config", write("# the tenant\n\n  domain=" .. mock.domain .. "\r\n" .. CLIENT)))
        assert_shown(show({}, "--config", write('domain = "' .. mock.domain .. '"\ndeadline = 30\n' .. CLIENT)))
    end)

    it("holds JSON", function()
        assert_shown(show({}, "--config", write(cjson.encode { domain = mock.domain, client_id = "mockclient",
            client_secret = "mocksecret", deadline = 30, resolve = { "tenant.test:443:127.0.0.1" } })))
    end)

    it("is refused where others have a right to it, and nothing of it is shown", function()
        for _, mode in ipairs { "640", "604", "620", "606" } do
            local told = show({}, "--config", write("domain = " .. mock.domain .. "\n" .. CLIENT, mode))
            assert_refused(told, file .. ": other users have a right to it: chmod 600")
            assert.is_nil(told.err:find("mocksecret", 1, true))
            os.remove(file)
        end
    end)

    it("is refused with its name and what is wrong in it", function()
        for text, words in pairs {
            ["domain"] = "line 1: expected name = value",
            ["\ndomian = x"] = "domian is no setting: the settings are audience, ca_file, client_id",
            ["deadline = soon"] = "deadline: expected a number",
            ['{"domain": 1}'] = "domain: expected a string",
            ['{"resolve": [true]}'] = "resolve: expected an array of strings",
            ['{"domain": '] = "is no JSON",
        } do
            assert_refused(show({}, "--config", write(text)), file .. ": " .. words)
            os.remove(file)
        end
        assert_refused(show({}, "--config", "/nowhere/file"), "/nowhere/file: No such file or directory")
        assert_refused(show({}, "--config", "/tmp"), "/tmp: Is a directory")
    end)
end)

describe("what is wrong with a setting", function()
    it("is told by where it comes from", function()
        local named = { AUTH0_DOMAIN = "https://x", AUTH0_TOKEN = "x" }
        assert_refused(show(named), "auth0-accounts: AUTH0_DOMAIN: expected a host name")
        assert_refused(show(named, "--domain", "a/b"), "auth0-accounts: --domain: expected a host name")
        assert_refused(show(named, "--domain", "a/b", "--dry-run"), "auth0-accounts: --domain: expected a host name")
        assert_refused(show({}, "--config", write "domain = a/b\ntoken = x\n"),
            file .. ": domain: expected a host name")
        assert_refused(show({ AUTH0_DOMAIN = mock.domain, AUTH0_TOKEN = "x" }, "--resolve", "x"),
            "auth0-accounts: --resolve: entry 1 is not of the form")
    end)
end)

describe("a client's key", function()
    it("is a file of its user alone, and what is wrong with it is told without a piece of it", function()
        local key = write("no-key", "640")
        local environment = { AUTH0_DOMAIN = mock.domain, AUTH0_CLIENT_ID = "mockclient" }
        assert_refused(show(environment, "--signing-key-file", key), key .. ": other users have a right to it")
        tenant.run("chmod 600 " .. key)
        environment.AUTH0_SIGNING_KEY_FILE = key
        local told = show(environment)
        assert_refused(told, "AUTH0_SIGNING_KEY_FILE: is no private key in PEM form")
        assert.is_nil(told.err:find("no-key", 1, true))
        environment.AUTH0_CLIENT_SECRET = "mocksecret"
        assert_refused(show(environment), "give one of AUTH0_CLIENT_SECRET and AUTH0_SIGNING_KEY_FILE")
        assert_refused(show({ AUTH0_DOMAIN = mock.domain, AUTH0_TOKEN = "x" }, "--audience", "https://a/"),
            "an audience goes with a client")
    end)
end)

describe("of two places", function()
    it("a flag overrides the environment, and the environment the file", function()
        write("domain = file.test\n" .. CLIENT)
        assert_shown(show({ AUTH0_DOMAIN = mock.domain }, "--config", file))
        assert_shown(show({ AUTH0_DOMAIN = "environment.test" }, "--config", file, "--domain", mock.domain))
        local told = show({ AUTH0_DOMAIN = "environment.test" }, "--config", file)
        assert.equal(4, told.code)
        assert.truthy(told.err:find("environment.test", 1, true), told.err)
    end)

    it("a token counts before a client of a later one, and the other way round", function()
        local token = mock:token { kind = "machine" }
        write("domain = " .. mock.domain .. "\nclient_id = another\nclient_secret = wrong\naudience = https://a/")
        assert_shown(show({ AUTH0_TOKEN = token }, "--config", file))
        os.remove(file)
        write("domain = " .. mock.domain .. "\ntoken = wrong\n")
        assert_shown(show({ AUTH0_CLIENT_ID = "mockclient", AUTH0_CLIENT_SECRET = "mocksecret" }, "--config", file))
        assert_shown(show({ AUTH0_CLIENT_SECRET = "mocksecret", AUTH0_TOKEN = "wrong" }, "--config", file,
            "--client-id", "mockclient"))
    end)

    it("a token and a client are refused in one and the same", function()
        assert_refused(show({}, "--config", write("domain = x.test\ntoken = x\n" .. CLIENT)),
            "a token does not go with a client's id and secret, and " .. file .. " has both: leave one of them out")
    end)
end)

describe("a secret", function()
    it("is no flag", function()
        local told = command.run(mock, { "help", "--json" }, {})
        for _, word in ipairs { "--token", "--client-secret", "--secret", "--password" } do
            assert.is_nil(told.out:find('"' .. word .. '"', 1, true))
        end
    end)
end)

describe("--quiet", function()
    it("leaves the failures, and JSON", function()
        local environment = { AUTH0_DOMAIN = mock.domain, AUTH0_TOKEN = mock:token { kind = "machine" } }
        local told = command.run(mock, { "show", ID, "--quiet" }, environment)
        assert.same({ 0, "", "" }, { told.code, told.out, told.err })
        assert_shown(show(environment, "--quiet"))
        told = command.run(mock, { "--quiet", "show", "auth0|9" }, environment)
        assert.same({ 1, "" }, { told.code, told.out })
        assert.truthy(told.err:find("auth0|9", 1, true))
    end)
end)
