--- Answers that a tenant, or what stands before it, may give one day: read exactly, or refused.
local canned = require "support.canned"
local failures = require "support.failures"
local linking = require "support.linking"
local process = require "support.process"
local tenant = require "support.tenant"

local GOOD = '[{"provider":"auth0","user_id":"1"}]'

describe("an answer", function()
    setup(function()
        linking.start()
        canned.start()
    end)

    teardown(function()
        canned.stop()
        linking.stop()
    end)

    local function link(status, body, headers, overrides)
        canned.answer(status, body, headers)
        overrides = overrides or {}
        overrides.secondary = overrides.secondary or "auth0|1"
        return canned.link(overrides)
    end

    describe("is read exactly:", function()
        local function identity(members)
            local identities, message = link(201, '[{"provider":"auth0","user_id":"1",' .. members .. "}]")
            assert.is_table(identities, message)
            return identities[1]
        end

        it("numbers that are ids keep every digit", function()
            for _, digits in ipairs { "0", "7", "9007199254740991", "9007199254740993", "18446744073709551616",
                "115015401343387192604123456789" } do
                local identities = link(201, '[{"provider":"auth0","user_id":' .. digits .. "}]", nil,
                    { secondary = "auth0|" .. digits })
                assert.equal(digits, identities[1].user_id)
            end
        end)

        it("numbers that Lua does not hold keep their digits, wherever they stand", function()
            local profile = identity('"profileData":{"n":12345678901234567890,"m":42,"x":1.5}').profileData
            assert.equal("12345678901234567890", tostring(profile.n))
            assert.equal(42, profile.m)
            assert.equal(1.5, profile.x)
        end)

        it("escapes, and half of a surrogate pair as three bytes", function()
            local profile = identity('"profileData":{"a":"\\u00fc\\ud83d\\ude00\\n","b":"x\\ud800y"}').profileData
            assert.equal("\195\188\240\159\152\128\n", profile.a)
            assert.equal("x\237\160\128y", profile.b)
        end)

        it("white space around it, and members that are not known", function()
            local identities = link(201, ' \r\n[ {"provider":"auth0","user_id":"1","new":{"a":[[]]}} ] \n')
            assert.equal("1", identities[1].user_id)
        end)

        it("64 levels of it, and no more", function()
            local function nested(depth)
                local fill = depth - 2
                return '[{"provider":"auth0","user_id":"1","x":' .. ("["):rep(fill) .. ("]"):rep(fill) .. "}]"
            end
            assert.is_table((link(201, nested(64))))
            local _, _, failure = link(201, nested(65))
            assert.same({ "unknown_outcome", "bad_response" }, { failure.code, failure.cause })
        end)

        it("compressed, where a read asked for it", function()
            local packed = process.file('{"identities":[{"provider":"auth0","user_id":"507f1f77bcf86cd799439020"}]}')
            local body = tenant.run("gzip -c " .. packed .. " | od -An -v -tu1"):gsub("%s*(%d+)\n?", function(byte)
                return string.char(tonumber(byte))
            end)
            os.remove(packed)
            canned.answer(200, body, { ["content-encoding"] = "gzip" })
            local _, _, failure = linking.unlink(canned.options { check = true })
            assert.same({ "not_found", "none", 200 }, { failure.code, failure.outcome, failure.status })
        end)
    end)

    describe("is refused, and the outcome unknown:", function()
        for what, body in pairs {
            ["null"] = "null",
            ["an empty array"] = "[]",
            ["an object"] = '{"provider":"auth0","user_id":"1"}',
            ["a null identity"] = "[null]",
            ["an identity without provider"] = '[{"user_id":"1"}]',
            ["an identity without user_id"] = '[{"provider":"auth0"}]',
            ["a user_id of null"] = '[{"provider":"auth0","user_id":null}]',
            ["a user_id with a fraction"] = '[{"provider":"auth0","user_id":1.5}]',
            ["a user_id that is a list"] = '[{"provider":"auth0","user_id":["1"]}]',
            ["a provider that is a number"] = '[{"provider":1,"user_id":"1"}]',
            ["two values"] = GOOD .. GOOD,
            ["a trailing comma"] = '[{"provider":"auth0","user_id":"1"},]',
            ["a control character in a string"] = '[{"provider":"auth0","user_id":"1\n"}]',
            ["broken UTF-8"] = '[{"provider":"auth0","user_id":"\255"}]',
            ["a byte order mark"] = "\239\187\191" .. GOOD,
            ["a NUL"] = GOOD .. "\0",
            ["a number with a leading zero"] = '[{"provider":"auth0","user_id":01}]',
            ["words of JavaScript"] = '[{"provider":"auth0","user_id":NaN}]',
        } do
            it(what, function()
                local value, message, failure = link(201, body)
                failures.check(value, message, failure, { linking.token })
                assert.same({ "unknown_outcome", "bad_response", 201 },
                    { failure.code, failure.cause, failure.status })
                assert.is_string(failure.detail)
            end)
        end

        for _, coding in ipairs { "gzip", "gzip, gzip", "br", "deflate", "gzip, identity, gzip" } do
            it("encoded as " .. coding .. ", which was not asked for and which may never end", function()
                for _, http_version in ipairs { "1.1", "2" } do
                    local value, message, failure = link(201, GOOD, { ["content-encoding"] = coding },
                        { http_version = http_version })
                    failures.check(value, message, failure, { linking.token })
                    assert.same({ "unknown_outcome", "bad_response" }, { failure.code, failure.cause })
                    assert.equal("its body is encoded otherwise than was asked for", failure.detail)
                end
            end)
        end

        it("too many headers", function()
            for _, http_version in ipairs { "1.1", "2" } do
                local headers = {}
                for i = 1, 40 do headers["x-filler-" .. i] = ("x"):rep(2000) end
                local value, message, failure = link(201, GOOD, headers, { http_version = http_version })
                failures.check(value, message, failure, { linking.token })
                assert.same({ "unknown_outcome", "unknown", "too_large" },
                    { failure.code, failure.outcome, failure.cause })
                assert.is_truthy(message:find("more than 64 KiB of headers", 1, true), message)
            end
        end)
    end)

    describe("that refuses", function()
        local function failure_of(...)
            local value, message, failure = link(...)
            failures.check(value, message, failure, { linking.token })
            return failure, message
        end

        it("says when to try again, in seconds or as a date", function()
            local date = "Wed, 21 Oct 2026 07:28:00 GMT"
            assert.equal(7, failure_of(429, "", { ["retry-after"] = "7" }).retry_after)
            assert.equal(0, failure_of(429, "", { ["retry-after"] = "0" }).retry_after)
            assert.equal(90, failure_of(503, "", { ["retry-after"] = "Wed, 21 Oct 2026 07:29:30 GMT",
                date = date }).retry_after)
            assert.equal(0, failure_of(503, "", { ["retry-after"] = "Wed, 21 Oct 2026 07:27:00 GMT",
                date = date }).retry_after)
        end)

        it("says nothing of the time where it makes no sense", function()
            for _, text in ipairs { "soon", "-1", "1.5", "7 seconds", "" } do
                assert.is_nil(failure_of(429, "", { ["retry-after"] = text }).retry_after)
            end
        end)

        it("tells how far this machine's clock is off, of a token that is not accepted", function()
            local _, message = link(401, '{"message":"Invalid token"}', { date = "Sun, 06 Nov 1994 08:49:37 GMT" })
            assert.truthy(message:find("; this machine's clock is %d+ days ahead of the tenant's"), message)
            _, message = link(401, '{"message":"Invalid token"}')
            assert.falsy(message:find("clock", 1, true), message)
        end)

        it("has a request id under any of its names", function()
            assert.equal("a1", failure_of(500, "", { ["ot-baggage-auth0-request-id"] = "a1",
                ["x-auth0-requestid"] = "b2", ["cf-ray"] = "c3" }).request_id)
            assert.equal("b2", failure_of(500, "", { ["X-Auth0-RequestId"] = "b2" }).request_id)
            assert.equal("c3", failure_of(500, "", { ["CF-Ray"] = "c3" }).request_id)
        end)

        it("has no secret in its request id either", function()
            failure_of(500, "", { ["cf-ray"] = linking.token })
            local secret = "s3cr3t-link-with-0123456789"
            local value, message, failure = link(500, "", { ["cf-ray"] = secret },
                { secondary = linking.absent, link_with = secret })
            failures.check(value, message, failure, { secret, linking.token })
        end)

        it("has no half of a secret in its request id, where that is cut", function()
            local secret = "S3CRETTOKEN-0123456789"
            for pad = 40, 64 do
                local _, message, failure = link(500, "", { ["cf-ray"] = ("x"):rep(pad) .. secret },
                    { secondary = linking.absent, link_with = secret })
                assert.is_nil(message:find("S3C", 1, true))
                assert.is_nil((failure.request_id or ""):find("S3", 1, true))
            end
        end)

        it("in OAuth's words is understood", function()
            local failure = failure_of(403, '{"error":"access_denied","error_description":"No."}')
            assert.same({ "access_denied", "No." }, { failure.error, failure.description })
        end)

        it("with control characters is fit for a log", function()
            local failure, message = failure_of(400,
                '{"error":"Bad\\u0000Request","message":"a\\nb\\u001b[31mc\\u007f","errorCode":"x\\ry"}')
            assert.falsy(message:find("%c"))
            assert.truthy(failure.description:find("^a b"))
        end)

        it("at length is cut, not in the middle of a character", function()
            local failure = failure_of(400, '{"message":"' .. ("\195\188"):rep(3000) .. '"}')
            assert.is_true(#failure.description < 2000)
            assert.equal("", (failure.description:gsub("\195\188", "")))
        end)

        it("with wrong types, or no JSON, is told by its status", function()
            for _, body in ipairs { '{"error":1,"message":{},"errorCode":[]}', "[]", "null", "<html>", "\255", "" } do
                local failure = failure_of(404, body)
                assert.same({ "not_found", 404 }, { failure.code, failure.status })
                assert.is_nil(failure.error)
                assert.is_nil(failure.description)
            end
        end)

        it("and quotes a part of the token across its own cut does not give it away", function()
            for pad = 200, 4100, 130 do
                failure_of(400, '{"message":"' .. ("x"):rep(pad) .. " " .. linking.token .. '"}')
            end
        end)
    end)
end)
