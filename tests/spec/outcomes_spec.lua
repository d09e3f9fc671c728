--- How every end of a call is told, held against what the tenant did.
local auth0 = require "auth0"
local failures = require "support.failures"
local linking = require "support.linking"
local tenant = require "support.tenant"

-- What the tenant does not answer within: a machine that is busy must not let the answer come first.
local never = 60

-- {fault, code, cause, status (a table: of link, of unlink), options}
local ends = {
    { "delay;seconds=" .. never, "unknown_outcome", "timeout", nil, { attempt_timeout = 0.5 } },
    { "delay;seconds=" .. never, "unknown_outcome", "timeout", nil, { deadline = 0.7 } },
    { "drip;bytes=1;seconds=" .. never, "unknown_outcome", "timeout", { 201, 200 }, { attempt_timeout = 0.5 } },
    { "reset-before", "unknown_outcome", "connection_lost" },
    { "reset-before;kind=fin", "unknown_outcome", "connection_lost" },
    { "reset-after", "unknown_outcome", "connection_lost" },
    { "reset-after;kind=fin", "unknown_outcome", "connection_lost" },
    { "truncated", "unknown_outcome", "connection_lost", { 201, 200 } },
    { "html", "unknown_outcome", "server_error", 502 },
    { "html-after", "unknown_outcome", "server_error", 502 },
    { "html;status=200", "unknown_outcome", "bad_response", 200 },
    { "html-after;status=504", "unknown_outcome", "server_error", 504 },
    { "html;status=403", "forbidden", nil, 403 },
    { "html;status=429", "rate_limited", nil, 429 },
    { "empty", "unknown_outcome", "bad_response", { 201, 200 } },
    { "not-array", "unknown_outcome", "bad_response", { 201, 200 } },
    { "wrong-types;kind=numbers", "unknown_outcome", "bad_response", { 201, 200 } },
    { "broken-json", "unknown_outcome", "bad_response", { 201, 200 } },
    { "broken-gzip", "unknown_outcome", "bad_response", { 201, 200 } },
    { "large", "unknown_outcome", "too_large", { 201, 200 } },
    { "large;bytes=262145", "unknown_outcome", "too_large", { 201, 200 } },
    { "large;bytes=2000", "unknown_outcome", "too_large", { 201, 200 }, { max_response = 1024 } },
    { "redirect", "bad_response", nil, 302 },
    { "redirect;status=301", "bad_response", nil, 301 },
    { "redirect;status=303", "bad_response", nil, 303 },
    { "redirect;status=307", "bad_response", nil, 307 },
    { "redirect;status=308", "bad_response", nil, 308 },
    { "status;status=200", "unknown_outcome", "bad_response", 200 },
    { "status;status=204", "unknown_outcome", "bad_response", 204 },
    { "status;status=400", "invalid_request", nil, 400 },
    { "status;status=401", "unauthorized", nil, 401 },
    { "status;status=403", "forbidden", nil, 403 },
    { "status;status=404", "not_found", nil, 404 },
    { "status;status=408", "unknown_outcome", "server_error", 408 },
    { "status;status=409", "conflict", nil, 409 },
    { "status;status=413", "invalid_request", nil, 413 },
    { "status;status=418", "invalid_request", nil, 418 },
    { "status;status=429", "rate_limited", nil, 429 },
    { "status;status=500", "unknown_outcome", "server_error", 500 },
    { "status;status=503", "unknown_outcome", "server_error", 503 },
    { "status;status=599", "unknown_outcome", "server_error", 599 },
}

-- What looks odd, and is a success.
local successes = {
    { "delay;seconds=0.05" },
    { "wrong-types;kind=user_id" },
    { "wrong-types;kind=email_verified" },
    { "large;bytes=1000", { max_response = 1024 } },
    { "large;bytes=262144" },
    { "large;bytes=1048576", { max_response = 1048576 } },
}

local function add(overrides, more)
    for name, value in pairs(more or {}) do overrides[name] = value end
    return overrides
end

