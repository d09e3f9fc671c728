--- The model tenant: the token endpoint, and what becomes of its tokens.
local json = require "auth0.mock.text.json"
local model = require "support.model"

local API = "https://tenant.test/api/v2/"
local ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
local FORM = { token = "none", type = "application/x-www-form-urlencoded" }

local function ask(body, options)
    return model.send("POST", "/oauth/token", body, options or { token = "none" })
end

--- OAuth's two members and nothing else.
local function refused(wanted_status, name, description, status, body)
    assert.same({ wanted_status, { error = name, error_description = description } }, { status, body })
end

describe("auth0.mock's token endpoint", function()
    local tenant

    local function with(changes)
        local body = { grant_type = "client_credentials", client_id = "mockclient", client_secret = "mocksecret",
            audience = API }
        for name, value in pairs(changes or {}) do
            body[name] = value ~= json.null and value or nil
        end
        return body
    end

    before_each(function()
        tenant = model.new()
        model.add { user_id = "auth0|1" }
    end)

    it("refuses a grant type and an audience that are no strings", function()
        for name, values in pairs { grant_type = { 7, {}, true }, audience = { 7, json.array { API }, false } } do
            for _, value in ipairs(values) do
                refused(400, "invalid_request", name .. " must be a string", ask({
                    grant_type = "client_credentials", client_id = "mockclient", client_secret = "mocksecret",
                    audience = API, [name] = value }))
            end
        end
    end)

    describe("with a secret", function()
        it("answers a token that opens the API", function()
            local status, body, answer = ask(with())
            assert.equal(200, status)
            assert.same({ "Bearer", 86400 }, { body.token_type, body.expires_in })
            assert.matches("read:users", body.scope, 1, true)
            assert.equal("no-store", answer.headers["cache-control"])
            assert.equal("application/json", answer.headers["content-type"])
            assert.equal(200, (model.read("auth0%7C1", { token = body.access_token })))
        end)

        it("takes a form", function()
            local status = ask("grant_type=client_credentials&client_id=mockclient&client_secret=mocksecret&audience="
                .. "https%3A%2F%2Ftenant.test%2Fapi%2Fv2%2F", FORM)
            assert.equal(200, status)
        end)

        it("gives another token each time", function()
            local _, one = ask(with())
            local _, other = ask(with())
            assert.not_equal(one.access_token, other.access_token)
        end)

        it("gives the scopes asked for, and no more than were granted", function()
            tenant:add_client { client_id = "reader", client_secret = "s", scope = "read:users read:roles" }
            local _, all = ask(with { client_id = "reader", client_secret = "s" })
            assert.equal("read:users read:roles", all.scope)
            local _, one = ask(with { client_id = "reader", client_secret = "s", scope = "read:roles" })
            assert.equal("read:roles", one.scope)
            assert.equal(403, (model.read("auth0%7C1", { token = one.access_token })))
            refused(403, "access_denied", "Client has not been granted scopes: delete:users",
                ask(with { client_id = "reader", client_secret = "s", scope = "read:users delete:users" }))
        end)

        it("leaves the scope out of its answer when it is set to", function()
            model.set { token_answers_scope = false }
            local _, body = ask(with())
            assert.is_nil(body.scope)
        end)

        it("refuses an unknown client, a wrong secret, and none, with the same words", function()
            for _, changes in ipairs { { client_id = "nobody" }, { client_secret = "wrong" },
                { client_secret = json.null }, { client_id = json.null } } do
                refused(401, "access_denied", "Unauthorized", ask(with(changes)))
            end
        end)

        it("refuses a client that has a key only", function()
            tenant:add_client { client_id = "keyed", public_key = "key" }
            refused(401, "access_denied", "Unauthorized", ask(with { client_id = "keyed" }))
        end)

        it("refuses an audience without its slash, a missing one, and one that was not granted", function()
            refused(403, "access_denied", "Service not found: https://tenant.test/api/v2",
                ask(with { audience = "https://tenant.test/api/v2" }))
            refused(403, "access_denied", "No audience parameter was provided, and no default audience has been "
                .. "configured", ask(with { audience = json.null }))
            tenant:add_client { client_id = "other", client_secret = "s", audiences = { "https://other/" } }
            refused(403, "access_denied", 'Client is not authorized to access "' .. API .. '". You need to create a '
                .. '"client-grant" associated to this API.', ask(with { client_id = "other", client_secret = "s" }))
            local _, body = ask(with { client_id = "other", client_secret = "s", audience = "https://other/" })
            assert.equal(401, (model.read("auth0%7C1", { token = body.access_token })))
        end)

        it("refuses another grant, none, and what is no object", function()
            refused(403, "unauthorized_client", "Grant type 'password' not allowed for the client.",
                ask(with { grant_type = "password" }))
            refused(400, "invalid_request", "Missing required parameter: grant_type",
                ask(with { grant_type = json.null }))
            refused(400, "invalid_request", "Invalid request body", ask("[]"))
            refused(400, "invalid_request", "Invalid request body", ask("{"))
        end)

        it("names the API after the canonical domain where the tenant has a custom one", function()
            model.new { domain = "login.example.com", canonical_domain = "tenant.test" }
            model.add { user_id = "auth0|1" }
            assert.equal(403, (ask(with { audience = "https://login.example.com/api/v2/" })))
            local _, body = ask(with())
            assert.equal(200, (model.read("auth0%7C1", { token = body.access_token })))
            local other = model.sign({ iss = "https://tenant.test/", aud = API, scope = "read:users" }, "RS256")
            assert.equal(401, (model.read("auth0%7C1", { token = other })))
        end)
    end)

    describe("with an assertion", function()
        local NOW = math.floor(model.NOW)
        local count = 0

        before_each(function()
            tenant:add_client { client_id = "keyed", public_key = "key", scope = "read:users" }
        end)

        local function assertion(changes, algorithm, key)
            count = count + 1
            local claims = { iss = "keyed", sub = "keyed", aud = "https://tenant.test/", exp = NOW + 60,
                jti = "j" .. count }
            for name, value in pairs(changes or {}) do
                claims[name] = value ~= json.null and value or nil
            end
            return model.sign(claims, algorithm or "RS256", key or "key")
        end

        local function present(token, changes)
            local body = with { client_secret = json.null, client_id = "keyed", client_assertion = token,
                client_assertion_type = ASSERTION }
            for name, value in pairs(changes or {}) do
                body[name] = value ~= json.null and value or nil
            end
            return ask(body)
        end

        local function invalid(why, ...)
            refused(401, "invalid_client", "The specified client assertion is invalid: " .. why, ...)
        end

        it("answers a token, in JSON and in a form, with and without client_id", function()
            local status, body = present(assertion())
            assert.equal(200, status)
            assert.equal(200, (model.read("auth0%7C1", { token = body.access_token })))
            assert.equal(200, (present(assertion(), { client_id = json.null })))
            assert.equal(200, (ask("grant_type=client_credentials&client_id=keyed&client_assertion=" .. assertion()
                .. "&client_assertion_type=" .. ASSERTION:gsub(":", "%%3A") .. "&audience=" .. API, FORM)))
        end)

        it("takes RS256, RS384 and PS256", function()
            for _, algorithm in ipairs { "RS256", "RS384", "PS256" } do
                assert.equal(200, (present(assertion(nil, algorithm))))
            end
            for _, algorithm in ipairs { "HS256", "RS512", "PS384" } do
                invalid("alg must be RS256, RS384 or PS256", present(assertion(nil, algorithm)))
            end
        end)

        it("takes each only once, and again once a new one is made", function()
            local token = assertion()
            assert.equal(200, (present(token)))
            invalid("jti was used before", present(token))
            assert.equal(200, (present(assertion())))
        end)

        for why, changes in pairs {
            ["iss and sub must be the client_id"] = { iss = "other" },
            ["aud must be https://tenant.test/"] = { aud = "https://tenant.test" },
            ["exp is missing"] = { exp = json.null },
            ["the assertion has expired"] = { exp = NOW - 10 },
            ["exp is more than 5 minutes ahead"] = { exp = NOW + 312 },
            ["the assertion is not valid yet"] = { nbf = NOW + 12 },
            ["jti is missing or too long"] = { jti = ("j"):rep(65) },
        } do
            it("refuses it when " .. why, function()
                invalid(why, present(assertion(changes)))
            end)
        end

        it("refuses it when sub is another, and when jti is missing", function()
            invalid("iss and sub must be the client_id", present(assertion { sub = "other" }))
            invalid("jti is missing or too long", present(assertion { jti = json.null }))
        end)

        it("allows for a clock that is 10 seconds off", function()
            assert.equal(200, (present(assertion { exp = NOW - 9 })))
            assert.equal(200, (present(assertion { exp = NOW + 310 })))
            assert.equal(200, (present(assertion { nbf = NOW + 10 })))
            model.set { assertion_skew = 0 }
            assert.equal(401, (present(assertion { exp = NOW + 301 })))
        end)

        it("accepts an array of audiences", function()
            assert.equal(200, (present(assertion { aud = json.array { "https://x/", "https://tenant.test/" } })))
        end)

        it("refuses another key's signature, what is no token, and one of more than 2048 bytes", function()
            invalid("the signature does not fit", present(assertion(nil, nil, "other key")))
            invalid("the signature does not fit", present("rubbish"))
            invalid("the assertion is longer than 2048 bytes", present(("x"):rep(2049)))
        end)

        it("refuses another type of assertion, and a client without a key", function()
            refused(400, "invalid_request", "client_assertion_type must be " .. ASSERTION,
                present(assertion(), { client_assertion_type = "jwt" }))
            invalid("the client has no public key", present(assertion(), { client_id = "mockclient" }))
        end)
    end)

    describe("'s tokens", function()
        local token

        before_each(function()
            model.set { token_lifetime = 100 }
            token = select(2, ask(with())).access_token
        end)

        local function status()
            return (model.read("auth0%7C1", { token = token }))
        end

        it("live as long as the setting says", function()
            model.clock = math.floor(model.NOW) + 99
            assert.equal(200, status())
            model.clock = math.floor(model.NOW) + 100
            assert.equal(401, status())
        end)

        it("are refused once they are revoked, until the tenant is reset", function()
            tenant:revoke(token)
            model.refused(401, "Invalid token", nil, model.read("auth0%7C1", { token = token }))
            assert.equal(200, (model.read "auth0%7C1"))
            tenant:reset()
            assert.equal(404, status())
        end)
    end)

    it("forgets clients that were added when the tenant is reset, and keeps those that it was made with", function()
        model.new { clients = { { client_id = "first", client_secret = "s" } } }
        model.tenant:add_client { client_id = "second", client_secret = "s" }
        assert.equal(200, (ask(with { client_id = "second", client_secret = "s" })))
        model.tenant:reset()
        assert.equal(401, (ask(with { client_id = "second", client_secret = "s" })))
        assert.equal(200, (ask(with { client_id = "first", client_secret = "s" })))
    end)
end)
