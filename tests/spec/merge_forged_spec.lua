--- Receipts that were edited, cut or made up, as doc/safety.md says of them: none of them leads a request to where a
--- merge does not lead one, and one that cannot be carried out is refused before anything is changed.
local cjson = require "cjson"
local mock_tenant = require "auth0.mock"
local mocked = require "support.mocked"

local ANN, GOOGLE = "auth0|1", "google-oauth2|2"
local DAMAGED = "the receipt is damaged: the metadata in it is no JSON object"
local INCOMPLETE, NO_ACCOUNT = "the receipt is not complete", "the receipt has an id that is none of an account"

local mock, tenant, receipt

before_each(function()
    mock = mock_tenant.new()
    mock:add_role { id = "rol_1", name = "Admin" }
    mock:add_organization { id = "org_1", name = "acme" }
    mock:add_user { user_id = ANN, user_metadata = { color = "red" } }
    mock:add_user { user_id = GOOGLE, user_metadata = { size = 7 }, roles = { "rol_1" }, organizations = { "org_1" } }
    tenant = mocked.tenant(mock)
    local result = assert(tenant:merge(ANN, GOOGLE, { proof = "operator", carry = { "roles", "organizations" } }))
    receipt = cjson.decode(cjson.encode(result.receipt))
end)

after_each(function() tenant:close() end)

local forgeries = {
    { "an organization that is a step up the path", INCOMPLETE,
        function() receipt.carried.organizations = { ".." } end },
    { "an organization that is one between slashes", INCOMPLETE,
        function() receipt.secondary_was.organizations = { "org_1/../../users" } end },
    { "an organization without a name", INCOMPLETE, function() receipt.carried.organizations = { "" } end },
    { "an organization of any length", INCOMPLETE, function() receipt.carried.organizations = { ("o"):rep(256) } end },
    { "an organization that is an object", INCOMPLETE,
        function() receipt.carried.organizations = { { id = "org_1" } } end },
    { "roles that are none", INCOMPLETE, function() receipt.carried.roles = { 5 } end },
    { "roles as one text", INCOMPLETE, function() receipt.secondary_was.roles = "rol_1" end },
    { "permissions that are none", INCOMPLETE,
        function() receipt.carried.permissions = { { permission_name = "read:all" } } end },
    { "no list of what was carried", INCOMPLETE, function() receipt.carried = "rol_1" end },
    { "nothing of what the secondary was", INCOMPLETE, function() receipt.secondary_was = nil end },
    { "a holder that is a step up the path", NO_ACCOUNT, function() receipt.holder = "auth0|x/../y" end },
    { "an empty holder", NO_ACCOUNT, function() receipt.holder = "" end },
    { "a holder that is no id", NO_ACCOUNT, function() receipt.holder = ".." end },
    { "a secondary of two accounts", NO_ACCOUNT, function() receipt.secondary.user_id = "3" end },
    { "metadata that is no JSON", DAMAGED, function() receipt.secondary_was.user_metadata = '{"size":' end },
    { "metadata that is a list", DAMAGED, function() receipt.secondary_was.user_metadata = "[1]" end },
    { "metadata with more behind it", DAMAGED,
        function() receipt.secondary_was.user_metadata = '{},"app_metadata":{"admin":true}' end },
    { "metadata that says twice what it is", DAMAGED,
        function() receipt.secondary_was.user_metadata = '{},"user_metadata":{"admin":true}' end },
    { "a patch that is no object", DAMAGED, function() receipt.wrote = "[]" end },
}

describe("a receipt that was cut or made up", function()
    for _, forgery in ipairs(forgeries) do
        local what, words, forge = forgery[1], forgery[2], forgery[3]
        it("is refused before anything is changed: " .. what, function()
            forge()
            local before = #mock:changes()
            local result, message, failure = tenant:undo(receipt)
            assert.is_nil(result)
            assert.same({ "invalid_request", "none" }, { failure.code, failure.outcome })
            assert.equal("tenant:undo: nothing was changed: " .. words, message)
            assert.equal(before, #mock:changes())
        end)
    end

    it("changes nothing by members that no merge writes", function()
        receipt.wrote = '{"blocked":true,"email":"x@y.z","user_metadata":{"size":7}}'
        receipt.before = '{"blocked":false,"email":"a@b.c"}'
        assert(tenant:undo(receipt))
        local user = assert(tenant:user(ANN))
        assert.is_nil(user.blocked)
        assert.same({ color = "red" }, user.user_metadata)
    end)
end)

describe("a receipt that was forged, and is whole,", function()
    it("is believed: it gives the secondary what it says, and changes what it knows of the primary", function()
        mock:add_role { id = "rol_2", name = "Owner" }
        receipt.secondary_was.roles = { "rol_2" }
        receipt.secondary_was.app_metadata = '{"admin":true}'
        receipt.wrote = '{"user_metadata":{"color":"red","shape":"round"}}'
        receipt.before = '{"user_metadata":{"color":"black","shape":"flat"}}'
        assert(tenant:undo(receipt))
        local google = assert(tenant:user(GOOGLE))
        assert.same({ { admin = true }, { size = 7 } }, { google.app_metadata, google.user_metadata })
        local roles = assert(tenant:request { path = { "api", "v2", "users", GOOGLE, "roles" } })
        assert.equal("rol_2", roles[1].id)
        assert.same({ color = "black", size = 7 }, assert(tenant:user(ANN)).user_metadata)
    end)

    it("links the secondary to the holder that it names, but none with metadata of its own", function()
        mock:add_user { user_id = "github|3" }
        mock:add_user { user_id = "github|4" }
        mock:add_user { user_id = "github|5", user_metadata = { size = 8 } }
        receipt.holder, receipt.secondary_was, receipt.carried = "github|4", { roles = {} }, {}
        receipt.wrote, receipt.before = nil, nil
        receipt.secondary = { id = "github|3", provider = "github", user_id = "3", connection = "github" }
        assert(tenant:undo(receipt))
        assert.equal(2, #assert(tenant:identities "github|4"))
        receipt.secondary = { id = "github|5", provider = "github", user_id = "5", connection = "github" }
        assert(tenant:undo(receipt))
        assert.equal(2, #assert(tenant:identities "github|4"))
    end)

    it("blocks and unblocks no account, and changes no address and no password", function()
        receipt.wrote = '{"blocked":true,"email":"x@y.z","password":"p","user_metadata":{"size":7}}'
        receipt.before = '{"blocked":false,"email":"a@b.c","password":"q"}'
        receipt.secondary_was.email, receipt.secondary_was.blocked = "x@y.z", true
        assert(tenant:undo(receipt))
        for _, id in ipairs { ANN, GOOGLE } do
            local user = assert(tenant:user(id))
            assert.same({}, { user.blocked, user.email })
        end
    end)
end)

it("a holder that is no account's id is no option", function()
    for _, holder in ipairs { "", "..", "auth0|a/../b", "auth0" } do
        local good, message = pcall(tenant.merge, tenant, ANN, "github|3",
            { proof = "operator", relink = { holder = holder, proof = "operator" } })
        assert.is_false(good)
        assert.truthy(message:find("tenant:merge: relink.holder: expected ", 1, true), message)
    end
end)
