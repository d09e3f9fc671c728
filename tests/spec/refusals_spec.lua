--- What the tenant, or something before it, refused is told whole, and with the right cause.
local auth0 = require "auth0"
local mocked = require "support.mocked"

local PRIMARY, SECONDARY = mocked.PRIMARY, "google-oauth2|101"

--- A mock that gives these answers, one after another, the last one for ever.
local function answering(...)
    local mock = mocked.mock(1)
    local answers, count = { ... }, 0
    mock.answer = function()
        count = count + 1
        return answers[math.min(count, #answers)]
    end
    return mock
end

local function refused(status, message, headers, error_code)
    return { status = status, headers = headers or {},
        body = ('{"statusCode":%d,"error":"Refused","message":"%s","errorCode":"%s"}'):format(status, message,
            error_code or "some_code") }
end

local function link(mock, overrides)
    local options = { mock = mock, domain = mock.domain, token = mock:token { kind = "machine" }, primary = PRIMARY,
        secondary = SECONDARY }
    for name, value in pairs(overrides or {}) do options[name] = value end
    return auth0.link(options)
end

local DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
local UNIX = 784111777

describe("retry_after", function()
    local limited = refused(429, "Global limit has been reached", { ["retry-after"] = "3" }, "too_many_requests")

    local function facts(failure)
        return { failure.code, failure.status, failure.error_code, failure.description, failure.retry_after }
    end
    local whole = { "rate_limited", 429, "too_many_requests", "Global limit has been reached" }

    it("is what the reset says against the tenant's own Date, to the second", function()
        for _, wait in ipairs { 1, 120, 3600, 86400 * 7 } do
            local answer = refused(429, "Global limit has been reached", { date = DATE,
                ["x-ratelimit-limit"] = 50, ["x-ratelimit-remaining"] = 0,
                ["x-ratelimit-reset"] = ("%d"):format(UNIX + wait) }, "too_many_requests")
            local _, message, failure = link(answering(answer), { attempts = 1 })
            assert.same({ whole[1], whole[2], whole[3], whole[4], wait }, facts(failure))
            assert.truthy(message:find("Global limit has been reached", 1, true), message)
        end
    end)

    it("is what the reset says where the call has time for more tries, too", function()
        local answer = refused(429, "Global limit has been reached", { date = DATE,
            ["x-ratelimit-limit"] = 50, ["x-ratelimit-remaining"] = 0,
            ["x-ratelimit-reset"] = ("%d"):format(UNIX + 3600) }, "too_many_requests")
        local _, _, failure = link(answering(answer))
        assert.same({ whole[1], whole[2], whole[3], whole[4], 3600 }, facts(failure))
        assert.equal(1, failure.attempts)
    end)

    it("is nil where the tenant said nothing", function()
        for _, headers in ipairs { {}, { date = DATE }, { ["x-ratelimit-reset"] = ("%d"):format(UNIX + 5) },
            { date = DATE, ["x-ratelimit-reset"] = ("%d"):format(UNIX - 5) } } do
            local _, _, failure = link(answering(refused(429, "Global limit has been reached", headers,
                "too_many_requests")))
            assert.same(whole, facts(failure))
        end
    end)

    it("is not said of another refusal's reset", function()
        local _, _, failure = link(answering(refused(403, "no", { date = DATE,
            ["x-ratelimit-limit"] = 50, ["x-ratelimit-remaining"] = 49,
            ["x-ratelimit-reset"] = ("%d"):format(UNIX + 1) })))
        assert.is_nil(failure.retry_after)
    end)

    it("comes with the status and the text where no time was left for another try", function()
        -- 3.04 s are left of the four fifths of the deadline; the gate opens a little later than the tenant said.
        local _, message, failure = link(answering(limited), { deadline = 3.04 / 0.8 })
        assert.same({ whole[1], whole[2], whole[3], whole[4], 3 }, facts(failure))
        local words = '(status 429; "Global limit has been reached"; too_many_requests;'
        assert.truthy(message:find(words, 1, true), message)
    end)

    it("is what is left of it for calls that the same refusal keeps from being sent", function()
        local tenant = mocked.with_token(answering(limited), mocked.mock(0):token { kind = "machine" },
            { attempts = 1, deadline = 2 })
        local _, _, failure = tenant:link(PRIMARY, SECONDARY)
        assert.same({ whole[1], whole[2], whole[3], whole[4], 3 }, facts(failure))
        _, _, failure = tenant:link(PRIMARY, SECONDARY)
        assert.same({ "rate_limited", 0 }, { failure.code, failure.attempts })
        assert.is_true(failure.retry_after > 2.9 and failure.retry_after <= 3)
        tenant:close()
    end)

    it("is not our own pause before another request for a token", function()
        local mock = answering(refused(503, "down"))
        local tenant = mocked.tenant(mock, { deadline = 0.2 })
        for _ = 1, 3 do
            local _, _, failure = tenant:link(PRIMARY, SECONDARY)
            assert.same({ "server_error", 0 }, { failure.code, failure.attempts })
            assert.is_nil(failure.retry_after)
        end
        tenant:close()
    end)

    it("is the token endpoint's, of a request for a token that it refused", function()
        local tenant = mocked.tenant(answering(limited), { deadline = 2 })
        local _, _, failure = tenant:link(PRIMARY, SECONDARY)
        assert.same({ "rate_limited", 0 }, { failure.code, failure.attempts })
        assert.is_true(failure.retry_after > 2.9 and failure.retry_after <= 3)
        tenant:close()
    end)
end)

describe("the words of a refusal", function()
    it("are those of the change, not of the read that could not settle it", function()
        local mock = answering(
            { status = 503, headers = { ["x-auth0-requestid"] = "of-the-change" }, body = '{"message":"down"}' },
            { status = 403, headers = { ["x-auth0-requestid"] = "of-the-read" }, body = '{"message":"no"}' })
        local _, _, failure = link(mock)
        assert.same({ "unknown_outcome", 503, "down", "of-the-change" },
            { failure.code, failure.status, failure.description, failure.request_id })
    end)
end)

--- A token in the shape of a JWT, with these claims beside those of a machine.
local function jwt(mock, claims)
    return mock:token { kind = "machine", claims = claims }
end

describe("a token that the tenant does not accept", function()
    local unauthorized = refused(401, "Invalid token")

    it("is no access token where the tenant finds none in the header: not an id to check", function()
        local answer = refused(400, "Bad HTTP authentication header format", nil, "Bearer")
        local _, message, failure = link(answering(answer), { token = "opaque" })
        assert.same({ "unauthorized", "none", 400 }, { failure.code, failure.outcome, failure.status })
        assert.truthy(message:find("no JWT, as access tokens for the Management API are", 1, true), message)
        assert.falsy(message:find("check the ids", 1, true), message)
    end)

    it("is no JWT", function()
        local _, message = link(answering(unauthorized), { token = "opaque-token" })
        assert.truthy(message:find("it is no JWT, as access tokens for the Management API are", 1, true), message)
    end)

    it("is another tenant's", function()
        for _, aud in ipairs { "https://other.eu.auth0.com/api/v2/", "s0me-cl1ent" } do
            local mock = answering(unauthorized)
            local _, message = link(mock, { token = jwt(mock, { aud = aud }) })
            assert.truthy(message:find(('its aud is "%s"'):format(aud), 1, true), message)
        end
        local mock = answering(unauthorized)
        for _, aud in ipairs { "https://tenant.test/api/v2/", { "x", "https://tenant.test/api/v2/" } } do
            local _, message = link(mock, { token = jwt(mock, { aud = aud }) })
            assert.falsy(message:find("aud", 1, true), message)
        end
    end)

    -- A mock does not look at this machine's clock: nothing has expired before it was sent.
    it("has expired, by the tenant's own Date", function()
        local answer = refused(401, "Invalid token", { date = DATE })
        local mock = answering(answer)
        local _, message, failure = link(mock, { token = jwt(mock, { exp = UNIX - 7200 }) })
        assert.equal("unauthorized", failure.code)
        assert.truthy(message:find("it expired 2 hours ago by the tenant's clock", 1, true), message)
        _, message = link(mock, { token = jwt(mock, { exp = UNIX + 1 }) })
        assert.falsy(message:find("it expired", 1, true), message)
    end)

    it("is refused before it is sent where it is certain that it is none", function()
        for token, words in pairs {
            ['"eyJhbGciOiJSUzI1NiJ9.e30.c2ln"'] = "begins with a quotation mark",
            ["'eyJhbGciOiJSUzI1NiJ9.e30.c2ln'"] = "begins with a quotation mark",
            ['{"access_token":"eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "expires_in":86400}'] = "value of its access_token",
            [("aB3_x-Z9"):rep(8)] = "form of a client secret",
        } do
            local mock = answering(unauthorized)
            local good, message = pcall(link, mock, { token = token })
            assert.is_false(good)
            assert.truthy(message:find("token: .*" .. words:gsub("%-", "%%-")), message)
            for _, piece in ipairs { "eyJ", "aB3", "86400" } do
                assert.falsy(message:find(piece, 1, true), message)
            end
        end
    end)

    it("is told where a token function returned it", function()
        local tenant = mocked.with_token(answering(unauthorized), function()
            return '{"access_token":"eyJhbGciOiJSUzI1NiJ9.e30.c2ln"}'
        end)
        local _, message, failure = tenant:link(PRIMARY, SECONDARY)
        assert.same({ "unauthorized", 0 }, { failure.code, failure.attempts })
        assert.truthy(message:find("is JSON, such as the token endpoint's whole answer", 1, true), message)
        tenant:close()
    end)
end)

describe("an answer that is not the API's", function()
    local PAGE = "\n<!DOCTYPE html><html><head><title>\n Attention Required! | Cloudflare </title></head></html>"

    local pages = {
        { "text/html; charset=UTF-8", PAGE, "Attention Required! | Cloudflare" },
        { "text/html", "<html><body>Sign in</body></html>" },
        { "text/plain; charset=UTF-8", "error code: 1020", "error code: 1020" },
        { "application/json", PAGE, "Attention Required! | Cloudflare" },
        { nil, "Forbidden by the gateway", "Forbidden by the gateway" },
    }

    for _, status in ipairs { 400, 401, 403, 404, 409, 418 } do
        it("with status " .. status .. " says so, with its type, and blames neither scopes nor ids", function()
            for _, page in ipairs(pages) do
                local answer = { status = status, headers = { ["content-type"] = page[1] }, body = page[2] }
                local _, message, failure = link(answering(answer))
                assert.same({ "none", status, page[1] or "of no type", page[3] },
                    { failure.outcome, failure.status, failure.content_type, failure.description })
                assert.truthy(message:find("something else than the API answered for tenant.test", 1, true), message)
                assert.truthy(message:find("check the domain and the proxy", 1, true), message)
                for _, word in ipairs { "update:users", "check the id", "read the primary", "get a new one" } do
                    assert.falsy(message:find(word, 1, true), message)
                end
            end
        end)
    end

    it("with status 200 or 502 has its type, too", function()
        for _, status in ipairs { 200, 502 } do
            local answer = { status = status, headers = { ["content-type"] = "text/html" }, body = PAGE }
            local _, message, failure = link(answering(answer), { settle = false })
            assert.same({ "unknown_outcome", "text/html" }, { failure.code, failure.content_type })
            assert.truthy(message:find("text/html, and not the API's JSON", 1, true), message)
        end
    end)

    it("is none where the API's own JSON was cut", function()
        for _, content_type in ipairs { "application/json", "application/json; charset=utf-8" } do
            local answer = { status = 200, headers = { ["content-type"] = content_type }, body = '[{"provider":"goo' }
            local _, message, failure = link(answering(answer), { settle = false })
            assert.is_nil(failure.content_type)
            assert.truthy(message:find("malformed JSON at byte", 1, true), message)
        end
    end)

    it("shows no token that it quotes", function()
        local mock = mocked.mock(1)
        local token = mock:token { kind = "machine" }
        mock.answer = function()
            return { status = 403, headers = { ["content-type"] = "text/plain" }, body = "refused: " .. token }
        end
        local _, message = link(mock, { token = token })
        assert.falsy(message:find(token:sub(1, 16), 1, true), message)
    end)

    it("that redirects says what to check", function()
        local mock = answering { status = 302, headers = { location = "https://x.test/" }, body = "" }
        local _, message, failure = link(mock)
        assert.equal("bad_response", failure.code)
        assert.truthy(message:find("redirects are not followed: check that the domain is the", 1, true), message)
    end)
end)

describe("an account that is not there", function()
    local not_found = refused(404, "The user does not exist.", nil, "inexistent_user")

    it("is the primary of a link, an unlink and its check", function()
        for _, answer in ipairs { not_found, refused(400, "The user does not exist.", nil, "inexistent_user") } do
            for _, goal in ipairs { "link", "unlink" } do
                local mock = answering(answer)
                local _, message, failure = auth0[goal] { mock = mock, domain = mock.domain, primary = PRIMARY,
                    secondary = SECONDARY, token = mock:token { kind = "machine" } }
                assert.same({ "primary", PRIMARY }, { failure.missing, failure.id })
                assert.truthy(message:find("does not find the primary " .. PRIMARY, 1, true), message)
                assert.truthy(message:find("linked to another is not found under its own id", 1, true), message)
            end
        end
    end)

    it("is the secondary of a link", function()
        local mock = answering(refused(400, "Provided secondary account not found."))
        for _, names in ipairs { { secondary = SECONDARY },
            { primary = false, id = PRIMARY, provider = "google-oauth2", user_id = "101" } } do
            if names.primary == false then names.primary = nil end
            local options = { mock = mock, domain = mock.domain, primary = not names.id and PRIMARY or nil,
                token = mock:token { kind = "machine" } }
            for name, value in pairs(names) do options[name] = value end
            local _, message, failure = auth0.link(options)
            assert.same({ "invalid_request", "secondary", SECONDARY }, { failure.code, failure.missing, failure.id })
            assert.truthy(message:find("does not find the secondary " .. SECONDARY, 1, true), message)
            assert.truthy(message:find("linked to another is not found under its own id", 1, true), message)
        end
    end)

    it("is the identity that a checked unlink did not find", function()
        local mock = mocked.mock(1)
        local _, message, failure = auth0.unlink { mock = mock, domain = mock.domain, primary = PRIMARY,
            secondary = SECONDARY, token = mock:token { kind = "machine" }, check = true }
        assert.same({ "not_found", "secondary", SECONDARY }, { failure.code, failure.missing, failure.id })
        assert.truthy(message:find("does not find the secondary " .. SECONDARY, 1, true), message)
        assert.truthy(message:find("check the id, and read the primary's identities", 1, true), message)
    end)

    it("is the one that was asked for, in every method that takes an id", function()
        local tenant = mocked.tenant(mocked.mock(0))
        for _, method in ipairs { "user", "identities", "candidates", "update_user" } do
            local _, message, failure = tenant[method](tenant, "auth0|gone", method == "update_user" and
                { blocked = true } or nil)
            assert.same({ "not_found", "account", "auth0|gone" }, { failure.code, failure.missing, failure.id })
            assert.truthy(message:find("does not find the account auth0|gone", 1, true), message)
            assert.truthy(message:find("linked to another is not found under its own id", 1, true), message)
        end
        tenant:close()
    end)
end)

describe("a conflict", function()
    it("that a read has settled says that the identity belongs to another account", function()
        local mock = mocked.mock(1)
        mock:add_user { identities = { { provider = "auth0", user_id = "9" }, { provider = "github", user_id = "7" } } }
        local _, message, failure = auth0.link { mock = mock, domain = mock.domain, primary = PRIMARY,
            secondary = "github|7", token = mock:token { kind = "machine" } }
        assert.same({ "conflict", "none", "linked_elsewhere" }, { failure.code, failure.outcome, failure.last_seen })
        assert.truthy(message:find("says that the identity belongs to another account", 1, true), message)
        assert.truthy(message:find("unlink it from that account first", 1, true), message)
        assert.falsy(message:find("read the primary's identities", 1, true), message)
    end)

    it("that could not be settled leaves that open", function()
        local _, message, failure = link(answering(refused(409, "Specified identity already exists."),
            refused(403, "Insufficient scope; expected: read:users")))
        assert.same({ "conflict", "unreadable" }, { failure.code, failure.last_seen })
        assert.truthy(message:find("read the primary's identities", 1, true), message)
    end)
end)
