--- auth0.check_id: what would raise in a link is returned.
local auth0 = require "auth0"
local mocked = require "support.mocked"

describe("auth0.check_id", function()
    local function refuses(id, provider, sentence)
        local good, message = auth0.check_id(id, provider)
        assert.is_nil(good)
        assert.equal(sentence, message:sub(1, #sentence))
        assert.falsy(message:find("[%c\127-\255]"), message)
    end

    it("accepts what can be a primary and a secondary", function()
        for _, id in ipairs { "auth0|507f1f77", "google-oauth2|115", "samlp|acme|7", "oauth2|siwe|eip155%3A5" } do
            assert.is_true(auth0.check_id(id))
        end
    end)

    it("accepts what can be a user_id of the provider that is given", function()
        assert.is_true(auth0.check_id("115", "google-oauth2"))
        assert.is_true(auth0.check_id("newcomer|115", "newcomer"))
    end)

    it("returns nil and a message for anything else, and never raises", function()
        local FULL = "id: expected a full id, such as auth0|507f1f77: the provider, a \"|\", and the provider's own id"
        refuses(nil, nil, "id: expected a string, got a nil")
        refuses({}, nil, "id: expected a string, got a table")
        refuses("115", 7, "provider: expected a string, got a number")
        refuses("", nil, "id: expected a text that is not empty")
        refuses("primary", nil, FULL)
        refuses("|115", nil, FULL)
        refuses("auth0|", nil, 'id: ends at its "|"')
        refuses("auth0|1\r", nil, "id: holds a carriage return at byte 8")
        refuses("newcomer|1", nil, "provider: expected the provider of the account, such as google-oauth2: id begins")
        refuses("auth0|1", "google-oauth2", 'provider: contradicts id, which begins with "auth0|"')
        refuses("auth0|..", nil, "id: expected no \".\"")
    end)

    it("accepts what a link takes, and nothing else", function()
        local mock = mocked.mock(1)
        local tenant = mocked.tenant(mock)
        for _, id in ipairs { "auth0|2", "auth0|", "|2", "2", "newcomer|2", "auth0|\1", "auth0|.", "" } do
            local is_taken = pcall(tenant.link, tenant, mocked.PRIMARY, id)
            assert.equal(is_taken, auth0.check_id(id) or false)
        end
        tenant:close()
    end)
end)
