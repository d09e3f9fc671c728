--- on_event: what a tenant tells while it works. Never a secret, and never at the cost of a call.
local auth0 = require "auth0"
local mocked = require "support.mocked"

local PRIMARY = mocked.PRIMARY

describe("on_event", function()
    local mock, ids, tenant, events, secrets

    before_each(function()
        mock, ids = mocked.mock(50)
        events, secrets = {}, { [mocked.SECRET] = true }
        local answer = mock.answer
        mock.answer = function(self, request)
            local bearer = (request.headers.authorization or ""):match("^Bearer (.+)$")
            if bearer then secrets[bearer] = true end
            return answer(self, request)
        end
        tenant = mocked.tenant(mock, { on_event = function(event) events[#events + 1] = event end })
    end)

    after_each(function() tenant:close() end)

    local function of_kind(kind)
        local list = {}
        for _, event in ipairs(events) do
            if event.kind == kind then list[#list + 1] = event end
        end
        return list
    end

    it("tells each exchange: request", function()
        assert(tenant:link(PRIMARY, ids[1], { correlation_id = "job-7" }))
        local event = of_kind("request")[2]
        assert.same({ "POST", "write", 201, "job-7", "ok", 1 }, { event.method, event.bucket, event.status,
            event.correlation_id, event.code, event.attempts })
        assert.is_number(event.id)
        assert.is_string(event.request_id)
        for _, name in ipairs { "dns", "connect", "tls", "first_byte", "total" } do
            assert.is_number(event.timings[name])
        end
    end)

    it("tells of the token: token, whose own request belongs to no call", function()
        assert(tenant:user(PRIMARY))
        local event = of_kind("token")[1]
        assert.same({ "ok" }, { event.code })
        local request = of_kind("request")[1]
        assert.same({ "POST", "token" }, { request.method, request.bucket })
        assert.is_nil(request.id)
    end)

    it("tells why there is no token: token", function()
        for words, token in pairs { ["cannot be one"] = function() return "two words" end,
            ["the vault is sealed"] = function() return nil, "the vault is sealed" end } do
            tenant:close()
            events = {}
            tenant = mocked.with_token(mock, token, { on_event = function(event) events[#events + 1] = event end })
            assert.is_nil((tenant:user(PRIMARY)))
            local event = of_kind("token")[1]
            assert.equal("unauthorized", event.code)
            assert.truthy(event.detail:find(words, 1, true), event.detail)
            assert.equal(0, tenant:stats().tokens)
        end
        tenant:close()
        tenant = mocked.tenant(mock, { client_secret = "another",
            on_event = function(event) events[#events + 1] = event end })
        tenant:user(PRIMARY)
        local event = of_kind("token")[2]
        assert.equal("unauthorized", event.code)
        assert.truthy(event.detail:find("no token: unauthorized: Unauthorized", 1, true), event.detail)
    end)

    it("tells why a lost answer was asked for again: settle, retry", function()
        mock:arm { fault = "reset-before", method = "POST", template = "/api/v2/users/{id}/identities" }
        assert(tenant:link(PRIMARY, ids[1]))
        assert.equal("not_linked", of_kind("settle")[1].seen)
        local retry = of_kind("retry")[1]
        assert.equal("connection_lost", retry.code)
        assert.is_true(retry.wait > 0 and retry.wait < 10)
        assert.equal(of_kind("settle")[1].id, retry.id)
    end)

    it("tells what waits for its rate bucket: wait", function()
        mock:configure { rates = { write_users = { burst = 2, rate = 1 } } }
        auth0.each(ids, 10, function(id) assert(tenant:link(PRIMARY, id)) end)
        local seen = false
        for _, event in ipairs(of_kind "wait") do
            if event.bucket == "write" and event.wait and event.wait > 0 then seen = true end
        end
        assert.is_true(seen)
    end)

    it("tells what waits for a token, whatever its own bucket: wait", function()
        assert(tenant:user(PRIMARY))
        local waits = of_kind "wait"
        assert.same({ 1, "token" }, { #waits, waits[1].bucket })
        assert.is_nil(waits[1].wait) -- when the token comes is not known
    end)

    it("tells that organizations and members wait for buckets of their own", function()
        mock:add_organization { id = "org_1" }
        mock:configure { rates = { organizations = { burst = 1, rate = 1 }, members = { burst = 1, rate = 1 } } }
        local path = "/api/v2/users/" .. PRIMARY:gsub("|", "%%7C") .. "/organizations"
        for _ = 1, 2 do assert(tenant:request { path = path }) end
        for _ = 1, 2 do
            assert(tenant:user(PRIMARY))
            assert(tenant:request { method = "POST", path = "/api/v2/organizations/org_1/members",
                body = { members = { PRIMARY } } })
        end
        local waited = {}
        for _, event in ipairs(of_kind "wait") do waited[event.bucket] = true end
        assert.same({ token = true, organizations = true, members = true }, waited)
    end)

    it("never holds a secret, whatever happens", function()
        for i, fault in ipairs { "reset-before", "reset-after", "html", "status-after;status=500",
            "text;status=401" } do
            mock:arm { fault = fault, probability = 0.3, count = 200, seed = i }
        end
        auth0.each(ids, 50, function(id) tenant:link(PRIMARY, id) end)
        tenant:close()
        local bearer = mock:token { kind = "machine" }
        secrets[bearer] = true
        local tries = mocked.with_token(mock, function() return nil, "no " .. bearer end,
            { on_event = function(event) events[#events + 1] = event end })
        tries:user(PRIMARY)
        tries:close()
        local function check(value)
            if type(value) == "table" then
                for key, inner in pairs(value) do check(key) check(inner) end
                return
            end
            for secret in pairs(secrets) do
                assert.falsy(tostring(value):find(secret, 1, true), tostring(value))
            end
        end
        assert.is_true(#events > 50)
        check(events)
    end)

    it("breaks no call by its errors, which are counted", function()
        tenant:close()
        tenant = mocked.tenant(mock, { on_event = function(event)
            if event.kind == "request" then error "broken" else coroutine.yield() end
        end })
        auth0.each(ids, 10, function(id) assert(tenant:link(PRIMARY, id)) end)
        assert.is_true(tenant:stats().event_errors >= 50)
    end)

    it("makes no call of its own tenant", function()
        tenant:close()
        local told
        tenant = mocked.tenant(mock, { on_event = function()
            local done, message = pcall(tenant.user, tenant, PRIMARY)
            told = not done and message
        end })
        assert(tenant:user(PRIMARY))
        assert.truthy(told:find("on_event makes no call of its own tenant", 1, true), told)
        assert.equal(0, tenant:stats().event_errors)
    end)

    it("is not told what was not asked for", function()
        tenant:close()
        tenant = mocked.tenant(mock)
        assert(tenant:user(PRIMARY))
        assert.equal(0, tenant:stats().events_dropped)
        assert.same({}, events)
    end)
end)
