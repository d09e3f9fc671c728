--- auth0.unlink: what it sends, and that it believes the body of the answer, never the status alone.
local auth0 = require "auth0"
local linking = require "support.linking"
local tenant = require "support.tenant"

local READ, DELETE = "GET /api/v2/users/{id}", "DELETE /api/v2/users/{id}/identities/{provider}/{user_id}"

describe("auth0.unlink", function()
    setup(linking.start)
    teardown(linking.stop)
    before_each(function() linking.reset "unlink" end)

    describe("sends", function()
        local function check_uri(uri, options)
            auth0.unlink(options)
            local request = tenant.last()
            assert.equal("DELETE", request.method)
            assert.equal("/api/v2/users/auth0%7C507f1f77bcf86cd799439020/identities/" .. uri, request.uri)
            assert.equal("", request.body)
        end

        it("the id without its provider, whichever form it was given in", function()
            check_uri("google-oauth2/115015401343387192604", linking.options())
            check_uri("google-oauth2/115015401343387192604", linking.named { id = linking.primary,
                provider = "google-oauth2", user_id = "115015401343387192604" })
            check_uri("google-oauth2/115015401343387192604", linking.named { id = linking.primary,
                provider = "google-oauth2", user_id = linking.secondary })
            check_uri("google-oauth2/115015401343387192604", linking.named { id = linking.primary,
                user_id = linking.secondary })
            check_uri("google-oauth2/42", linking.named { id = linking.primary, provider = "google-oauth2",
                user_id = 42 })
        end)

        it("ids of three parts split at the first bar alone", function()
            check_uri("samlp/acme%7C7", linking.options { secondary = "samlp|acme|7" })
            check_uri("samlp/acme%7C7", linking.named { id = linking.primary, provider = "samlp", user_id = "acme|7" })
            check_uri("brandnew/acme%7C7", linking.named { id = linking.primary, provider = "brandnew",
                user_id = "acme|7" })
        end)

        for bare, encoded in pairs {
            ["a/b"] = "a%2Fb", ["100%"] = "100%25", ["eip155%3A5"] = "eip155%253A5", ["a b+c:d"] = "a%20b%2Bc%3Ad",
            ["john@fabrikam.com"] = "john%40fabrikam.com", ["..x"] = "..x", ["a/..b"] = "a%2F..b", ["..."] = "...",
            ["Z\195\188rich"] = "Z%C3%BCrich", ["?q#f"] = "%3Fq%23f",
        } do
            it("the id " .. bare .. " encoded exactly once", function()
                for _, http_version in ipairs { "1.1", "2" } do
                    check_uri("custom/" .. encoded, linking.options { secondary = "custom|" .. bare,
                        http_version = http_version })
                end
            end)
        end

        for _, http_version in ipairs { "1.1", "2" } do
            it("exactly its headers, over HTTP/" .. http_version, function()
                linking.unlink { http_version = http_version, correlation_id = "job-7" }
                local headers = linking.headers(tenant.last())
                assert.equal("Bearer " .. linking.token, headers.authorization)
                assert.equal("application/json", headers.accept)
                assert.equal("job-7", headers["x-correlation-id"])
                local names = {}
                for name in pairs(headers) do names[#names + 1] = name end
                table.sort(names)
                assert.same({ "accept", "auth0-client", "authorization", "host", "user-agent", "x-correlation-id",
                    "x-http-version" }, names)
            end)
        end
    end)

    it("succeeds with the identities that remain, and a receipt", function()
        local identities, message, receipt = linking.unlink()
        assert.is_nil(message)
        assert.equal(1, #identities)
        assert.equal("507f1f77bcf86cd799439020", identities[1].user_id)
        assert.same({ 200, 1 }, { receipt.status, receipt.attempts })
        assert.equal(tenant.record().changes[1].request_id, receipt.request_id)
        assert.is_nil(receipt.already)
    end)

    it("makes the secondary an account of its own again", function()
        linking.unlink()
        local change = tenant.record().changes[1]
        assert.same({ "unlink", linking.primary, "google-oauth2", "115015401343387192604" },
            { change.kind, change.primary, change.provider, change.user_id })
        local answer = tenant.request { path = "/api/v2/users/google-oauth2%7C115015401343387192604",
            token = linking.token }
        assert.equal(200, answer.status)
        assert.is_table((linking.link()))
    end)

    it("succeeds when the identity was not there: absent is what was wished", function()
        local identities = linking.unlink { secondary = "github|7" }
        assert.equal(2, #identities)
        assert.equal(0, linking.changes())
    end)

    it("reports a conflict when the tenant says 200 and the identity is still there", function()
        -- The tenant has no such identity, so it changes nothing and answers 200; the fault makes its answer show one.
        for _, http_version in ipairs { "1.1", "2" } do
            tenant.reset { { identities = { { provider = "auth0", user_id = "507f1f77bcf86cd799439020" },
                { provider = "google-oauth2", user_id = "abc" } } } }
            local identities, message, failure = linking.unlink { secondary = "google-oauth2|1015500000000001",
                correlation_id = "fault=wrong-types;kind=user_id", http_version = http_version }
            assert.is_nil(identities)
            assert.same({ "conflict", "none", 200 }, { failure.code, failure.outcome, failure.status })
            assert.truthy(message:find("still there", 1, true), message)
            assert.falsy(message:find("linked already", 1, true), message)
            assert.equal(0, linking.changes())
        end
    end)

    it("knows the identity in the answer by provider and id together", function()
        tenant.reset { { identities = { { provider = "auth0", user_id = "507f1f77bcf86cd799439020" },
            { provider = "github", user_id = "115015401343387192604" },
            { provider = "google-oauth2", user_id = "115015401343387192604" } } } }
        local identities = linking.unlink()
        assert.equal("github", identities[2].provider)
    end)

    it("hands on the tenant's refusal", function()
        local _, _, failure = linking.unlink { primary = "auth0|nobody" }
        assert.same({ "not_found", "none", 404, "inexistent_user" },
            { failure.code, failure.outcome, failure.status, failure.error_code })
        _, _, failure = linking.unlink { check_scopes = false,
            token = tenant.token { kind = "machine", scope = "read:users" } }
        assert.same({ "forbidden", "none", 403, "insufficient_scope" },
            { failure.code, failure.outcome, failure.status, failure.error_code })
        assert.equal(0, linking.changes())
    end)

    describe("with check = true", function()
        it("reads first, then takes the identity away", function()
            local identities, _, receipt = linking.unlink { check = true }
            assert.equal(1, #identities)
            assert.equal(2, receipt.attempts)
            assert.same({ [READ] = 1, [DELETE] = 1 }, tenant.record().requests)
        end)

        for _, http_version in ipairs { "1.1", "2" } do
            it("asks for the identities alone, compressed, over HTTP/" .. http_version, function()
                linking.unlink { check = true, secondary = "github|7", http_version = http_version }
                local request = tenant.last()
                assert.equal("GET", request.method)
                assert.equal("/api/v2/users/auth0%7C507f1f77bcf86cd799439020"
                    .. "?fields=identities&include_fields=true", request.uri)
                local headers = linking.headers(request)
                assert.equal("gzip", headers["accept-encoding"])
                assert.equal("Bearer " .. linking.token, headers.authorization)
                assert.is_nil(headers["content-type"])
            end)
        end

        it("says not_found without sending the removal, where there is no such identity", function()
            local identities, message, failure = linking.unlink { check = true, secondary = "github|7" }
            assert.is_nil(identities)
            assert.same({ "not_found", "none", 1 }, { failure.code, failure.outcome, failure.attempts })
            assert.truthy(message:find("not one of this user's", 1, true), message)
            assert.same({ [READ] = 1 }, tenant.record().requests)
        end)

        it("says not_found for the same id of another provider", function()
            local _, _, failure = linking.unlink { check = true, secondary = "github|115015401343387192604" }
            assert.equal("not_found", failure.code)
        end)

        it("says not_found where there is no such user", function()
            local _, _, failure = linking.unlink { check = true, primary = "auth0|nobody" }
            assert.same({ "not_found", "none", 404 }, { failure.code, failure.outcome, failure.status })
            assert.same({ [READ] = 1 }, tenant.record().requests)
        end)

        it("says forbidden where the token may not read, and names no other scope than the tenant", function()
            local _, message, failure = linking.unlink { check = true,
                token = tenant.token { kind = "machine", scope = "update:users" } }
            assert.same({ "forbidden", "none" }, { failure.code, failure.outcome })
            assert.truthy(message:find("expected: read:users", 1, true), message)
            assert.falsy(message:find("update:", 1, true), message)
            assert.same({ [READ] = 1 }, tenant.record().requests)
        end)

        it("finds an identity whose id the tenant holds as a number", function()
            tenant.reset { { identities = { { provider = "auth0", user_id = "507f1f77bcf86cd799439020" },
                { provider = "google-oauth2", user_id = tenant.json.decode "115015401343387192604" } } } }
            local identities = linking.unlink { check = true }
            assert.equal(1, #identities)
        end)
    end)

    it("with check = false does not read", function()
        linking.unlink { check = false }
        assert.same({ [DELETE] = 1 }, tenant.record().requests)
    end)
end)
