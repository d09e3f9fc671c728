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
        assert.truthy(message:find('(status 429; "Global limit has been reached"; too_many_requests;', 1, true), message)
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
