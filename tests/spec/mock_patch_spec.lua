--- The model tenant: PATCH of an account, and what its metadata may hold.
local json = require "auth0.mock.text.json"
local model = require "support.model"

local add, send, link, read, refused = model.add, model.send, model.link, model.read, model.refused

describe("auth0.mock's PATCH", function()
    local tenant

    before_each(function()
        tenant = model.new()
        add { user_id = "auth0|1", email = "one@example.com", email_verified = true,
            user_metadata = { kept = { a = 1, b = 2 }, list = json.array { 1 } }, app_metadata = { facts = 3 } }
    end)

    local function patch(body, options)
        return send("PATCH", "/api/v2/users/auth0%7C1", body, options)
    end

    it("answers 200 with the whole account, and a later updated_at", function()
        model.clock = model.NOW + 3
        local status, user = patch { blocked = true }
        assert.equal(200, status)
        assert.same({ "auth0|1", "one@example.com", true, "2021-09-03T20:16:48.288Z", "2021-09-03T20:16:45.288Z" },
            { user.user_id, user.email, user.blocked, user.updated_at, user.created_at })
        assert.same(user, select(2, read "auth0%7C1"))
    end)

    it("takes a form", function()
        local _, user = patch("nickname=Uno", { type = "application/x-www-form-urlencoded" })
        assert.equal("Uno", user.nickname)
    end)

    it("is in the record, with the names of what it wrote", function()
        patch { blocked = true, app_metadata = { a = 1 } }
        local change = tenant.record.changes[1]
        assert.same({ "update", "auth0|1", { "app_metadata", "blocked" } },
            { change.kind, change.primary, { change.properties[1], change.properties[2] } })
    end)

    it("answers 404 for an account that does not exist", function()
        refused(404, "The user does not exist.", "inexistent_user",
            send("PATCH", "/api/v2/users/auth0%7C9", { blocked = true }))
    end)

    it("ignores what it does not know", function()
        local status, user = patch { colour = "red", name = "One" }
        assert.same({ 200, "One" }, { status, user.name })
        assert.is_nil(user.colour)
    end)

    it("takes a field away with null", function()
        patch { name = "One" }
        local status, user = patch '{"name":null}'
        assert.equal(200, status)
        assert.is_nil(user.name)
    end)

    describe("of metadata", function()
        it("merges at the first level, and replaces what is nested whole", function()
            local _, user = patch { user_metadata = { kept = { c = 3 }, more = true } }
            assert.same({ kept = { c = 3 }, more = true, list = { 1 } },
                { kept = user.user_metadata.kept, more = user.user_metadata.more,
                    list = { user.user_metadata.list[1] } })
            assert.same({ facts = 3 }, user.app_metadata)
        end)

        it("replaces an array whole", function()
            local _, _, answer = patch '{"user_metadata":{"list":[]}}'
            assert.matches('"list":[]', answer.body, 1, true)
        end)

        it("deletes a key with null at the first level, and keeps null below", function()
            local _, user, answer = patch '{"user_metadata":{"list":null,"kept":{"x":null}}}'
            assert.is_nil(user.user_metadata.list)
            assert.matches('"kept":{"x":null}', answer.body, 1, true)
        end)

        it("deletes all of it with an empty object, and only that one", function()
            local _, _, answer = patch '{"user_metadata":{}}'
            assert.matches('"user_metadata":{}', answer.body, 1, true)
            assert.matches('"app_metadata":{"facts":3}', answer.body, 1, true)
        end)

        it("keeps a large integer to the last digit", function()
            local _, _, answer = patch '{"app_metadata":{"n":12345678901234567890}}'
            assert.matches('"n":12345678901234567890', answer.body, 1, true)
        end)

        it("refuses keys with a dot or a dollar sign, at any depth", function()
            for _, key in ipairs { "a.b", "$set" } do
                for _, body in ipairs { { user_metadata = { [key] = 1 } }, { app_metadata = { [key] = 1 } },
                    { user_metadata = { list = json.array { { [key] = 1 } } } } } do
                    local status, answer = patch(body)
                    assert.same({ 400, "invalid_body" }, { status, answer.errorCode })
                    assert.matches("Key names may not contain . or $: " .. key, answer.message, 1, true)
                end
            end
        end)

        it("refuses the reserved keys of app_metadata, at its first level only", function()
            refused(400, "Payload validation error: 'Reserved key: user_id' on property app_metadata.", "invalid_body",
                patch { app_metadata = { user_id = "x" } })
            assert.equal(200, (patch { app_metadata = { mine = { user_id = "x" } } }))
            assert.equal(200, (patch { user_metadata = { user_id = "x" } }))
        end)

        it("refuses what is no object", function()
            local status, body = patch '{"user_metadata":[]}'
            assert.same({ 400, "invalid_body" }, { status, body.errorCode })
            status, body = patch '{"app_metadata":null}'
            assert.same({ 400, "invalid_body" }, { status, body.errorCode })
        end)

        it("is refused above the size that is set, and taken at any size when none is", function()
            local large = { user_metadata = { text = ("x"):rep(10240) } }
            assert.equal(200, (patch(large)))
            patch { user_metadata = { text = json.null } }
            model.set { profile_limit = 10240 }
            refused(400, "The user profile is larger than the maximum allowed size.", nil, patch(large))
            assert.equal(200, (patch { user_metadata = { text = ("x"):rep(9000) } }))
            local status = send("POST", "/api/v2/users", { connection = model.DATABASE, user_metadata =
                large.user_metadata })
            assert.equal(400, status)
        end)

        it("is checked by the same rules when an account is made", function()
            local status, body = send("POST", "/api/v2/users", { connection = model.DATABASE,
                app_metadata = { blocked = true } })
            assert.same({ 400, "invalid_body" }, { status, body.errorCode })
        end)
    end)

    describe("of an address", function()
        it("is in lower case, and not verified any more unless it says so", function()
            local _, user = patch { email = "New@Example.com", connection = model.DATABASE }
            assert.same({ "new@example.com", false }, { user.email, user.email_verified })
            _, user = patch { email = "Other@Example.com", email_verified = true }
            assert.same({ "other@example.com", true }, { user.email, user.email_verified })
        end)

        it("is found at once by the new one, and no more by the old one", function()
            patch { email = "new@example.com" }
            assert.equal(1, #select(2, send("GET", "/api/v2/users-by-email?email=new%40example.com")))
            assert.equal(0, #select(2, send("GET", "/api/v2/users-by-email?email=one%40example.com")))
        end)

        it("is refused when another account of the connection has it", function()
            add { user_id = "auth0|2", email = "two@example.com" }
            add { user_id = "github|2", email = "three@example.com" }
            refused(400, "The specified new email already exists", nil, patch { email = "two@example.com" })
            assert.equal(200, (patch { email = "three@example.com" }))
            assert.equal(200, (patch { email = "three@example.com" }))
        end)

        it("is not changed together with a password", function()
            refused(400, "Cannot update password and email simultaneously", "invalid_body",
                patch { email = "new@example.com", password = "secret" })
        end)
    end)

    it("of a password shows when, and not what", function()
        local _, user, answer = patch { password = "hidden", connection = model.DATABASE }
        assert.equal("2021-09-03T20:16:45.288Z", user.last_password_reset)
        assert.is_nil(answer.body:find("hidden", 1, true))
    end)

    it("of a password to null changes none", function()
        local status, user = patch '{"password":null,"nickname":"Uno"}'
        assert.same({ 200, "Uno" }, { status, user.nickname })
        assert.is_nil(user.last_password_reset)
    end)

    it("refuses a connection that the account has not", function()
        refused(400, "The provider/connection is not configured.", "inexistent_connection",
            patch { email = "new@example.com", connection = "github" })
    end)

    it("refuses to write what an identity provider owns", function()
        add { user_id = "github|9" }
        local status, body = send("PATCH", "/api/v2/users/github%7C9", { name = "Nine", email = "a@example.com" })
        assert.same({ 400, "operation_not_supported" }, { status, body.errorCode })
        assert.matches("cannot be updated: email, name. The connection (github)", body.message, 1, true)
        assert.equal(200, (send("PATCH", "/api/v2/users/github%7C9", { blocked = true, user_metadata = { a = 1 } })))
    end)

    it("reaches a secondary identity by its connection", function()
        add { user_id = "email|9", email = "nine@example.com" }
        link { provider = "email", user_id = "9" }
        local _, before = read "auth0%7C1"
        local status, user = patch { email = "Nine@new.example", connection = "email" }
        assert.equal(200, status)
        assert.equal("one@example.com", user.email)
        assert.equal("nine@new.example", user.identities[2].profileData.email)
        assert.equal("nine@example.com", before.identities[2].profileData.email)
    end)

    describe("needs a scope:", function()
        it("update:users for anything", function()
            assert.equal(200, (patch({ blocked = true }, model.with "update:users")))
            refused(403, "Insufficient scope; expected: update:users, update:users_app_metadata, "
                .. "update:current_user_metadata.", "insufficient_scope",
                patch({ blocked = true }, model.with "read:users"))
        end)

        it("update:users_app_metadata for app_metadata alone", function()
            local options = model.with "update:users_app_metadata"
            assert.equal(200, (patch({ app_metadata = { a = 1 } }, options)))
            assert.equal(403, (patch({ user_metadata = { a = 1 } }, options)))
            assert.equal(403, (patch({ app_metadata = { a = 1 }, blocked = false }, options)))
        end)

        it("update:current_user_metadata for the own user_metadata alone", function()
            local function own(sub)
                return { token = tenant:token { kind = "user", sub = sub, scope = "update:current_user_metadata" } }
            end
            assert.equal(200, (patch({ user_metadata = { a = 1 } }, own "auth0|1")))
            assert.equal(403, (patch({ app_metadata = { a = 1 } }, own "auth0|1")))
            refused(403, "User to be acted on does not match subject in bearer token.", nil,
                patch({ user_metadata = { a = 1 } }, own "auth0|2"))
        end)
    end)
end)
