--- The model tenant: links whose outcome is not published. Each way can be set.
local json = require "auth0.mock.text.json"
local model = require "support.model"

local add, send, link, read, refused = model.add, model.send, model.link, model.read, model.refused

describe("auth0.mock's link", function()
    local tenant, github

    before_each(function()
        tenant = model.new()
        add { user_id = "auth0|1" }
        github = tenant.world.connections.by_name.github.id
    end)

    describe("of an identity that no account has", function()
        it("is refused, unless it is set otherwise", function()
            refused(400, "Provided secondary account not found.", nil, link { provider = "github", user_id = "7",
                connection_id = github })
        end)

        it("asks for a connection first", function()
            for _, way in ipairs { "refuse", "attach" } do
                model.set { phantom_identities = way }
                refused(400, "Linking to an inexistent identity requires a connection.", nil,
                    link { provider = "github", user_id = "7" })
            end
        end)

        it("is refused with a connection too", function()
            model.set { phantom_identities = "refuse" }
            refused(400, "Linking to an inexistent identity is not allowed.", nil,
                link { provider = "github", user_id = "7", connection_id = github })
            assert.same({}, tenant.record.changes)
        end)

        it("or attaches it with a connection, and then it can be unlinked to an account with nothing", function()
            model.set { phantom_identities = "attach" }
            local status, list = link { provider = "github", user_id = "github|7", connection_id = github }
            assert.equal(201, status)
            assert.same({ connection = "github", provider = "github", user_id = "7", isSocial = true }, list[2])
            assert.same({ "link", "7" }, { tenant.record.changes[1].kind, tenant.record.changes[1].user_id })
            refused(409, "Specified identity already exists.", nil,
                link { provider = "github", user_id = "7", connection_id = github })
            send("DELETE", "/api/v2/users/auth0%7C1/identities/github/7")
            local _, user = read "github%7C7"
            assert.same({ "github|7", 1 }, { user.user_id, #user.identities })
            assert.is_nil(user.email)
        end)
    end)

    it("with a connection_id takes no account of another connection of the provider", function()
        add { user_id = "auth0|2", connection = "Customers", provider = "auth0" }
        add { user_id = "2", connection = "Customers", provider = "auth0" }
        local database = tenant.world.connections.by_name[model.DATABASE].id
        refused(400, "Provided secondary account not found.", nil,
            link { provider = "auth0", user_id = "2", connection_id = database })
        local customers = tenant.world.connections.by_name.Customers.id
        assert.equal(201, (link { provider = "auth0", user_id = "2", connection_id = customers }))
    end)

    it("without a connection_id takes an account of any connection of the provider", function()
        add { user_id = "2", connection = "Customers", provider = "auth0" }
        local status, list = link { provider = "auth0", user_id = "2" }
        assert.same({ 201, "Customers" }, { status, list[2].connection })
    end)

    describe("of an account that has secondaries", function()
        before_each(function()
            add { identities = { { provider = "github", user_id = "1" },
                { provider = "line", user_id = "2", profileData = { name = "Two" } } } }
        end)

        it("is refused, unless it is set otherwise", function()
            refused(400, "Unable to link with the secondary account.", nil, link { provider = "github", user_id = "1" })
            assert.equal(2, #select(2, read "github%7C1").identities)
        end)

        it("or carries them along", function()
            model.set { linking_secondary_with_secondaries = "carry" }
            local status, list = link { provider = "github", user_id = "1" }
            assert.same({ 201, 3 }, { status, #list })
            assert.equal("Two", list[3].profileData.name)
            send("DELETE", "/api/v2/users/auth0%7C1/identities/line/2")
            assert.equal("Two", select(2, read "line%7C2").name)
        end)

        it("or loses them", function()
            model.set { linking_secondary_with_secondaries = "lose" }
            local status, list = link { provider = "github", user_id = "1" }
            assert.same({ 201, 2 }, { status, #list })
            assert.equal(404, (read "line%7C2"))
            assert.is_table(add { user_id = "line|2" })
        end)
    end)

    it("of an account that SCIM provisions is taken, unless it is set otherwise", function()
        add { user_id = "okta|8", scim = "ext-8" }
        add { user_id = "okta|9", scim = "ext-9" }
        assert.equal(201, (link { provider = "okta", user_id = "8" }))
        model.set { scim_secondary = "refuse" }
        refused(400, "Unable to link with the secondary account.", nil, link { provider = "okta", user_id = "9" })
    end)

    describe("of or from a primary that is not there", function()
        -- Of the 400 no source knows an errorCode.
        for status, error_code in pairs { [404] = "inexistent_user", [400] = false } do
            it("is refused with " .. status, function()
                model.set { missing_primary = status }
                error_code = error_code or nil
                local path = "/api/v2/users/auth0%7Cnobody/identities"
                refused(status, "The user does not exist.", error_code,
                    send("POST", path, { provider = "auth0", user_id = "1" }))
                refused(status, "The user does not exist.", error_code, send("DELETE", path .. "/auth0/1"))
                refused(404, "The user does not exist.", "inexistent_user", read "auth0%7Cnobody")
            end)
        end
    end)

    describe("with numeric ids", function()
        before_each(function()
            model.set { numeric_user_ids = true }
            add { user_id = "facebook|10155000000000000001" }
            add { user_id = "github|007" }
        end)

        it("answers what is all digits as a number, to the last digit, and finds it by either", function()
            local _, _, answer = link { provider = "facebook", user_id = "10155000000000000001" }
            assert.matches('"user_id":10155000000000000001', answer.body, 1, true)
            local _, user = read "auth0%7C1"
            assert.equal("10155000000000000001", json.digits(user.identities[2].user_id))
            assert.equal("auth0|1", user.user_id)
            local status = send("DELETE", "/api/v2/users/auth0%7C1/identities/facebook/10155000000000000001")
            assert.equal(200, status)
            assert.equal("facebook|10155000000000000001", select(2, read "facebook%7C10155000000000000001").user_id)
        end)

        it("leaves an id that a number would change", function()
            local _, list = link { provider = "github", user_id = "007" }
            assert.equal("007", list[2].user_id)
        end)
    end)
end)
