--- The model tenant: link and unlink.
local json = require "auth0.mock.text.json"
local model = require "support.model"

local add, send, link, read, refused = model.add, model.send, model.link, model.read, model.refused

describe("auth0.mock", function()
    local tenant

    before_each(function()
        tenant = model.new()
    end)

    describe("link", function()
        before_each(function()
            add { user_id = "auth0|1", email = "one@example.com", email_verified = true, name = "One",
                user_metadata = { kept = true } }
            add { user_id = "google-oauth2|115", email = "two@example.com", email_verified = "false",
                user_metadata = { lost = true } }
        end)

        it("answers 201 with both identities and the profileData of both, the primary first", function()
            local status, list = link { provider = "google-oauth2", user_id = "115" }
            assert.equal(201, status)
            assert.same({
                { connection = model.DATABASE, provider = "auth0", user_id = "1", isSocial = false,
                    profileData = { email = "one@example.com", email_verified = true, name = "One" } },
                { connection = "google-oauth2", provider = "google-oauth2", user_id = "115", isSocial = true,
                    profileData = { email = "two@example.com", email_verified = "false" } },
            }, list)
        end)

        it("leaves nothing of the secondary but its identity", function()
            link { provider = "google-oauth2", user_id = "115" }
            assert.equal(404, (read "google-oauth2%7C115"))
            local _, user = read "auth0%7C1"
            assert.same({ kept = true }, user.user_metadata)
            assert.equal("two@example.com", user.identities[2].profileData.email)
            assert.is_nil(user.identities[1].profileData)
        end)

        it("takes the id with its provider's prefix, and as a number", function()
            assert.equal(201, (link { provider = "google-oauth2", user_id = "google-oauth2|115" }))
            add { user_id = "facebook|10155" }
            assert.equal(201, (link '{"provider":"facebook","user_id":10155}'))
        end)

        it("answers a numeric id as the number that it was", function()
            add(json.decode '{"provider":"facebook","user_id":10155000000000000001}')
            local status, _, answer = link '{"provider":"facebook","user_id":10155000000000000001}'
            assert.equal(201, status)
            assert.matches('"user_id":10155000000000000001', answer.body, 1, true)
        end)

        it("takes a form", function()
            local status = link("provider=google-oauth2&user_id=google-oauth2%7C115",
                { type = "application/x-www-form-urlencoded" })
            assert.equal(201, status)
        end)

        it("takes a three-part id whole", function()
            add { user_id = "samlp|acme|7" }
            assert.equal(201, (link { provider = "samlp", user_id = "acme|7" }))
        end)

        it("takes a connection_id of the provider's own, and refuses another's", function()
            add { user_id = "auth0|2" }
            local database, google = tenant.world.connections.by_name[model.DATABASE].id,
                tenant.world.connections.by_name["google-oauth2"].id
            refused(400, "The provider/connection is not configured.", "inexistent_connection",
                link { provider = "auth0", user_id = "2", connection_id = google })
            assert.equal(201, (link { provider = "auth0", user_id = "2", connection_id = database }))
        end)

        describe("refuses", function()
            it("a missing provider, and one that no connection has", function()
                refused(400, "The provider/connection is not configured.", "inexistent_connection",
                    link { user_id = "115" })
                refused(400, "The provider/connection is not configured.", "inexistent_connection",
                    link { provider = "yandex", user_id = "115" })
            end)

            it("a provider that the API does not know", function()
                refused(400, "Payload validation error: 'No enum match for: myspace' on property provider.",
                    "invalid_body", link { provider = "myspace", user_id = "115" })
            end)

            it("an unknown key, an empty object, an array, and what is no JSON", function()
                refused(400, "Payload validation error: 'Additional properties not allowed: id'.", "invalid_body",
                    link { id = "115" })
                refused(400, "Payload validation error: 'Too few properties defined (0), minimum 1'.", "invalid_body",
                    link "{}")
                refused(400, "Payload validation error: 'Expected type object but found type array'.", "invalid_body",
                    link "[]")
                refused(400, "Invalid request payload JSON format", "invalid_body", link '{"provider":')
            end)

            it("wrong types", function()
                refused(400, "Payload validation error: 'Expected type string or integer but found type number' "
                    .. "on property user_id.", "invalid_body", link '{"provider":"auth0","user_id":1.5}')
                refused(400, "Payload validation error: 'Expected type string but found type null' "
                    .. "on property provider.", "invalid_body", link '{"provider":null}')
                refused(400, "Payload validation error: 'String is too short (0 chars), minimum 1' "
                    .. "on property user_id.", "invalid_body", link { provider = "auth0", user_id = "" })
            end)

            it("a connection_id of another form", function()
                local _, body = link { provider = "auth0", user_id = "2", connection_id = "con_1" }
                assert.equal("invalid_body", body.errorCode)
            end)

            it("a body of another type", function()
                refused(415, "Unsupported Media Type", nil, link("provider", { type = "text/plain" }))
            end)

            it("a body above 1 MB", function()
                assert.equal(413, (link((" "):rep(1048577))))
            end)

            it("an account with itself", function()
                refused(400, "Main identity and the new one are the same.", nil,
                    link { provider = "auth0", user_id = "auth0|1" })
            end)

            it("a secondary that does not exist", function()
                refused(400, "Provided secondary account not found.", nil,
                    link { provider = "google-oauth2", user_id = "116" })
            end)

            it("an identity that is linked already, here or elsewhere", function()
                link { provider = "google-oauth2", user_id = "115" }
                refused(409, "Specified identity already exists.", nil,
                    link { provider = "google-oauth2", user_id = "115" })
                add { user_id = "auth0|2" }
                refused(409, "Specified identity already exists.", nil,
                    send("POST", "/api/v2/users/auth0%7C2/identities", { provider = "google-oauth2",
                        user_id = "115" }))
                assert.equal(2, tenant.record.conflicts)
            end)

            it("an account that has secondaries", function()
                add { identities = { { provider = "github", user_id = "1" }, { provider = "github", user_id = "2" } } }
                refused(400, "Unable to link with the secondary account.", nil,
                    link { provider = "github", user_id = "1" })
            end)

            it("a primary that does not exist", function()
                refused(404, "The user does not exist.", "inexistent_user",
                    send("POST", "/api/v2/users/auth0%7C9/identities", { provider = "google-oauth2",
                        user_id = "115" }))
            end)

            it("and then changes nothing", function()
                link { provider = "google-oauth2", user_id = "116" }
                assert.same({}, tenant.record.changes)
                assert.equal(200, (read "google-oauth2%7C115"))
            end)
        end)
    end)

    describe("link_with", function()
        local caller

        before_each(function()
            add { user_id = "auth0|1" }
            add { user_id = "google-oauth2|115" }
            caller = tenant:token { kind = "user", sub = "auth0|1" }
        end)

        local function link_with(wanted, token)
            wanted.kind = "id"
            return link({ link_with = assert(tenant:token(wanted)) }, { token = token or caller })
        end

        it("links the token's subject, for its user and for a machine", function()
            local status, list = link_with { sub = "google-oauth2|115" }
            assert.same({ 201, 2 }, { status, #list })
            add { user_id = "github|9" }
            assert.equal(201, (link_with({ sub = "github|9" }, model.machine)))
        end)

        it("accepts an array of audiences that has the calling client", function()
            assert.equal(201, (link_with { sub = "google-oauth2|115", aud = json.array { "x", "mockclient" } }))
        end)

        for message, wanted in pairs {
            ["Invalid token in link_with: invalid aud."] = { sub = "google-oauth2|115", claims = { aud = json.null } },
            ["Invalid token in link_with: the token must contain sub."] = { claims = { sub = json.null } },
            ["Invalid token in link_with: invalid sub."] = { sub = "nobar" },
            ["Invalid token in link_with: the token must have alg RS256."] = {
                sub = "google-oauth2|115", alg = "HS256",
            },
            ["Invalid token in link_with: the token must have the same issuer as the calling user."] = {
                sub = "google-oauth2|115", claims = { iss = "https://elsewhere/" },
            },
            ["Invalid token in link_with: aud must match the azp of the calling token."] = {
                sub = "google-oauth2|115", aud = "otherclient",
            },
            ["Invalid token in link_with: the token has expired."] = { sub = "google-oauth2|115", expires_in = -1 },
            ["Provided secondary account not found."] = { sub = "github|nobody" },
            ["Main identity and the new one are the same."] = { sub = "auth0|1" },
        } do
            it("is refused: " .. message, function()
                refused(400, message, nil, link_with(wanted))
            end)
        end

        it("is refused when it is no token of this tenant", function()
            refused(400, "Invalid token in link_with.", nil, link({ link_with = "rubbish" }, { token = caller }))
            refused(400, "Invalid token in link_with.", nil, link({ link_with = "forged" }, { token = caller }))
        end)

        it("excludes the other keys", function()
            local status, body = link({ link_with = "x", provider = "github" }, { token = caller })
            assert.same({ 400, "invalid_body" }, { status, body.errorCode })
        end)

        it("is the only way for a user's own token", function()
            refused(403, "Insufficient scope; expected: update:users, update:current_user_identities.",
                "insufficient_scope", link({ provider = "google-oauth2", user_id = "115" }, { token = caller }))
        end)

        it("does not let a user act on another account", function()
            refused(403, "User to be acted on does not match subject in bearer token.", nil,
                link_with({ sub = "google-oauth2|115" }, tenant:token { kind = "user", sub = "auth0|2" }))
        end)
    end)

    describe("unlink", function()
        before_each(function()
            add { user_id = "auth0|1", user_metadata = { kept = true } }
            add { user_id = "google-oauth2|115", email = "two@example.com", user_metadata = { lost = true } }
            link { provider = "google-oauth2", user_id = "115" }
        end)

        local function unlink(rest, options)
            return send("DELETE", "/api/v2/users/auth0%7C1/identities/" .. rest, nil, options)
        end

        it("answers 200 with the identities that remain", function()
            local status, list = unlink "google-oauth2/115"
            assert.same({ 200, 1 }, { status, #list })
            assert.equal("1", list[1].user_id)
            assert.is_table(list[1].profileData)
        end)

        it("gives the secondary back as its own account, with its profile and without metadata", function()
            unlink "google-oauth2/115"
            local status, user = read "google-oauth2%7C115"
            assert.equal(200, status)
            assert.equal("two@example.com", user.email)
            assert.is_nil(user.user_metadata)
            assert.same({ { connection = "google-oauth2", provider = "google-oauth2", user_id = "115",
                isSocial = true } }, user.identities)
        end)

        it("with the provider's prefix does nothing and answers 200 with both", function()
            local status, list = unlink "google-oauth2/google-oauth2%7C115"
            assert.same({ 200, 2 }, { status, #list })
            assert.equal(1, #tenant.record.changes)
        end)

        it("of an identity that is not there answers 200 with both", function()
            local status, list = unlink "github/9"
            assert.same({ 200, 2 }, { status, #list })
        end)

        it("takes a three-part identity by all that follows its provider", function()
            add { user_id = "samlp|acme|7" }
            link { provider = "samlp", user_id = "acme|7" }
            local _, list = unlink "samlp/acme%7C7"
            assert.equal(2, #list)
        end)

        it("refuses the main identity", function()
            refused(400, "Main identity cannot be removed.", nil, unlink "auth0/1")
        end)

        it("lets a user unlink from the own account only", function()
            refused(403, "User to be acted on does not match subject in bearer token.", nil,
                unlink("google-oauth2/115", { token = tenant:token { kind = "user", sub = "auth0|2" } }))
            local token = tenant:token { kind = "user", sub = "auth0|1" }
            assert.equal(200, (unlink("google-oauth2/115", { token = token })))
        end)

        it("can be followed by another link", function()
            unlink "google-oauth2/115"
            assert.equal(201, (link { provider = "google-oauth2", user_id = "115" }))
        end)
    end)
end)
