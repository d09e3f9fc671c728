--- The model tenant: the bodies of requests.
local json = require "auth0.mock.text.json"
local model = require "support.model"

describe("auth0.mock reads a body", function()
    before_each(function()
        model.new()
        model.add { user_id = "auth0|1" }
    end)

    local function patch(body, type)
        return model.send("PATCH", "/api/v2/users/auth0%7C1", body, { type = type })
    end

    it("of exactly application/json, with parameters or without", function()
        for type, wanted in pairs {
            ["application/json"] = 200, ["Application/JSON"] = 200, ["application/json; charset=utf-8"] = 200,
            ["application/json ;charset=utf-8"] = 200, ["application/jsonp"] = 415,
            ["application/json-patch+json"] = 415,
            ["application/json, text/plain"] = 415, ["text/plain"] = 415,
        } do
            assert.equal(wanted, (patch('{"user_metadata":{"a":1}}', type)), type)
        end
    end)

    it("that is UTF-8, and no other", function()
        for _, text in ipairs { "\195\169", "\226\130\172", "\237\159\191", "\240\159\152\128", "\244\143\191\191" } do
            assert.equal(200, (patch(('{"user_metadata":{"a":"x%sy"}}'):format(text))), text)
        end
        for _, text in ipairs { "\233", "\195", "\128", "\192\128", "\224\128\128", "\237\160\128", "\240\128\128\128",
            "\244\144\128\128", "\245\128\128\128", "\195\169\255" } do
            local status, body = patch(('{"user_metadata":{"a":"x%sy"}}'):format(text))
            model.refused(400, "Invalid request payload JSON format", "invalid_body", status, body)
        end
    end)

    it("and names the same fault in every run: the first by name", function()
        local names = {}
        for i = 1, 40 do
            names["a." .. i], names["reserved" .. i] = 1, 1
        end
        names["$"], names.blocked, names.email = 1, 1, 1
        local _, body = patch { user_metadata = names }
        assert.matches("contain . or $: $' on", body.message, 1, true)
        _, body = patch { app_metadata = names }
        assert.matches("Reserved key: blocked'", body.message, 1, true)
        _, body = patch { picture = 1, blocked = 1, name = 1, app_metadata = 1, user_metadata = 1 }
        assert.matches("on property app_metadata.", body.message, 1, true)
        _, body = model.link { zeta = 1, yota = 1, alpha = 1, beta = 1 }
        assert.matches("not allowed: alpha'", body.message, 1, true)
        assert.same({ "a", "b", "c" }, json.keys { c = 1, a = 1, b = 1 })
    end)
end)
