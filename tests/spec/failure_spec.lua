--- Failures in words.
local failure = require "auth0.failure"

-- {outcome, what the sentence says}; with "unknown" the word is the cause.
local codes = {
    unreachable = "no connection to acme.test", tls = "that can be trusted", timeout = "did not answer in time",
    cancelled = "cancelled while waiting for acme.test", bad_response = "not what the API promises",
    too_large = "too large",
    invalid_request = "refused the request", unauthorized = "does not accept the token",
    forbidden = "does not allow this", not_found = "does not find what", conflict = "conflict",
    rate_limited = "too many requests", server_error = "internal error", connection_lost = "before the whole answer",
}
local changes_unknown = { "timeout", "cancelled", "connection_lost", "bad_response", "too_large", "server_error" }

local function of_call(facts)
    return failure.of_call("auth0.link", "acme.test", facts)
end

describe("auth0.failure", function()
    describe("make", function()
        it("gives nil, a message, and the facts as a failure", function()
            local facts = { status = 404 }
            local value, message, made = failure.make("not_found", facts, "%s: %d", "auth0.link", 7)
            assert.is_nil(value)
            assert.equal("auth0.link: 7", message)
            assert.same({ code = "not_found", status = 404, message = "auth0.link: 7" }, made)
            assert.equal(message, tostring(made))
        end)

        it("leaves alone what looks like a format in an argument", function()
            local _, message = failure.make("conflict", {}, "%s", "100%s %d %")
            assert.equal("100%s %d %", message)
        end)

        it("marks the failure: its metatable has a name", function()
            local _, _, made = failure.make("conflict", {}, "x")
            assert.equal("auth0.failure", getmetatable(made).__name)
        end)
    end)

    describe("of_call", function()
        for code, words in pairs(codes) do
            it("has a sentence for " .. code .. " that changed nothing", function()
                local value, message, made = of_call { code = code, outcome = "none", attempts = 1, elapsed = 0.1 }
                assert.is_nil(value)
                assert.truthy(message:find("^auth0%.link: .*acme%.test"), message)
                assert.truthy(message:find(words, 1, true), message)
                assert.truthy(message:find("; nothing was changed", 1, true), message)
                assert.same({ code, "none", message }, { made.code, made.outcome, made.message })
            end)
        end

        for _, cause in ipairs(changes_unknown) do
            it("has a sentence for " .. cause .. " with an unknown outcome", function()
                local _, message, made = of_call { code = "unknown_outcome", cause = cause, outcome = "unknown",
                    attempts = 1, elapsed = 0.1 }
                assert.truthy(message:find(codes[cause], 1, true), message)
                assert.truthy(message:find("may or may not have been made", 1, true), message)
                assert.truthy(message:find("read the primary's identities", 1, true), message)
                assert.falsy(message:find("nothing was changed", 1, true), message)
                assert.equal("unknown_outcome", made.code)
            end)
        end

        -- {of a link, of an unlink}
        local advice = {
            invalid_request = { "the secondary may have been linked already",
                "the main identity of an account cannot be unlinked" },
            forbidden = { "or, with link_with, update:current_user_identities", "with check also read:users" },
            conflict = { "the identity may have been linked already", "read the primary's identities before" },
        }

        for code, words in pairs(advice) do
            it("advises after " .. code .. " by what was asked for", function()
                local function advised(caller)
                    return select(2, failure.of_call(caller, "acme.test", { code = code, outcome = "none" }))
                end
                local of_link, of_unlink = advised "auth0.link", advised "auth0.unlink"
                assert.truthy(of_link:find("^auth0%.link: "), of_link)
                assert.truthy(of_link:find(words[1], 1, true), of_link)
                assert.falsy(of_link:find(words[2], 1, true), of_link)
                assert.truthy(of_unlink:find("^auth0%.unlink: "), of_unlink)
                assert.truthy(of_unlink:find(words[2], 1, true), of_unlink)
                assert.falsy(of_unlink:find(words[1], 1, true), of_unlink)
                assert.falsy(advised("auth0.other"):find("nothing was changed:", 1, true))
            end)
        end

        it("says nothing of scopes where the tenant named the one that is lacking", function()
            for _, caller in ipairs { "auth0.link", "auth0.unlink" } do
                local _, message = failure.of_call(caller, "acme.test", { code = "forbidden", outcome = "none",
                    status = 403, description = "Insufficient scope; expected: read:users." })
                assert.truthy(message:find("expected: read:users", 1, true), message)
                assert.falsy(message:find("update:", 1, true), message)
                assert.truthy(message:find("; nothing was changed$"), message)
            end
        end)

        it("says where the other scope would do, when the tenant names it of a link", function()
            local function advised(caller)
                return select(2, failure.of_call(caller, "acme.test", { code = "forbidden", outcome = "none",
                    description = "Insufficient scope; expected: update:users, update:current_user_identities." }))
            end
            assert.truthy(advised("auth0.link"):find(": with update:current_user_identities alone only link_with", 1,
                true))
            assert.truthy(advised("auth0.unlink"):find("; nothing was changed$"))
        end)

        it("names the scopes where the tenant did not", function()
            for _, description in ipairs { false, "User to be acted on does not match subject in bearer token." } do
                local _, message = of_call { code = "forbidden", outcome = "none", status = 403,
                    description = description or nil }
                assert.truthy(message:find("the token needs update:users", 1, true), message)
            end
        end)

        it("says what the tenant said, without its full stop", function()
            local _, message = of_call { code = "invalid_request", outcome = "none", status = 400,
                error = "Bad Request", description = "Main identity cannot be removed.", error_code = "some_code",
                request_id = "8f3a" }
            assert.truthy(message:find(
                '(status 400; "Main identity cannot be removed"; some_code; request 8f3a)', 1, true), message)
        end)

        it("says the tenant's error where there is no description", function()
            local _, message = of_call { code = "conflict", outcome = "none", status = 409, error = "Conflict" }
            assert.truthy(message:find('(status 409; "Conflict")', 1, true), message)
        end)

        it("says the detail, and when to try again", function()
            local _, message = of_call { code = "rate_limited", outcome = "none", detail = "the detail",
                retry_after = 1.5 }
            assert.truthy(message:find("the detail", 1, true), message)
            assert.truthy(message:find("retry after 1.5 s", 1, true), message)
        end)

        local token_advice = "check client_id, client_secret or signing_key, audience"

        for _, code in ipairs { "unauthorized", "forbidden", "invalid_request", "not_found", "bad_response" } do
            it("advises about the credentials where there was no token: " .. code, function()
                local _, message, made = of_call { code = code, outcome = "none", attempts = 0, elapsed = 0.1,
                    detail = "no token: " .. code .. ": Unauthorized" }
                assert.truthy(message:find("^auth0%.link: acme%.test could not be asked %(no token: "), message)
                assert.truthy(message:find("; nothing was changed: " .. token_advice, 1, true), message)
                assert.truthy(message:find("or the token function$"), message)
                assert.falsy(message:find("update:users", 1, true), message)
                assert.equal(code, made.code)
            end)
        end

        it("advises about the way there where it kept the token away", function()
            local _, message = of_call { code = "unreachable", outcome = "none", attempts = 0,
                detail = "no token: unreachable: refused" }
            assert.truthy(message:find("acme.test could not be asked", 1, true), message)
            assert.truthy(message:find(": check the domain, the network and the proxy$"), message)
            _, message = of_call { code = "timeout", outcome = "none", attempts = 0, detail = "no token: timeout" }
            assert.truthy(message:find("; nothing was changed$"), message)
        end)

        it("takes what the tenant says of a token after an exchange for the tenant's", function()
            local _, message = of_call { code = "unauthorized", outcome = "none", attempts = 1,
                detail = "no token: of old" }
            assert.truthy(message:find("does not accept the token", 1, true), message)
        end)

        for _, code in ipairs { "unauthorized", "forbidden", "invalid_request" } do
            it("adds no advice to what is refused before it is sent: " .. code, function()
                local _, message = of_call { code = code, outcome = "none", attempts = 0, elapsed = 0,
                    detail = "the token expired 2 hours ago" }
                assert.equal("auth0.link: nothing was sent (the token expired 2 hours ago); nothing was changed",
                    message)
            end)
        end

        it("has no brackets around nothing", function()
            local _, message = of_call { code = "unreachable", outcome = "none" }
            assert.falsy(message:find("[()]"), message)
        end)

        it("keeps a percent sign of the tenant's", function()
            local _, message = of_call { code = "conflict", outcome = "none", description = "100%s of %d%%" }
            assert.truthy(message:find("100%s of %d%%", 1, true), message)
        end)
    end)
end)
