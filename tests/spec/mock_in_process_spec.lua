--- auth0.mock: the model behind auth0.link and auth0.unlink, in process, with a clock of its own.
local auth0 = require "auth0"
local base64url = require "auth0.mock.text.base64url"
local core = require "auth0.core"
local mock_tenant = require "auth0.mock"

local PRIMARY, SECONDARY = "auth0|1", "google-oauth2|115015401343387192604"

local tenant, token

local function options(fields)
    local all = { mock = tenant, domain = tenant.domain, token = token, primary = PRIMARY, secondary = SECONDARY }
    for name, value in pairs(fields or {}) do all[name] = value end
    return all
end

local function link(fields)
    return auth0.link(options(fields))
end

local function unlink(fields)
    return auth0.unlink(options(fields))
end

-- A mock that answers with what it is told to.
local function canned(answer)
    return { engine = core.engine(), answer = type(answer) == "function" and answer or function() return answer end }
end

local GOOD = '[{"provider":"auth0","user_id":"1"},{"provider":"google-oauth2","user_id":"115015401343387192604"}]'

describe("a tenant in process", function()
    before_each(function()
        tenant = mock_tenant.new()
        tenant:add_user { user_id = PRIMARY, connection = "Username-Password-Authentication", email = "a@example.com" }
        tenant:add_user { user_id = SECONDARY, connection = "google-oauth2", email = "a@example.com" }
        token = tenant:token { kind = "machine" }
    end)

    it("links, and unlinks again", function()
        local identities, message, receipt = link()
        assert.is_table(identities, message)
        assert.equal("115015401343387192604", identities[2].user_id)
        assert.same({ 201, 1 }, { receipt.status, receipt.attempts })
        identities = assert(unlink { check = true })
        assert.equal(1, #identities)
    end)

    it("links by link_with, with the primary's own token", function()
        local identities, message = auth0.link {
            mock = tenant, domain = tenant.domain, primary = PRIMARY,
            token = tenant:token { kind = "user", sub = PRIMARY, azp = "app" },
            link_with = tenant:token { kind = "id", sub = SECONDARY, aud = "app" },
        }
        assert.is_table(identities, message)
        assert.equal(2, #identities)
    end)

    it("refuses as the API does", function()
        link()
        local identities, message, failure = link { settle = false }
        assert.is_nil(identities)
        assert.is_string(message)
        assert.same({ "conflict", "none", 409 }, { failure.code, failure.outcome, failure.status })
    end)

    it("says of an identity that is there already that it was", function()
        link()
        local identities, message, receipt = link()
        assert.is_table(identities, message)
        assert.same({ true, 200, 2 }, { receipt.already, receipt.status, receipt.attempts })
    end)

    it("is settled by a read where an answer was lost", function()
        for _, fault in ipairs { "reset-after", "truncated", "html-after", "status-after" } do
            tenant:arm { fault = fault,
                method = "POST" }
            local identities, message, receipt = link()
            assert.is_table(identities, message)
            assert.same({ 200, 2 }, { receipt.status, receipt.attempts })
            assert.is_nil(receipt.already)
            assert.equal(1, #tenant:changes())
            assert(unlink())
            tenant:changes()[1], tenant:changes()[2] = nil, nil
        end
    end)

    it("is asked again where the read shows that nothing was done", function()
        tenant:arm { fault = "reset-before", method = "POST" }
        local identities, message, receipt = link()
        assert.is_table(identities, message)
        assert.same({ 201, 3 }, { receipt.status, receipt.attempts })
        assert.equal(1, #tenant:changes())
    end)

    it("suffers the faults that a request asks for", function()
        local _, _, failure = link { correlation_id = "fault=reset-after", settle = false }
        assert.same({ "unknown_outcome", "connection_lost" }, { failure.code, failure.cause })
        _, _, failure = link { correlation_id = "fault=truncated", settle = false }
        assert.equal("unknown", failure.outcome)
    end)

    it("lets its own time pass: a late answer holds up no call", function()
        local began = os.time()
        local _, _, failure = link { correlation_id = "fault=delay;seconds=3600", settle = false }
        assert.same({ "unknown_outcome", "timeout", 15 }, { failure.code, failure.cause, failure.elapsed })
        assert.is_true(os.time() - began < 60)
        assert.equal(15, tenant.engine:now())
    end)

    it("makes a late change as its time passes, without another request", function()
        link { correlation_id = "fault=late;seconds=60", settle = false }
        tenant:advance(50)
        assert.equal(0, #tenant:changes())
        tenant:advance(10)
        assert.equal(1, #tenant:changes())
    end)

    it("issues tokens in the shape of a JWT, whose parts can be read and not exchanged", function()
        local header, claims, number = token:match("^([%w_-]+)%.([%w_-]+)%.(%d+)$")
        assert.equal(base64url.encode('{"alg":"RS256","typ":"JWT"}'), header)
        assert.is_truthy(claims:find(base64url.encode('{"aud":"https://tenant.test/'):sub(1, 30), 1, true))
        token = ("%s.%s.%s"):format(header, base64url.encode '{"sub":"another"}', number)
        local _, _, failure = link()
        assert.equal("unauthorized", failure.code)
    end)

    it("writes base64 for URLs as RFC 4648 does", function()
        for text, expected in pairs { [""] = "", f = "Zg", fo = "Zm8", foo = "Zm9v", foobar = "Zm9vYmFy",
            ["\251\255"] = "-_8" } do
            assert.equal(expected, base64url.encode(text))
        end
    end)

    it("expires tokens as its time passes", function()
        tenant:advance(86401)
        local _, _, failure = link()
        assert.same({ "unauthorized", 401 }, { failure.code, failure.status })
    end)

    it("gives tokens the life that its settings say", function()
        tenant = mock_tenant.new { settings = { token_lifetime = 60 } }
        token = tenant:token { kind = "machine" }
        tenant:advance(61)
        local _, _, failure = link()
        assert.equal("unauthorized", failure.code)
    end)

    it("takes an ID token with RS256 alone", function()
        local _, _, failure = auth0.link {
            mock = tenant, domain = tenant.domain, primary = PRIMARY,
            token = tenant:token { kind = "user", sub = PRIMARY, azp = "app" },
            link_with = tenant:token { kind = "id", sub = SECONDARY, aud = "app", alg = "HS256" },
        }
        assert.same({ "invalid_request", "none", 0 }, { failure.code, failure.outcome, failure.attempts })
    end)

    it("is not reached under another domain", function()
        local _, _, failure = link { domain = "other.test" }
        assert.same({ "unreachable", "none" }, { failure.code, failure.outcome })
    end)

    for what, wrong in pairs { ["a misspelt option"] = { setings = {} }, ["a seed that is text"] = { seed = "x" },
        ["text"] = "x" } do
        it("is not made from " .. what, function()
            local done, message = pcall(mock_tenant.new, wrong)
            assert.is_false(done)
            assert.is_truthy(message:find("auth0.mock.new: ", 1, true), message)
        end)
    end

    it("repeats a run from its seed", function()
        local function request_id()
            tenant = mock_tenant.new { seed = 7 }
            token = tenant:token { kind = "machine" }
            local _, _, failure = link()
            return failure.request_id
        end
        assert.equal(request_id(), request_id())
    end)

    it("names the nearest of what is misspelt", function()
        for _, case in ipairs {
            { function() mock_tenant.new { setings = {} } end, "there is no option setings", "settings" },
            { function() mock_tenant.new { settings = { serach_lag = 1 } } end, "no such setting: serach_lag",
                "search_lag" },
            { function() mock_tenant.new { rates = { reads_users = {} } } end, "rates have no reads_users",
                "read_users" },
            { function() mock_tenant.new { rates = { other = { burst = 1, rate = 1, refil = "second" } } } end,
                "other has no refil", "refill" },
            { function() tenant:token { kind = "machine", expire_in = 7 } end, "mock:token: a token has no expire_in",
                "expires_in" },
            { function() tenant:add_client { client_id = "x", client_secrt = "y" } end,
                "mock:add_client: a client has no client_secrt", "client_secret" },
            { function() tenant:arm { fault = "html", cout = 2 } end, "mock:arm: an order has no cout", "count" },
            { function() tenant:configure { export_gzp = false } end, "mock:configure: no such setting: export_gzp",
                "export_gzip" },
        } do
            local done, message = pcall(case[1])
            assert.is_false(done)
            local words = ('%s; the nearest known one is "%s"'):format(case[2], case[3])
            assert.truthy(message:find(words, 1, true), message)
        end
    end)

    it("does by itself all that a test needs, and raises at the caller's line", function()
        assert.is_true(tenant:arm { fault = "status", status = 503 })
        tenant:disarm()
        assert.is_true(tenant:configure { numeric_user_ids = true })
        assert.is_string(tenant:add_connection("second", "auth0").id)
        assert.equal("rol_1", tenant:add_role { id = "rol_1", name = "Admin" }.id)
        assert.equal("org_1", tenant:add_organization { id = "org_1", name = "acme" }.id)
        assert.equal("grp_1", tenant:add_group { id = "grp_1" }.id)
        assert.equal("est_1", tenant:add_event_stream { id = "est_1", subscriptions = { "user.deleted" } }.id)
        assert.is_true(tenant:add_client { client_id = "other", client_secret = "s" })
        assert.same({}, tenant:changes())
        assert.is_table(link())
        assert.equal("link", tenant:changes()[1].kind)
        assert.equal(1, tenant:requests()["POST /api/v2/users/{id}/identities"])
        assert.is_true(tenant:revoke(token))
        assert.equal("unauthorized", select(3, link()).code)
        local done, message = pcall(function() tenant:add_connection(7) end)
        assert.is_false(done)
        assert.truthy(message:find("mock_in_process_spec.lua:%d+: mock:add_connection: "), message)
    end)

    it("shows a late change once its time has come", function()
        local _, _, failure = link { correlation_id = "fault=late;seconds=600", settle = false, attempts = 1 }
        assert.equal("unknown_outcome", failure.code)
        assert.equal(0, #tenant:changes())
        tenant:advance(601)
        assert.equal(1, #tenant:changes())
    end)

    it("raises where it is asked for what is no account and no token", function()
        assert.has_error(function() tenant:add_user { user_id = 7.5 } end)
        assert.has_error(function() tenant:token { kind = "fish" } end)
    end)
end)

describe("a mock", function()
    before_each(function()
        tenant, token = { domain = "acme.test" }, "token-of-a-machine"
    end)

    it("is asked what would have been sent", function()
        local asked
        tenant = canned(function(_, request)
            asked = request
            return { status = 201, body = GOOD }
        end)
        tenant.domain = "acme.test"
        assert.is_table((link { correlation_id = "id-7" }))
        assert.equal("POST", asked.method)
        assert.equal("https://acme.test/api/v2/users/auth0%7C1/identities", asked.url)
        assert.equal("Bearer " .. token, asked.headers.authorization)
        assert.equal("id-7", asked.headers["x-correlation-id"])
        assert.is_nil(asked.headers.expect)
        assert.is_truthy(asked.body:find('"provider":"google-oauth2"', 1, true))
    end)

    for how, expected in pairs {
        lost = { "unknown_outcome", "unknown", "connection_lost" },
        unreached = { "unreachable", "none" },
        untrusted = { "tls", "none" },
    } do
        it(("whose exchange is %s makes the call end as %s"):format(how, expected[1]), function()
            local _, _, failure = link { mock = canned { how = how } }
            assert.same(expected, { failure.code, failure.outcome, failure.cause })
        end)
    end

    it("that never answers makes the call end at its attempt_timeout", function()
        local never = canned { status = 201, after = math.huge }
        local _, _, failure = link { mock = never, attempt_timeout = 2, settle = false }
        assert.same({ "unknown_outcome", "timeout", 2 }, { failure.code, failure.cause, failure.elapsed })
    end)

    it("whose answer is larger than max_response is not believed", function()
        local answer = { status = 201, body = GOOD .. (" "):rep(2000) }
        local _, _, failure = link { mock = canned(answer), max_response = 1024 }
        assert.same({ "unknown_outcome", "too_large" }, { failure.code, failure.cause })
    end)

    it("whose answer has more values than fit into the memory that max_response allows is not believed", function()
        local answer = { status = 201, body = GOOD:gsub("}]$", ',"x":[' .. ("[],"):rep(17000) .. "[]]}]") }
        local _, message, failure = link { mock = canned(answer), settle = false }
        assert.same({ "unknown_outcome", "too_large" }, { failure.code, failure.cause })
        assert.truthy(message:find "by byte %d+ its values take more than 1703936 bytes of memory", message)
        assert.is_table((link { mock = canned(answer), max_response = 1048576 }))
    end)

    it("says when to try again", function()
        local _, _, failure = link { mock = canned { status = 429, headers = { ["Retry-After"] = "7" } } }
        assert.same({ "rate_limited", 7 }, { failure.code, failure.retry_after })
    end)

    it("that raises is heard, and answers the next call", function()
        local broken = true
        tenant = canned(function()
            if broken then error("the mock is broken", 0) end
            return { status = 201, body = GOOD }
        end)
        tenant.domain = "acme.test"
        assert.has_error(link, "the mock is broken")
        broken = false
        assert.is_table((link()))
    end)

    it("that calls the library for its answer is told so, and nothing hangs", function()
        tenant = canned(function() return { status = select(2, link()) and 201 } end)
        tenant.domain = "acme.test"
        local done, message = pcall(link)
        assert.is_false(done)
        assert.is_truthy(message:find("still answering another call", 1, true))
    end)

    it("is not asked for a call that an error left behind", function()
        tenant = canned { status = 201, body = GOOD }
        tenant.domain = "acme.test"
        local left = core.method("unlink", "a spec", { "domain", "token", "primary", "secondary" })
        assert.is_number((tenant.engine:call(left, "submit", { domain = "acme.test", token = token, primary = PRIMARY,
            secondary = SECONDARY }, nil, nil, 1)))
        assert.is_table((link()))
        assert.is_table((link()))
    end)

    it("may share its engine with another mock, each of which answers its own calls", function()
        local one = canned { status = 201, body = GOOD }
        local other = { engine = one.engine, answer = function() return { status = 201, body = GOOD } end }
        local inner
        one.answer = function()
            inner = link { mock = other }
            return { status = 201, body = GOOD }
        end
        assert.is_table((link { mock = other })) -- before the first answer, one goes ahead of all others
        assert.is_table((link { mock = one }))
        assert.is_table(inner)
    end)

    for field, value in pairs { how = "losst", status = "201", after = "soon", body = 7 } do
        it(("is told of a wrong %s by its name"):format(field), function()
            local done, message = pcall(link, { mock = canned { [field] = value } })
            assert.is_false(done)
            assert.is_truthy(message:find("a mock's answer: " .. field .. ": expected", 1, true), message)
        end)
    end

    it("blames the caller's line for a mistake in the options", function()
        local done, message = pcall(function()
            return (auth0.link(options { mock = canned {}, domain = "https://x" }))
        end)
        assert.is_false(done)
        assert.is_truthy(message:find("mock_in_process_spec.lua:%d+: auth0.link: domain: "), message)
    end)

    it("is allowed inside nginx, since nothing blocks", function()
        rawset(_G, "ngx", { get_phase = function() return "content" end })
        local done, identities = pcall(link, { mock = canned { status = 201, body = GOOD } })
        rawset(_G, "ngx", nil)
        assert.is_true(done, identities)
        assert.is_table(identities)
    end)

    it("leaves nothing behind when it is collected", function()
        local function kibibytes()
            for _ = 1, 4 do collectgarbage() end
            return collectgarbage("count")
        end
        local function make()
            for _ = 1, 20000 do core.engine() end
        end
        -- Tables keep the size that they once had, and grow at any time: what is left behind is so after each time.
        local least = math.huge
        for _ = 1, 4 do
            local before = kibibytes()
            make()
            least = math.min(least, kibibytes() - before)
            if least < 500 then break end
        end
        assert.is_true(least < 500)
    end)
end)
