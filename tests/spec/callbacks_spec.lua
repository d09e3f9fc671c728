--- What the user's own functions do to a call that is under way: they close its tenant, or are interrupted.
local auth0 = require "auth0"
local core = require "auth0.core"
local loop = require "auth0.loop"
local mocks = require "auth0.mock"

-- A tenant that answers with what it is told to; `tokens` counts those that it gave.
local function mocked(answer, more)
    local mock = { engine = core.engine(), domain = "acme.test", tokens = 0 }
    function mock.answer(_, request)
        if request.url:find("/oauth/token", 1, true) then
            mock.tokens = mock.tokens + 1
            if mock.on_token then mock.on_token() end
            return { status = 200, body = ('{"access_token":"token-%d","expires_in":86400}'):format(mock.tokens) }
        end
        return answer(request)
    end
    local options = { mock = mock, domain = mock.domain, client_id = "client", client_secret = "secret-of-it" }
    for name, value in pairs(more or {}) do options[name] = value end
    return auth0.tenant(options), mock
end

local function good()
    return { status = 200, body = "{}" }
end

local function ask(tenant)
    return tenant:request { path = "/api/v2/roles" }
end

-- As lua.c does on Ctrl-C: the next that runs on the main thread raises. LuaJIT has one hook for all threads.
local main = coroutine.running()
local function interrupt()
    if main and not rawget(_G, "jit") then
        debug.sethook(main, function()
            debug.sethook(main)
            error("interrupted!", 0)
        end, "crl", 1)
    end
end

describe("a tenant", function()
    it("that is closed while it answers for its token leaves nothing to be read", function()
        local tenant, mock
        tenant, mock = mocked(good)
        mock.on_token = function() tenant:close() end
        local _, message = ask(tenant)
        assert.is_string(message)
    end)

    it("that its own on_event closes ends the call, and does not raise", function()
        local tenant
        local function close() tenant:close() end
        tenant = auth0.tenant { domain = "127.0.0.1:1", token = "token-of-it", on_event = close }
        local value, _, failure = ask(tenant)
        assert.is_nil(value)
        assert.is_string(failure.code)
    end)

    it("that one lane closes ends those that wait for it, and no other's", function()
        local one = auth0.tenant { domain = "127.0.0.1:1", token = "token-of-it" }
        local other = auth0.tenant { domain = "127.0.0.1:1", token = "token-of-it" }
        local ended = {}
        local count = auth0.each({ "sleeper", "closer", "other" }, 3, function(what)
            if what == "sleeper" then loop.sleep(one.calls, 1) end
            if what == "closer" then one:close() end
            if what == "other" then loop.sleep(other.calls, 0.1) end
            ended[#ended + 1] = what
        end)
        other:close()
        table.sort(ended)
        assert.equal(3, count)
        assert.same({ "closer", "other", "sleeper" }, ended)
    end)

    it("does not send a token again that was refused twice", function()
        local sent = {}
        local tenant = mocked(function(request)
            sent[#sent + 1] = request.headers.authorization
            return { status = 401, body = "{}" }
        end)
        local _, _, failure = ask(tenant)
        assert.same({ "unauthorized", 401 }, { failure.code, failure.status })
        _, _, failure = ask(tenant)
        assert.equal("unauthorized", failure.code)
        local seen = {}
        for _, bearer in ipairs(sent) do
            assert.is_nil(seen[bearer], "sent twice: " .. bearer)
            seen[bearer] = true
        end
    end)

    it("sleeps for less than a microsecond, too", function()
        local tenant, mock = mocked(good)
        for i = 1, 50 do
            mock.engine:advance(0.000123 * (i % 11))
            loop.sleep(tenant.calls, 1.0000000004)
        end
        assert.is_true(mock.engine:now() >= 50)
    end)
end)

-- Only where the hook of the main thread is its own, and busted runs the specs on it.
if main and not rawget(_G, "jit") and select(2, coroutine.running()) then
    describe("an interruption", function()
        it("in on_event leaves a tenant that works", function()
            local times = 0
            local tenant = mocked(good, { on_event = function()
                times = times + 1
                if times == 1 then interrupt() end
            end })
            pcall(ask, tenant)
            debug.sethook(main)
            assert.is_table((ask(tenant)))
        end)

        it("in a mock's answer for the token leaves a tenant that works", function()
            local tenant, mock = mocked(good)
            mock.on_token = function()
                if mock.tokens == 1 then interrupt() end
            end
            pcall(ask, tenant)
            debug.sethook(main)
            assert.is_table((ask(tenant)))
        end)

        it("in a token function leaves a tenant that works", function()
            local times = 0
            local mock = { engine = core.engine(), domain = "acme.test", answer = good }
            local tenant = auth0.tenant { mock = mock, domain = mock.domain, token = function()
                times = times + 1
                if times == 1 then interrupt() end
                return "token-of-it"
            end }
            pcall(ask, tenant)
            debug.sethook(main)
            tenant.calls.engine:advance(60)
            assert.is_table((ask(tenant)))
        end)
    end)
end

-- Before 5.2 tables have no finalizers.
local function with_finalizer(action)
    local object = setmetatable({}, { __gc = action })
    if _VERSION ~= "Lua 5.1" then return object end
    local userdata = rawget(_G, "newproxy")(true)
    getmetatable(userdata).__gc = action
    return userdata
end

describe("a finalizer", function()
    local expired = mocks.new { domain = "acme.test" }:token { kind = "machine", expires_in = -60 }
    local function code_of(domain, token)
        local _, _, failure = auth0.link { domain = domain, token = token, primary = "auth0|1", secondary = "github|2",
            proxy = false }
        return failure.code
    end

    -- LuaJIT 2.1 may loop for ever where a loop becomes hot in a finalizer.
    local jit = rawget(_G, "jit")
    setup(function() if jit then jit.off() end end)
    teardown(function() if jit then jit.on() end end)

    it("that makes a call in the middle of another takes nothing from it", function()
        local inner = {}
        local function arm()
            return with_finalizer(function()
                local done, code = pcall(code_of, "acme.test", expired)
                code = done and code or code:match "a call is under way"
                inner[code] = (inner[code] or 0) + 1
            end)
        end
        for _ = 1, 300 do
            for _ = 1, 10 do arm() end
            assert.equal("unreachable", code_of("127.0.0.1:1", "token-of-it"))
        end
        collectgarbage()
        assert.is_true(inner.unauthorized > 100)
        inner["a call is under way"], inner.unauthorized = nil, nil
        assert.same({}, inner)
    end)
end)
