--- Where a tenant's token comes from: a client's secret, or a function of the user's.
local auth0 = require "auth0"
local mocked = require "support.mocked"

local PRIMARY = mocked.PRIMARY

local function failure_of(tenant)
    local value, message, failure = tenant:user(PRIMARY)
    assert.is_nil(value)
    assert.equal("none", failure.outcome)
    return failure, message
end

describe("a tenant's client", function()
    local mock, ids

    before_each(function() mock, ids = mocked.mock(5) end)

    it("with a wrong secret is refused once, and the refusal is told to all", function()
        local tenant = mocked.tenant(mock, { client_secret = "another" })
        local codes = {}
        auth0.each(ids, 5, function(id)
            local _, message, failure = tenant:link(PRIMARY, id)
            assert.falsy(message:find("another", 1, true))
            codes[#codes + 1] = failure.code
        end)
        assert.same({ "unauthorized", "unauthorized", "unauthorized", "unauthorized", "unauthorized" }, codes)
        assert.equal(1, mocked.requests(mock)["POST /oauth/token"])
        assert.equal(0, #mock:changes())
    end)

    it("asks for the Management API's audience, or for the one that is given", function()
        local asked
        local answer = mock.answer
        mock.answer = function(self, request)
            if request.url:find("/oauth/token", 1, true) then asked = request end
            return answer(self, request)
        end
        local tenant = mocked.tenant(mock)
        assert(tenant:user(PRIMARY))
        assert.truthy(asked.body:find('"audience":"https://tenant.test/api/v2/"', 1, true))
        assert.is_nil(asked.headers.authorization)
        tenant:close()
        tenant = mocked.tenant(mock, { audience = "https://canonical.test/api/v2/" })
        local failure = failure_of(tenant)
        assert.truthy(asked.body:find('"audience":"https://canonical.test/api/v2/"', 1, true))
        assert.equal("forbidden", failure.code)
    end)
end)

describe("tenant:claims", function()
    local mock

    before_each(function() mock = mocked.mock(1) end)

    it("is what the fetched token says of itself, once there is one", function()
        local tenant = mocked.tenant(mock)
        assert.is_nil(tenant:claims())
        assert(tenant:user(PRIMARY))
        local claims = tenant:claims()
        assert.same({ "https://tenant.test/", "https://tenant.test/api/v2/" }, { claims.iss, claims.aud })
        assert.truthy((" " .. claims.scope .. " "):find(" read:users ", 1, true))
        assert.equal(86400, claims.exp - claims.iat)
        tenant:close()
        assert.has_error(function() tenant:claims() end)
    end)

    it("is what the given token says, and nil for an opaque one", function()
        local token = mock:token { kind = "machine", scope = "read:users" }
        local tenant = auth0.tenant { mock = mock, domain = mock.domain, token = token }
        assert.equal("read:users", tenant:claims().scope)
        tenant:close()
        tenant = auth0.tenant { mock = mock, domain = mock.domain, token = "opaque" }
        assert.is_nil(tenant:claims())
        tenant:close()
    end)
end)

describe("a token function", function()
    local mock, ids, tenant

    before_each(function() mock, ids = mocked.mock(30) end)
    after_each(function() tenant:close() end)

    it("is asked once for many calls, and again when its token is about to expire", function()
        local asked = 0
        tenant = mocked.with_token(mock, function()
            asked = asked + 1
            return mock:token { kind = "machine" }, 100
        end)
        auth0.each(ids, 30, function(id) assert(tenant:user(id)) end)
        assert.equal(1, asked)
        mock:advance(95)
        auth0.each(ids, 30, function(id) assert(tenant:user(id)) end)
        assert.equal(2, asked)
    end)

    it("is asked again after a 401, once for all", function()
        local asked, last = 0, nil
        tenant = mocked.with_token(mock, function()
            asked = asked + 1
            last = mock:token { kind = "machine" }
            return last
        end)
        assert(tenant:user(PRIMARY))
        mock:revoke(last)
        auth0.each(ids, 30, function(id) assert(tenant:link(PRIMARY, id)) end)
        assert.equal(2, asked)
    end)

    for what, wrong in pairs {
        ["nil and a message"] = { function() return nil, "the vault is sealed" end, "the vault is sealed" },
        ["nothing"] = { function() end, "returned none" },
        ["a table"] = { function() return {} end, "returned a table, not a string" },
        ["a life that is no number"] = { function() return "t", "60" end, "no number of seconds" },
        ["a life of nothing"] = { function() return "t", 0 end, "no number of seconds" },
        ["an error"] = { function() error("it broke", 0) end, "the token function failed: it broke" },
        ["an error that is a table"] = { function() error({}) end, "the token function failed: table" },
        ["a yield"] = { function() coroutine.yield "x" end, "yielded, and nothing here would resume it" },
        ["what cannot be a token"] = { function() return "two words" end, "cannot be one" },
    } do
        it(("that gives %s is told so by the failure of the calls that wait"):format(what), function()
            tenant = mocked.with_token(mock, wrong[1])
            local failure, message = failure_of(tenant)
            assert.equal("unauthorized", failure.code)
            assert.truthy(message:find(wrong[2], 1, true), message)
            assert.equal(0, failure.attempts)
        end)
    end

    it("that failed is asked again later", function()
        local asked = 0
        tenant = mocked.with_token(mock, function()
            asked = asked + 1
            if asked == 1 then return nil, "not yet" end
            return mock:token { kind = "machine" }
        end)
        failure_of(tenant)
        mock:advance(40)
        assert.is_table((tenant:user(PRIMARY)))
    end)

    it("shows no token in the words of its error", function()
        local token = mock:token { kind = "machine" }
        tenant = mocked.with_token(mock, function() error("bad token: " .. token, 0) end)
        local failure, message = failure_of(tenant)
        assert.falsy(message:find(token:sub(1, 24), 1, true), message)
        assert.falsy(failure.detail:find(token:sub(1, 24), 1, true), failure.detail)
    end)

    it("that calls its own tenant is told so, and nothing hangs", function()
        tenant = mocked.with_token(mock, function() return (tenant:user(PRIMARY)).user_id end)
        local failure, message = failure_of(tenant)
        assert.equal("unauthorized", failure.code)
        assert.truthy(message:find("a token function makes no call of its own tenant", 1, true), message)
    end)

    it("may ask another tenant", function()
        local other_mock = mocked.mock(1)
        local other = mocked.tenant(other_mock)
        tenant = mocked.with_token(mock, function()
            assert(other:user(PRIMARY))
            return mock:token { kind = "machine" }
        end)
        assert.is_table((tenant:user(PRIMARY)))
        other:close()
    end)
end)

describe("a value that is missing", function()
    after_each(function() rawset(_G, "ngx", nil) end)

    local function message_of(given)
        given.domain = given.domain or "acme.eu.auth0.com"
        return select(2, pcall(auth0.tenant, given))
    end
    local HINT = "; inside nginx, os.getenv knows only variables that nginx.conf names (env NAME;)"

    for what, given in pairs { ["token: is missing"] = {}, ["client_id: goes with client_secret"] = { client_id = "x" },
        ["client_secret: goes with client_id, which is missing"] = { client_secret = "x" } } do
        it("may be missing in nginx.conf, and inside nginx that is said #plain: " .. what, function()
            local message = message_of(given)
            assert.truthy(message:find("auth0.tenant: " .. what, 1, true), message)
            assert.falsy(message:find("nginx", 1, true), message)
            rawset(_G, "ngx", { get_phase = function() return "content" end })
            assert.equal(message .. HINT, message_of(given))
        end)
    end
end)