describe("the end of a call", function()
    setup(linking.start)
    teardown(linking.stop)

    for _, http_version in ipairs { "1.1", "2" } do
        it("is not hastened by connect_timeout once the request is sent, over HTTP/" .. http_version, function()
            linking.reset("link")
            local identities, message = linking.link {
                connect_timeout = 2, http_version = http_version, correlation_id = "fault=delay;seconds=2.5",
            }
            assert.is_table(identities, message)
        end)
    end

    for _, goal in ipairs { "link", "unlink" } do
        for _, http_version in ipairs { "1.1", "2" } do
            local function call(fault, more)
                linking.reset(goal)
                return linking[goal](add({ correlation_id = "fault=" .. fault, http_version = http_version }, more))
            end

            for _, entry in ipairs(ends) do
                local fault, code, cause, status, more = entry[1], entry[2], entry[3], entry[4], entry[5]
                if type(status) == "table" then status = status[goal == "link" and 1 or 2] end
                local of = more and " with " .. next(more) or ""
                local told = cause or code
                it(("of %s over HTTP/%s after %s%s is %s"):format(goal, http_version, fault, of, told), function()
                    local value, message, failure = call(fault, more)
                    failures.check(value, message, failure, { linking.token })
                    assert.same({ code, code == "unknown_outcome" and "unknown" or "none", cause, status, 1 },
                        { failure.code, failure.outcome, failure.cause, failure.status, failure.attempts })
                    failures.check_truth(failure)
                    assert.is_table((linking.unlink { secondary = "github|7", http_version = http_version }),
                        "the next call is harmed")
                end)
            end

            for _, entry in ipairs(successes) do
                it(("of %s over HTTP/%s after %s is a success"):format(goal, http_version, entry[1]), function()
                    local identities, message = call(entry[1], entry[2])
                    assert.is_table(identities, message)
                    failures.check_truth()
                end)
            end
        end
    end
end)

describe("the end of the read before an unlink", function()
    setup(linking.start)
    teardown(linking.stop)
    before_each(function() linking.reset "unlink" end)

    for _, entry in ipairs {
        { "delay;seconds=" .. never, "timeout", nil, { attempt_timeout = 0.5 } },
        { "drip;bytes=1;seconds=" .. never, "timeout", 200, { attempt_timeout = 0.5 } },
        { "reset-before", "connection_lost" },
        { "reset-after;kind=fin", "connection_lost" },
        { "truncated", "connection_lost", 200 },
        { "html", "server_error", 502 },
        { "empty", "bad_response", 200 },
        { "not-array", "bad_response", 200 },
        { "broken-json", "bad_response", 200 },
        { "broken-gzip", "bad_response", 200 },
        { "redirect", "bad_response", 302 },
        { "status;status=408", "server_error", 408 },
        { "status;status=429", "rate_limited", 429 },
        { "status;status=503", "server_error", 503 },
    } do
        local fault, code, status, more = entry[1], entry[2], entry[3], entry[4]
        for _, http_version in ipairs { "1.1", "2" } do
            it(("is never unknown: %s over HTTP/%s"):format(fault, http_version), function()
                local value, message, failure = linking.unlink(add({ check = true, http_version = http_version,
                    correlation_id = "fault=" .. fault }, more))
                failures.check(value, message, failure, { linking.token })
                assert.same({ code, "none", status, 1 },
                    { failure.code, failure.outcome, failure.status, failure.attempts })
                assert.same({ ["GET /api/v2/users/{id}"] = 1 }, tenant.record().requests)
            end)
        end
    end
end)

describe("a read that is larger than max_response", function()
    setup(linking.start)
    teardown(linking.stop)

    it("is too_large, and nothing is sent after it", function()
        local all = { { provider = "auth0", user_id = "507f1f77bcf86cd799439020" } }
        for i = 2, 40 do all[i] = { provider = "github", user_id = tostring(i) } end
        tenant.reset { { identities = all } }
        local value, message, failure = linking.unlink { check = true, secondary = "github|7", max_response = 1024 }
        failures.check(value, message, failure, { linking.token })
        assert.same({ "too_large", "none", 200, 1 },
            { failure.code, failure.outcome, failure.status, failure.attempts })
        assert.same({ ["GET /api/v2/users/{id}"] = 1 }, tenant.record().requests)
    end)
end)

