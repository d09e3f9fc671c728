--- auth0.tenant over the model, in virtual time: the calls of one tenant, alone and many at once.
local auth0 = require "auth0"
local core = require "auth0.core"
local json = require "auth0.json"
local mocked = require "support.mocked"

local PRIMARY = mocked.PRIMARY
local LINK, READ = "POST /api/v2/users/{id}/identities", "GET /api/v2/users/{id}"

local function part(list, first, last)
    local result = {}
    for i = first, last do result[#result + 1] = list[i] end
    return result
end

local function link_all(tenant, ids, count)
    return auth0.each(ids, count, function(id)
        local identities, message = tenant:link(PRIMARY, id)
        assert(identities, message)
    end)
end

describe("a tenant", function()
    local mock, ids, tenant

    before_each(function()
        mock, ids = mocked.mock(50)
        tenant = mocked.tenant(mock)
    end)

    after_each(function() tenant:close() end)

    it("links and unlinks, and shows what there is", function()
        local identities, message, receipt = tenant:link(PRIMARY, ids[1])
        assert.is_table(identities, message)
        assert.same({ "101", 201, 1 }, { identities[2].user_id, receipt.status, receipt.attempts })
        assert.equal(2, #assert(tenant:identities(PRIMARY)))
        assert.equal(1, #assert(tenant:unlink(PRIMARY, ids[1], { check = true })))
        local _, _, failure = tenant:unlink(PRIMARY, ids[1], { check = true })
        assert.equal("not_found", failure.code)
    end)

    it("links with a user's own token, whose account it needs not be told", function()
        tenant:close()
        tenant = mocked.with_token(mock, mock:token { kind = "user", sub = PRIMARY, azp = "app" })
        local secondary = mock:token { kind = "id", sub = ids[1], aud = "app" }
        assert.equal(2, #assert(tenant:link(nil, nil, { link_with = secondary })))
        assert.equal(1, #assert(tenant:unlink(nil, ids[1])))
    end)

    it("refuses with a user's token what its scopes say cannot be done, unless told not to look", function()
        tenant:close()
        tenant = mocked.with_token(mock, mock:token { kind = "machine", scope = "read:users" })
        local _, _, failure = tenant:link(PRIMARY, ids[1])
        assert.same({ "forbidden", 0 }, { failure.code, failure.attempts })
        _, _, failure = tenant:link(PRIMARY, ids[1], { check_scopes = false })
        assert.same({ "forbidden", 403 }, { failure.code, failure.status })
    end)

    it("reads an account, whole or some of its fields", function()
        assert.equal("ann@example.com", assert(tenant:user(PRIMARY)).email)
        assert.same({ user_id = PRIMARY }, (assert(tenant:user(PRIMARY, { fields = { "user_id" } }))))
        assert.is_nil(assert(tenant:user(PRIMARY, { fields = "email,name", include_fields = false })).email)
        local user, message, failure = tenant:user "auth0|2"
        assert.is_nil(user)
        assert.equal("not_found", failure.code)
        assert.truthy(message:find("^tenant:user: tenant.test does not find the account auth0|2 %(status 404;"),
            message)
        assert.falsy(message:find("nothing was changed", 1, true), message)
    end)

    it("asks any endpoint, by a path or by its parts", function()
        local answer, message, receipt = tenant:request { path = "/api/v2/connections", query = { per_page = 1,
            include_totals = true } }
        assert.is_table(answer, message)
        assert.same({ 1, 200 }, { #answer.connections, receipt.status })
        assert.equal(PRIMARY, assert(tenant:request { path = { "api", "v2", "users", PRIMARY } }).user_id)
        assert.equal(PRIMARY, assert(tenant:request { path = "/api/v2/users/auth0%7C1" }).user_id)
        assert.is_true((assert(tenant:request { method = "DELETE", path = { "api", "v2", "users", ids[9] } })))
        local _, _, failure = tenant:request { path = "/api/v2/nothing" }
        assert.equal("not_found", failure.code)
    end)

    it("sends a POST once where no answer came, unless it is said to be idempotent", function()
        local function create(user_id, idempotent)
            return tenant:request { method = "POST", path = "/api/v2/users", idempotent = idempotent,
                correlation_id = "fault=reset-after", body = { connection = "Username-Password-Authentication",
                    user_id = user_id, email = user_id .. "@example.com", password = "x" } }
        end
        local _, message, failure = create("a", nil)
        assert.same({ "unknown_outcome", "connection_lost", 1 }, { failure.code, failure.cause, failure.attempts })
        assert.truthy(message:find("may or may not have been made: read what it was to change", 1, true), message)
        assert.equal(1, #mock:changes())
        _, _, failure = create("b", true)
        assert.same({ "unknown_outcome", 5 }, { failure.code, failure.attempts })
    end)

    it("has defaults for its calls, which a call may overrule", function()
        tenant:close()
        tenant = mocked.tenant(mock, { attempts = 1, settle = false, correlation_id = "fault=reset-after",
            deadline = 20 })
        local _, _, failure = tenant:link(PRIMARY, ids[1])
        assert.same({ "unknown_outcome", 1 }, { failure.code, failure.attempts })
        assert.is_table((tenant:link(PRIMARY, ids[2], { correlation_id = "job-1" })))
        _, _, failure = tenant:user(PRIMARY, { correlation_id = "fault=delay;seconds=3600", attempt_timeout = 7 })
        assert.same({ "timeout", 7 }, { failure.code, failure.elapsed })
    end)

    it("links 50 at a time with one token", function()
        assert.equal(50, link_all(tenant, ids, 50))
        assert.equal(51, #assert(tenant:identities(PRIMARY)))
        assert.equal(1, mocked.requests(mock)["POST /oauth/token"])
        local stats = tenant:stats()
        assert.same({ 51, 52, 1, 0, 0 }, { stats.calls, stats.exchanges, stats.tokens, stats.in_flight,
            stats.waiting })
    end)

    it("tells of the limits that answers have told", function()
        assert.same({}, tenant:stats().buckets)
        mock:configure { rates = { read_users = { burst = 40, rate = 10, per = 1 } } }
        assert(tenant:user(PRIMARY))
        assert.same({ limit = 40, left = 39 }, tenant:stats().buckets.read)
        assert.is_nil(tenant:stats().buckets.write)
    end)

    it("sleeps, and tells the time by which it does", function()
        local before = tenant:now()
        tenant:sleep(90)
        assert.equal(90, math.floor(tenant:now() - before + 0.001))
        for _, wrong in ipairs { -1, 0 / 0, math.huge, "1" } do
            local good, message = pcall(tenant.sleep, tenant, wrong)
            assert.is_false(good)
            assert.truthy(message:find("tenant:sleep: how long? expected seconds, 0 or more", 1, true), message)
        end
    end)

    it("renews its token before it expires, and once for all", function()
        mock:configure { token_lifetime = 100 }
        link_all(tenant, { ids[1] }, 1)
        mock:advance(95)
        link_all(tenant, part(ids, 2, 40), 39)
        mock:advance(20)
        link_all(tenant, part(ids, 41, 50), 10)
        assert.equal(2, mocked.requests(mock)["POST /oauth/token"])
        assert.equal(50, mocked.requests(mock)[LINK])
    end)

    it("replays what met a 401 once, with a new token for all", function()
        local token
        local answer = mock.answer
        mock.answer = function(self, request)
            token = request.headers.authorization or token
            return answer(self, request)
        end
        assert(tenant:link(PRIMARY, ids[1]))
        mock:revoke((token:gsub("^Bearer ", "")))
        table.remove(ids, 1)
        assert.equal(49, link_all(tenant, ids, 49))
        assert.equal(2, mocked.requests(mock)["POST /oauth/token"])
        assert.equal(50, #mock:changes())
    end)

    it("settles lost answers by reading, once for those that wait for the same primary", function()
        -- the token is there, and it is known that no limit is near
        mock:configure { rates = { global = { burst = 1000, rate = 1000, per = 1 } } }
        for _ = 1, 10 do tenant:link(PRIMARY, table.remove(ids, 1)) end
        mock:arm { fault = "reset-after", method = "POST", template = "/api/v2/users/{id}/identities",
            count = 40 }
        local reads = mocked.requests(mock)[READ] or 0
        assert.equal(40, link_all(tenant, ids, 40))
        assert.equal(50, #mock:changes())
        assert.equal(50, mocked.requests(mock)[LINK])
        reads = mocked.requests(mock)[READ] - reads -- what was lost holds up others at the gate: not all wait at once
        assert.is_true(reads >= 1 and reads < 30, reads .. " reads")
    end)

    for name, rates in pairs {
        ["a bucket of 20 that gets 200 a minute"] = { plan = "essentials" },
        ["2 a second"] = { plan = "free" },
        ["a bucket of which others took all"] = { write_users = { burst = 5, rate = 5, refill = "second" } },
    } do
        it("keeps to the pace of " .. name .. ", and loses nothing", function()
            mock:configure { rates = rates }
            assert.equal(50, link_all(tenant, ids, 50))
            assert.equal(50, #mock:changes())
            assert.is_true(mocked.requests(mock)[LINK] <= 60, mocked.requests(mock)[LINK] .. " requests")
        end)
    end

    it("keeps a rate of its own", function()
        tenant:close()
        tenant = mocked.tenant(mock, { rate = 10 })
        local began = mock.engine:now()
        link_all(tenant, ids, 50)
        local took = mock.engine:now() - began
        assert.is_true(took >= 4.8 and took < 7, took .. " s")
    end)

    it("survives faults of every kind, 50 at a time: what was told is what was done", function()
        for i, fault in ipairs { "reset-before", "reset-after", "status-after;status=500", "truncated", "html",
            "delay;seconds=60", "late;seconds=3" } do
            mock:arm { fault = fault, method = "POST", probability = 0.2, count = 100, seed = i,
                template = "/api/v2/users/{id}/identities" }
        end
        local told = {}
        auth0.each(ids, 50, function(id)
            local identities, _, what = tenant:link(PRIMARY, id)
            told[id] = identities and "linked" or what.outcome
        end)
        mock:advance(100)
        local there = {}
        for _, identity in ipairs(assert(tenant:identities(PRIMARY))) do
            there[identity.provider .. "|" .. identity.user_id] = true
        end
        local linked = 0
        for _, id in ipairs(ids) do
            if told[id] == "linked" then linked = linked + 1 end
            assert.is_true(told[id] ~= "linked" or there[id], id .. " was told, and is not there")
            assert.is_true(told[id] ~= "none" or not there[id], id .. " was denied, and is there")
        end
        assert.is_true(linked > 40, linked .. " linked")
    end)
end)

describe("an account's update", function()
    local mock, tenant

    before_each(function()
        mock = mocked.mock(1)
        tenant = mocked.tenant(mock)
    end)

    after_each(function() tenant:close() end)

    it("merges metadata, and deletes a key by null", function()
        assert(tenant:update_user(PRIMARY, { user_metadata = { a = 1, list = auth0.array {}, gone = "x" } }))
        local user = assert(tenant:update_user(PRIMARY, { user_metadata = { gone = auth0.null } }))
        assert.same({ a = 1, list = {} }, user.user_metadata)
        local stored = mock.model.world.users.by_id[PRIMARY].user_metadata
        assert.is_true(json.is_array(stored.list))
    end)

    it("is sent again where its answer was lost", function()
        mock:arm { fault = "reset-after", method = "PATCH" }
        local user, message, receipt = tenant:update_user(PRIMARY, { nickname = "Ann" })
        assert.is_table(user, message)
        assert.same({ "Ann", 2 }, { user.nickname, receipt.attempts })
    end)

    it("takes JSON as text as it stands", function()
        local user = assert(tenant:update_user(PRIMARY, '{"user_metadata":{"n":12345678901234567890,"e":[]}}'))
        assert.equal("12345678901234567890", tostring(user.user_metadata.n))
    end)

    it("erases metadata only where that is said", function()
        assert(tenant:update_user(PRIMARY, { app_metadata = { a = 1 }, user_metadata = { b = 2 } }))
        for _, name in ipairs { "user_metadata", "app_metadata" } do
            local done, message = pcall(tenant.update_user, tenant, PRIMARY, { [name] = {} })
            assert.is_false(done)
            assert.truthy(message:find(name .. ": is empty, which erases", 1, true), message)
        end
        for _, name in ipairs { "user_metadata", "app_metadata" } do
            local done, message = pcall(tenant.update_user, tenant, PRIMARY, { [name] = auth0.null })
            assert.is_false(done)
            assert.truthy(message:find(name .. ": is null, which erases", 1, true), message)
        end
        local user = assert(tenant:update_user(PRIMARY, { user_metadata = {} }, { erase = true }))
        assert.is_nil(next(user.user_metadata or {}))
        assert.equal(1, user.app_metadata.a)
    end)

    it("raises for what is no JSON", function()
        local circle = {}
        circle.user_metadata = circle
        for what, patch in pairs { ["is empty"] = {}, ["nested too deeply"] = circle, ["no JSON for"] = { a = print },
            ["not UTF-8"] = { a = "\255" }, ["a key that is a"] = { a = { [true] = 1 } },
            ["with gaps"] = { a = { 1, nil, 3 } } } do
            local done, message = pcall(tenant.update_user, tenant, PRIMARY, patch)
            assert.is_false(done)
            assert.truthy(message:find("tenant:update_user: patch: ", 1, true), message)
            assert.truthy(message:find(what, 1, true), message)
        end
        assert.is_nil(mocked.requests(mock)["PATCH /api/v2/users/{id}"])
    end)
end)

describe("a tenant's mock", function()
    it("that raises is heard by the caller whom it concerns, and the others get their answers", function()
        local mock, ids = mocked.mock(10)
        local tenant = mocked.tenant(mock)
        local answer = mock.answer
        mock.answer = function(self, request)
            if request.body:find("google-oauth2|105", 1, true) then error("the mock is broken", 0) end
            return answer(self, request)
        end
        local done, message = pcall(auth0.each, ids, 10, function(id) assert(tenant:link(PRIMARY, id)) end)
        assert.is_false(done)
        assert.equal('the mock is broken (item 5 of auth0.each, "google-oauth2|105")', message)
        assert.equal(9, #mock:changes())
        assert.is_table((tenant:unlink(PRIMARY, ids[1])))
    end)

    it("that raises for the token is heard by all who wait for it", function()
        local mock = mocked.mock(1)
        local tenant = mocked.tenant(mock)
        local answer = mock.answer
        mock.answer = function() error("no token today", 0) end
        assert.has_error(function() tenant:user(PRIMARY) end, "no token today")
        mock.answer = answer
        mock:advance(60)
        assert.is_table((tenant:user(PRIMARY)))
    end)

    it("that yields is told so", function()
        local mock = { domain = "acme.test", engine = core.engine(), answer = function() coroutine.yield() end }
        local tenant = mocked.with_token(mock, "token-of-a-machine")
        local done, message = pcall(tenant.user, tenant, PRIMARY)
        assert.is_false(done)
        assert.truthy(message:find("yielded", 1, true), message)
    end)

    it("has one tenant at a time", function()
        local mock = mocked.mock(1)
        local tenant = mocked.tenant(mock)
        local done, message = pcall(mocked.tenant, mock)
        assert.is_false(done)
        assert.truthy(message:find("belongs to another auth0.tenant", 1, true), message)
        tenant:close()
        mocked.tenant(mock):close()
    end)

    it("is free again when its tenant is collected", function()
        local mock = mocked.mock(1)
        mocked.tenant(mock)
        collectgarbage()
        collectgarbage()
        local tenant = mocked.tenant(mock)
        assert.is_table((tenant:user(PRIMARY)))
        tenant:close()
    end)

    it("serves auth0.link beside its tenant", function()
        local mock, ids = mocked.mock(20)
        local tenant = mocked.tenant(mock)
        local token = mock:token { kind = "machine" }
        auth0.each(ids, 20, function(id, index)
            local by_tenant = index % 2 == 0
            local identities, message
            if by_tenant then
                identities, message = tenant:link(PRIMARY, id)
            else
                identities, message = auth0.link { mock = mock, domain = mock.domain, token = token, primary = PRIMARY,
                    secondary = id }
            end
            assert(identities, message)
        end)
        assert.equal(20, #mock:changes())
        tenant:close()
    end)
end)

describe("a tenant that is closed", function()
    it("raises, and is named without a secret", function()
        local tenant = mocked.tenant((mocked.mock(1)))
        assert.equal("auth0.tenant: tenant.test", tostring(tenant))
        tenant:close()
        tenant:close()
        assert.equal("auth0.tenant: tenant.test (closed)", tostring(tenant))
        for _, method in ipairs { "link", "unlink", "identities", "user", "update_user", "request", "stats" } do
            local done, message = pcall(tenant[method], tenant, {}, {})
            assert.is_false(done)
            assert.truthy(message:find("tenant:" .. method .. ": this tenant is closed", 1, true), message)
        end
    end)

    it("has told those whose calls it ended", function()
        local mock, ids = mocked.mock(3)
        local tenant = mocked.tenant(mock)
        local codes = {}
        auth0.each({ 1, 2, 3 }, 3, function(i)
            if i == 3 then return tenant:close() end
            local _, _, failure = tenant:link(PRIMARY, ids[i])
            codes[i] = failure.code
        end)
        assert.same({ "cancelled", "cancelled" }, codes)
    end)

    it("can still be closed in the middle of its token function", function()
        local mock = mocked.mock(1)
        local tenant
        tenant = mocked.with_token(mock, function()
            tenant:close()
            return "t"
        end)
        local _, _, failure = tenant:user(PRIMARY)
        assert.equal("cancelled", failure.code)
    end)
end)
