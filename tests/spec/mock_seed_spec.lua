--- The model tenant: accounts and other things that a test makes without a request.
local json = require "auth0.mock.text.json"
local mock = require "auth0.mock.model"
local model = require "support.model"

describe("auth0.mock, given what it cannot use", function()
    local tenant

    before_each(function()
        tenant = model.new()
    end)

    --- Asserts nil and a message, and no Lua error.
    local function says(message, ...)
        assert.same({ n = 2, nil, message }, { n = select("#", ...), ... })
    end

    local cycle = {}
    cycle.user_metadata = { cycle = cycle }

    for message, list in pairs {
        ["connection and provider are strings"] = { { connection = 7 }, { connection = json.null },
            { provider = {}, user_id = "1" } },
        ["identities is an array"] = { { identities = "none" },
            { identities = { provider = "auth0", user_id = "1" } } },
        ["user_metadata and app_metadata are objects"] = { { user_metadata = "x" },
            { app_metadata = json.array { 1 } }, { app_metadata = 7, scim = "1" } },
        ["scim is an id"] = { { scim = {} } },
        ["roles is an array of ids or roles"] = { { roles = "rol_1" }, { roles = { 7 } }, { roles = { {} } },
            { roles = { { id = "rol_1", name = 7 } } } },
        ["organizations is an array of ids or organizations"] = { { organizations = { id = "org_1" } } },
        ["permissions is an array of {resource_server_identifier, permission_name}"] = { { permissions = "all" },
            { permissions = { "all" } }, { permissions = { { permission_name = "read" } } } },
        ["authentication_methods is an array of objects"] = { { authentication_methods = { "otp" } } },
        ["an identity needs a provider and a user_id"] = { { identities = { { provider = "auth0" } } },
            { identities = { "auth0|1" } }, { user_id = json.null } },
        ["an identity's connection is a string, its profileData an object"] = {
            { identities = { { provider = "auth0", user_id = "1", connection = {} } } },
            { identities = { { provider = "auth0", user_id = "1", profileData = "x" } } } },
        ["the identity auth0|1 is there twice"] = {
            { identities = { { provider = "auth0", user_id = "1" }, { provider = "auth0", user_id = 1 } } } },
        ["an account is a JSON object"] = { "auth0|1", json.array { 1 }, json.null },
        ["no JSON for an array with gaps"] = { { roles = { "rol_1", nil, "rol_3" } } },
        ["no JSON for a table that is nested too deeply"] = { cycle },
        ["no JSON for a key that is a boolean"] = { { user_metadata = { [true] = 1 } } },
    } do
        it("says of an account that " .. message, function()
            for _, fields in ipairs(list) do
                says(message, tenant:add_user(fields))
            end
            assert.is_nil(tenant.world.users:each()())
        end)
    end

    it("takes odd types where they are only shown, and null for what is not there", function()
        local user = model.add { user_id = "auth0|1", email_verified = "yes", name = 7, logins_count = json.null,
            roles = json.null, permissions = {}, user_metadata = json.null }
        assert.same({ "yes", 7, json.null }, { user.email_verified, user.name, user.user_metadata })
        assert.same({}, select(2, model.read "auth0%7C1/roles"))
        assert.same({}, select(2, model.read "auth0%7C1/permissions"))
    end)

    it("keeps no table of the account that it was given, and gives none away", function()
        local fields = { user_id = "auth0|1", user_metadata = { colour = { name = "red" } } }
        local user = model.add(fields)
        fields.user_metadata.colour.name, user.user_metadata.colour.name = "green", "blue"
        assert.equal("red", select(2, model.read "auth0%7C1").user_metadata.colour.name)
    end)

    it("says what is wrong with a role, an organization, a connection, a client, and a token to revoke", function()
        says("it needs an id, a string", tenant:add_role {})
        says("it needs an id, a string", tenant:add_role "rol_1")
        says("description is a string", tenant:add_role { id = "rol_1", description = {} })
        says("it needs an id, a string", tenant:add_organization(nil))
        says("it needs an id, a string", tenant:add_group { name = "x" })
        says("a connection needs a name and a strategy, both strings", tenant:add_connection("db"))
        says("a connection needs a name and a strategy, both strings", tenant:add_connection({}, "auth0"))
        says("a client needs a client_id, a string", tenant:add_client {})
        says("client_secret and scope are strings", tenant:add_client { client_id = "app", scope = { "read:users" } })
        says("audiences is an array of strings", tenant:add_client { client_id = "app", audiences = "api" })
        says("a token is a string", tenant:revoke(nil))
        assert.is_true(tenant:add_client { client_id = "app", client_secret = "secret" })
        assert.is_true(tenant:revoke "token-1")
    end)

    it("raises where it is made with a client that is none", function()
        assert.error_matches(function()
            mock.new { sign = print, verify = print, random = print, now = os.time, clients = { {} } }
        end, "auth0.mock.model.new: a client needs a client_id, a string")
    end)

    it("says what is wrong with a token that is asked for", function()
        for message, wanted in pairs {
            ["a token is asked for with a table"] = "machine",
            ["expires_in is a number"] = { kind = "machine", expires_in = "1h" },
            ["claims are an object"] = { kind = "machine", claims = "sub" },
            ["aud is a string or an array"] = { kind = "id", aud = 7 },
            ["kind is a string"] = { kind = {} },
            ["azp is a string"] = { kind = "machine", azp = {} },
            ["alg is a string"] = { kind = "id", alg = 256 },
            ["no JSON for a key that is a number"] = { claims = { sub = "auth0|1", [7] = 7 } },
        } do
            says(message, tenant:token(wanted))
        end
        says("expires_in is a number", tenant:token { kind = "machine", expires_in = math.huge })
    end)
end)
