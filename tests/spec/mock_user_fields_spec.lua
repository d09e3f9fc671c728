--- The model tenant: what POST and PATCH of an account may write.
local json = require "auth0.mock.text.json"
local model = require "support.model"

local add, send, refused = model.add, model.send, model.refused

describe("auth0.mock's accounts", function()
    before_each(function()
        model.new()
        add { user_id = "auth0|1", email = "one@example.com" }
    end)

    local function create(fields)
        fields.connection = model.DATABASE
        return send("POST", "/api/v2/users", fields)
    end

    local function patch(fields)
        return send("PATCH", "/api/v2/users/auth0%7C1", fields)
    end

    local good = {
        email = { "a.b+c@d-e.example", "o'neil@example.com" },
        phone_number = { "+1", "+123456789012345" },
        picture = { "https://example.com/p.png?s=1", "data:image/png;base64,AA==" },
        username = { "x", ("x"):rep(128) },
        given_name = { ("\195\169"):rep(150) },
        name = { ("x"):rep(300) },
    }
    local bad = {
        email = { "", "a", "a@b", "a b@example.com", "@example.com", "a@example.", ".a@example.com",
            "a..b@example.com" },
        phone_number = { "", "49151", "+", "+1234567890123456" },
        picture = { "", "example.com/p.png", "https://example.com/a b" },
        username = { "", ("x"):rep(129) },
        password = { "" },
        given_name = { "", ("x"):rep(151), ("\195\169"):rep(151) }, family_name = { "", ("x"):rep(151) },
        name = { "", ("x"):rep(301) }, nickname = { "", ("x"):rep(301) },
    }

    for name, values in pairs(good) do
        it("are made with such a " .. name, function()
            for _, value in ipairs(values) do
                assert.equal(201, (create { [name] = value }), value)
            end
        end)

        it("are given such a " .. name, function()
            for _, value in ipairs(values) do
                assert.equal(200, (patch { [name] = value }), value)
            end
        end)
    end

    for name, values in pairs(bad) do
        it("are refused a " .. name .. " that breaks its rule", function()
            for _, value in ipairs(values) do
                for _, write in ipairs { create, patch } do
                    local status, body = write { [name] = value }
                    assert.same({ 400, "invalid_body" }, { status, body.errorCode }, value)
                    assert.matches("on property " .. name, body.message, 1, true)
                end
            end
        end)
    end

    it("lose a text by a null in a PATCH, and are made with none", function()
        assert.equal(200, (patch { nickname = json.null }))
        refused(400, "Payload validation error: 'Expected type string but found type null' on property nickname.",
            "invalid_body", create { nickname = json.null })
    end)

    it("are made with an id of their own, without white space, of 255 characters", function()
        assert.equal("auth0|" .. ("x"):rep(255), select(2, create { user_id = ("x"):rep(255) }).user_id)
        assert.equal(400, (create { user_id = ("x"):rep(256) }))
        assert.equal(400, (create { user_id = "a b" }))
        assert.matches("^auth0|" .. ("%x"):rep(24) .. "$", select(2, create { user_id = "" }).user_id)
    end)

    it("are not changed by an empty PATCH", function()
        local status, user = send("PATCH", "/api/v2/users/auth0%7C1", "{}")
        assert.same({ 200, "one@example.com" }, { status, user.email })
    end)
end)