describe("a failure", function()
    setup(linking.start)
    teardown(linking.stop)
    before_each(function() linking.reset() end)

    it("holds what the tenant answered", function()
        local _, message, failure = linking.link { secondary = "github|nobody" }
        assert.same({ 400, "Bad Request", "Provided secondary account not found.", nil },
            { failure.status, failure.error, failure.description, failure.error_code })
        assert.truthy(message:find("Provided secondary account not found", 1, true), message)
        assert.truthy(message:find("status 400", 1, true), message)
        assert.truthy(message:find("request " .. failure.request_id, 1, true), message)
        assert.truthy(message:find(tenant.domain, 1, true), message)
        _, _, failure = linking.link { correlation_id = "fault=status;status=429;kind=too_many_requests" }
        assert.same({ "Too Many Requests", "too_many_requests", "The fault that was asked for." },
            { failure.error, failure.error_code, failure.description })
    end)

    it("leaves out what the tenant did not say", function()
        local _, _, failure = linking.link { correlation_id = "fault=html" }
        assert.is_nil(failure.error)
        assert.is_nil(failure.error_code)
        assert.equal("502", failure.description) -- the page's title
        assert.is_nil(failure.retry_after)
        _, _, failure = linking.link { correlation_id = "fault=reset-before" }
        assert.is_nil(failure.status)
        assert.is_nil(failure.request_id)
    end)

    it("has the request id of the answer", function()
        local _, _, failure = linking.link { correlation_id = "fault=html-after" }
        assert.equal(tenant.record().changes[1].request_id, failure.request_id)
    end)

    it("tells of the second link of the same two accounts as a conflict", function()
        linking.link()
        local value, message, failure = linking.link()
        failures.check(value, message, failure, { linking.token })
        assert.same({ "conflict", 409 }, { failure.code, failure.status })
        assert.equal(1, linking.changes())
    end)

    it("tells of a token that the tenant does not take", function()
        for _, token in ipairs { "s3cr3t-opaque-token-of-somebody", tenant.token { kind = "machine", expires_in = -1 },
            tenant.token { kind = "id", sub = linking.primary } } do
            local value, message, failure = linking.link { token = token }
            failures.check(value, message, failure, { token })
            assert.same({ "unauthorized", 401 }, { failure.code, failure.status })
        end
        assert.equal(0, linking.changes())
    end)

    describe("holds no secret", function()
        local function check(overrides, secrets)
            for _, http_version in ipairs { "1.1", "2" } do
                overrides.http_version = http_version
                local value, message, failure = auth0.link(linking.options(overrides))
                failures.check(value, message, failure, secrets)
                assert.is_string(failure.description)
            end
        end

        it("when the tenant echoes an opaque token", function()
            local token = "s3cr3t-opaque.token_of/somebody"
            check({ token = token, correlation_id = "fault=" .. token }, { "s3cr3t", token })
            assert.truthy(select(2, linking.link { token = token, correlation_id = "fault=" .. token })
                :find("no fault that the tenant knows", 1, true))
        end)

        -- The tenant quotes a provider that it does not know.
        local function check_provider(provider, secrets)
            check({ primary = linking.absent, secondary = linking.absent, id = linking.primary, provider = provider,
                user_id = "2" }, secrets)
        end

        it("when the tenant echoes a JWT, the caller's or another", function()
            check_provider(linking.token, { linking.token, linking.token:sub(1, 40) })
            local id_token = tenant.token { kind = "id", sub = linking.secondary }
            check_provider(id_token, { id_token, id_token:sub(1, 40) })
            check_provider("x " .. id_token .. " y", { id_token, id_token:sub(1, 40) })
        end)

        it("when the tenant echoes a link_with that is not its own", function()
            local base64url = require "auth0.mock.text.base64url"
            -- A JWT in form, so that it is sent.
            local secret = ("%s.%s.s3cr3t01"):format(base64url.encode('{"alg":"RS256"}'),
                base64url.encode('{"sub":"a|b"}'))
            check({ correlation_id = "fault=" .. secret, secondary = linking.absent, link_with = secret }, { secret })
        end)

        it("when the tenant echoes it twice, and next to itself", function()
            local token = linking.token
            check_provider(token .. token .. "/" .. token, { token })
        end)
    end)
end)
