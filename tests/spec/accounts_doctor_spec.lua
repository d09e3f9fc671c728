--- auth0-accounts doctor: what it finds wrong, with what to do, and the code by which a script knows.
local cjson = require "cjson"
local command = require "support.command"
local mock_tenant = require "auth0.mock"
local process = require "support.process"
local tenant = require "support.tenant"

local MOCK_BEGINS = 1700000000
local ALL = "read:users update:users read:authentication_methods read:organizations read:groups read:roles "
    .. "read:connections read:scim_config read:directory_provisionings read:event_streams"

local mock

before_each(function()
    mock = mock_tenant.new()
    mock:advance(os.time() - MOCK_BEGINS)
end)

local function look(environment, ...)
    local told = command.run(mock, { "doctor", "--json", ... }, environment)
    assert.equal("", told.err)
    local value = cjson.decode(told.out)
    assert.equal(told.code, value.code)
    return value
end

local function with_scope(scope)
    return { AUTH0_DOMAIN = mock.domain, AUTH0_TOKEN = mock:token { kind = "machine", scope = scope } }
end

local function of_check(value, check, state)
    local list = {}
    for _, finding in ipairs(value.checks) do
        if finding.check == check and (not state or finding.state == state) then list[#list + 1] = finding end
    end
    return list
end

local function assert_found(value, check, state, words)
    for _, finding in ipairs(of_check(value, check, state)) do
        if finding.message:find(words, 1, true) then return finding end
    end
    error(("no %s of %s says %s: %s"):format(state, check, words, cjson.encode(value)))
end

describe("auth0-accounts doctor", function()
    it("finds nothing wrong, with what each layer says, and ends with 0", function()
        local value = look { AUTH0_DOMAIN = mock.domain, AUTH0_CLIENT_ID = "mockclient",
            AUTH0_CLIENT_SECRET = "mocksecret" }
        assert.equal(0, value.code)
        for _, check in ipairs { "modules", "configuration", "token", "scopes", "limits", "events" } do
            assert.is_true(#of_check(value, check, "ok") > 0, check)
        end
        assert_found(value, "modules", "ok", (rawget(_G, "jit") or {}).version or _VERSION)
        assert_found(value, "configuration", "ok", "client_id mockclient from AUTH0_CLIENT_ID")
        assert_found(value, "token", "ok", "lives 24 hours")
        assert.is_nil(cjson.encode(value):find("mocksecret", 1, true))
        assert.same({}, mock:changes())
    end)

    it("tells people each finding on a line, and what to do below it", function()
        local told = command.run(mock, { "doctor" }, with_scope "read:users")
        assert.equal(1, told.code)
        assert.truthy(told.out:find("\nfail  scopes         lacking for show, link, unlink, merge and undo: "
            .. "update:users\n                    -> give the application these scopes\n", 1, true), told.out)
        assert.truthy(told.out:find("\nok    scopes         not given, and needed for verify --logs alone: "
            .. "read:logs\n", 1, true), told.out)
        assert.is_nil(told.out:find "\27")
        assert.same({ 1, "", "" }, { command.run(mock, { "doctor", "--quiet" }, with_scope "read:users").code,
            command.run(mock, { "doctor", "--quiet" }, with_scope "read:users").out, told.err })
    end)

    it("ends with 3 where the configuration lacks something, or cannot be used, and asks nothing", function()
        assert_found(look {}, "configuration", "fail", "no domain")
        assert_found(look { AUTH0_DOMAIN = mock.domain }, "configuration", "fail", "no token")
        assert_found(look { AUTH0_DOMAIN = "https://x.test", AUTH0_TOKEN = "x" }, "configuration", "fail",
            "leave out https://")
        assert_found(look { AUTH0_DOMAIN = "x .test", AUTH0_TOKEN = "x" }, "configuration", "fail",
            "AUTH0_DOMAIN: holds a space")
        local told = look { AUTH0_DOMAIN = mock.domain, AUTH0_CLIENT_ID = "x", AUTH0_SIGNING_KEY_FILE = "/nowhere/key" }
        local count = 0
        for _, finding in ipairs(told.checks) do count = count + (finding.check == "configuration" and 1 or 0) end
        assert.equal(1, count)
        assert_found(told, "configuration", "fail", "/nowhere/key: No such file")
        assert.equal(3, look({}).code)
        assert.equal(3, look({}, "--config", "/nowhere/file").code)
        assert.same({}, mock:requests())
    end)

    it("ends with 3 where the tenant does not take the client or the token", function()
        local value = look { AUTH0_DOMAIN = mock.domain, AUTH0_CLIENT_ID = "mockclient", AUTH0_CLIENT_SECRET = "x" }
        assert_found(value, "token", "fail", "its id or its secret is wrong")
        assert.equal(3, value.code)
        value = look { AUTH0_DOMAIN = mock.domain, AUTH0_TOKEN = "x" }
        assert_found(value, "token", "fail", "does not accept the token")
        assert.equal(3, value.code)
    end)

    it("ends with 4 where the tenant is not reached", function()
        local value = look { AUTH0_DOMAIN = "another.test", AUTH0_TOKEN = "x" }
        assert_found(value, "connection", "fail", "no connection to another.test")
        assert.equal(4, value.code)
    end)

    it("compares this machine's clock with the tenant's", function()
        local answer, ahead = mock.answer, nil
        mock.answer = function(self, request)
            local answered = answer(self, request)
            answered.headers.date = os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + ahead)
            return answered
        end
        for seconds, found in pairs { [0] = { 0, "ok", "agrees with" }, [60] = { 0, "warn", "behind" },
            [-60] = { 0, "warn", "ahead of" }, [3600] = { 1, "fail", "behind" } } do
            ahead = seconds
            local value = look(with_scope(ALL))
            assert.equal(found[1], value.code)
            assert_found(value, "clock", found[2], found[3] .. " the tenant's")
        end
    end)

    it("says that a token has no scopes, and ends with 1", function()
        local value = look(with_scope "")
        assert_found(value, "scopes", "fail", "the token has none")
        assert_found(value, "tenant", "fail", "read:users")
        assert.equal(1, value.code)
    end)

    it("refuses a configuration that others can read, and shows nothing of it", function()
        local file = process.file "domain = a.test\ntoken = a-secret-token\n"
        tenant.run("chmod 644 " .. file)
        local value = look({}, "--config", file)
        os.remove(file)
        assert_found(value, "configuration", "fail", "other users have a right to it: chmod 600")
        assert.is_nil(cjson.encode(value):find("a-secret-token", 1, true))
        assert.equal(3, value.code)
    end)

    it("names the scopes that are lacking, for what, and those that are too many", function()
        local value = look(with_scope "read:users")
        assert_found(value, "scopes", "fail", "link, unlink, merge and undo: update:users")
        assert_found(value, "scopes", "warn", "the checks of preview and merge: read:authentication_methods, ")
        assert.equal(1, value.code)
        value = look(with_scope(ALL .. " delete:users create:clients"))
        assert_found(value, "scopes", "warn", "not needed by any command: create:clients, delete:users")
        assert.equal(1, #of_check(value, "scopes", "warn"))
        assert.equal(0, value.code)
        assert.equal(0, #of_check(look(with_scope(ALL)), "scopes", "warn"))
    end)

    it("says when a given token ends", function()
        local environment = { AUTH0_DOMAIN = mock.domain, AUTH0_TOKEN = mock:token { kind = "machine",
            expires_in = 600 } }
        assert_found(look(environment), "token", "warn", "ends in 10 minutes")
    end)

    it("names the event streams that hear of user.deleted", function()
        mock:add_event_stream { id = "est_1", name = "Cleaner\27[2J", subscriptions = { "user.deleted" } }
        mock:add_event_stream { id = "est_2", name = "Other", subscriptions = { "user.created" } }
        local value = look(with_scope(ALL))
        local finding = assert_found(value, "events", "warn", "Cleaner")
        assert.is_nil(finding.message:find("Other", 1, true))
        local told = command.run(mock, { "doctor" }, with_scope(ALL))
        assert.is_nil(told.out:find "\27")
        assert_found(look(with_scope "read:users update:users"), "events", "warn", "cannot be read")
    end)

    it("is a tenant that answers false: goes on", function()
        mock.answer = function() return { how = "answered", status = 200, headers = {}, body = "false" } end
        assert_found(look(with_scope(ALL)), "events", "warn", "cannot be read")
    end)

    it("is a tenant with an error of its own: fails, with its words", function()
        mock:arm { fault = "status;status=500", method = "GET", template = "/api/v2/users", count = 20 }
        local value = look(with_scope(ALL), "--deadline", "5")
        assert.equal(1, value.code)
        assert_found(value, "tenant", "fail", "internal error")
    end)
end)
