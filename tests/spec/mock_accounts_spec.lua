--- The model tenant: accounts, made, read and removed.
local json = require "auth0.mock.text.json"
local model = require "support.model"

local add, send, link, read, refused = model.add, model.send, model.link, model.read, model.refused

describe("auth0.mock", function()
    local tenant

    before_each(function()
        tenant = model.new()
    end)

    describe("an account", function()
        it("is made from a full id, split at the first bar", function()
            local user = add { user_id = "samlp|acme|7" }
            assert.equal("samlp|acme|7", user.user_id)
            assert.same({ connection = "acme", provider = "samlp", user_id = "acme|7", isSocial = false },
                user.identities[1])
        end)

        it("keeps an id without a provider as the database's", function()
            assert.equal("auth0|plain", add({ user_id = "plain" }).user_id)
        end)

        it("takes its provider from its connection", function()
            assert.equal("sms|77", add({ connection = "sms", user_id = "77" }).user_id)
        end)

        it("keeps a numeric id to the last digit", function()
            local user = add(json.decode '{"provider":"google-oauth2","user_id":115015401343387192604}')
            assert.equal("google-oauth2|115015401343387192604", user.user_id)
            assert.matches('"user_id":115015401343387192604', json.encode(user), 1, true)
        end)

        it("keeps odd types", function()
            assert.equal("true", add({ user_id = "samlp|a|1", email_verified = "true" }).email_verified)
        end)

        it("is refused when one of its identities exists", function()
            add { user_id = "auth0|1" }
            local user, message = tenant:add_user { user_id = "auth0|1" }
            assert.is_nil(user)
            assert.equal("the identity auth0|1 exists already", message)
        end)

        it("is refused when an identity has no provider", function()
            local user, message = tenant:add_user { identities = { { user_id = "1" } } }
            assert.is_nil(user)
            assert.equal("an identity needs a provider and a user_id", message)
        end)

        it("can be seeded with secondaries", function()
            add { identities = { { provider = "auth0", user_id = "1" },
                { provider = "github", user_id = "9", profileData = { name = "Nine" } } } }
            local status, user = read "auth0%7C1"
            assert.equal(200, status)
            assert.equal("Nine", user.identities[2].profileData.name)
        end)
    end)

    describe("read", function()
        it("shows the account, its metadata as it was, and no profileData on the main identity", function()
            add(json.decode '{"user_id":"auth0|1","email":"a@example.com","user_metadata":{"roles":[],"none":{}}}')
            local status, user, answer = read "auth0%7C1"
            assert.equal(200, status)
            assert.equal("application/json; charset=utf-8", answer.headers["content-type"])
            assert.is_nil(user.identities[1].profileData)
            assert.equal("2021-09-03T20:16:45.288Z", user.created_at)
            assert.matches('"user_metadata":{"none":{},"roles":[]}', answer.body, 1, true)
        end)

        it("answers 404 for an account that does not exist", function()
            refused(404, "The user does not exist.", "inexistent_user", read "auth0%7Cnobody")
        end)

        it("accepts an id whose bar is not escaped", function()
            add { user_id = "auth0|1" }
            assert.equal(200, (read "auth0|1"))
        end)

        it("decodes an id exactly once", function()
            add { user_id = "oauth2|siwe|eip155%3A5" }
            add { user_id = "auth0|a/b" }
            assert.equal(200, (read "oauth2%7Csiwe%7Ceip155%253A5"))
            assert.equal(404, (read "oauth2%7Csiwe%7Ceip155%3A5"))
            assert.equal(200, (read "auth0%7Ca%2Fb"))
        end)

        it("refuses a path with a broken escape, and an id without a bar", function()
            local status, body = read "auth0%7C1%2"
            assert.same({ 400, "invalid_uri" }, { status, body.errorCode })
            status, body = read "plain"
            assert.same({ 400, "invalid_uri" }, { status, body.errorCode })
        end)

        it("shows the identity provider's tokens only with read:user_idp_tokens", function()
            add { identities = { { provider = "github", user_id = "9", access_token = "secret" } } }
            local _, user = read "github%7C9"
            assert.is_nil(user.identities[1].access_token)
            local token = tenant:token { kind = "machine", scope = "read:users read:user_idp_tokens" }
            _, user = read("github%7C9", { token = token })
            assert.equal("secret", user.identities[1].access_token)
        end)
    end)

    describe("create", function()
        local function create(body, options)
            return send("POST", "/api/v2/users", body, options)
        end

        it("answers 201 with the account, without its password", function()
            local status, user = create { connection = model.DATABASE, email = "Chuck@Example.com", user_id = "1",
                password = "hidden", user_metadata = { a = 1 } }
            assert.equal(201, status)
            assert.equal("auth0|1", user.user_id)
            assert.equal("chuck@example.com", user.email)
            assert.equal("chuck", user.nickname)
            assert.is_false(user.email_verified)
            assert.is_nil(user.password)
            assert.same({ a = 1 }, user.user_metadata)
            assert.same({ connection = model.DATABASE, provider = "auth0", user_id = "1", isSocial = false },
                user.identities[1])
        end)

        it("makes an id of 24 hexadecimal digits when none is given", function()
            local _, user = create { connection = model.DATABASE, email = "a@example.com" }
            assert.matches("^auth0|%x+$", user.user_id)
            assert.equal(30, #user.user_id)
        end)

        it("answers 409 for an address or an id that exists", function()
            create { connection = model.DATABASE, email = "a@example.com", user_id = "1" }
            refused(409, "The user already exists.", nil,
                create { connection = model.DATABASE, email = "A@example.com" })
            refused(409, "The user already exists.", nil, create { connection = model.DATABASE, user_id = "1" })
        end)

        it("refuses an unknown connection, a missing one, and an unknown key", function()
            refused(400, "The provider/connection is not configured.", "inexistent_connection",
                create { connection = "nowhere" })
            refused(400, "Payload validation error: 'Missing required property: connection'.", "invalid_body",
                create { email = "a@example.com" })
            refused(400, "Payload validation error: 'Additional properties not allowed: colour'.", "invalid_body",
                create { connection = model.DATABASE, colour = "red" })
        end)

        it("needs create:users", function()
            local token = tenant:token { kind = "machine", scope = "read:users" }
            refused(403, "Insufficient scope; expected: create:users.", "insufficient_scope",
                create({ connection = model.DATABASE }, { token = token }))
        end)
    end)

    describe("delete", function()
        it("answers 204 whether or not the account exists", function()
            add { user_id = "auth0|1" }
            for _ = 1, 2 do
                local status, body, answer = send("DELETE", "/api/v2/users/auth0%7C1")
                assert.equal(204, status)
                assert.is_nil(body)
                assert.equal("", answer.body)
            end
            assert.equal(404, (read "auth0%7C1"))
            assert.equal(1, #tenant.record.changes)
        end)

        it("takes the secondaries along", function()
            add { user_id = "auth0|1" }
            add { user_id = "github|9" }
            link { provider = "github", user_id = "9" }
            send("DELETE", "/api/v2/users/auth0%7C1")
            assert.is_table(add { user_id = "github|9" })
        end)

        it("leaves nothing behind, however many come and go", function()
            add { user_id = "auth0|1" }
            for i = 2, 100 do
                add { user_id = "auth0|" .. i, email = i .. "@example.com" }
                send("DELETE", "/api/v2/users/auth0%7C" .. i)
            end
            local users = tenant.world.users
            assert.is_true(#users.order < 5)
            assert.is_nil(next(users.addresses.filed))
            assert.equal(1, #select(2, send("GET", "/api/v2/users")))
        end)

        it("of a linked-away id removes nothing", function()
            add { user_id = "auth0|1" }
            add { user_id = "github|9" }
            link { provider = "github", user_id = "9" }
            assert.equal(204, (send("DELETE", "/api/v2/users/github%7C9")))
            local _, user = read "auth0%7C1"
            assert.equal(2, #user.identities)
        end)
    end)
end)
