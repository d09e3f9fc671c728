--- What stands against a merge, and the threats that it stands against: doc/safety.md names these specs. Each fails
--- when its defence is taken out.
local json = require "auth0.json"
local mock_tenant = require "auth0.mock"
local mocked = require "support.mocked"

local EVERY = { "google-oauth2", "github", "acme", "Username-Password-Authentication" }
local ANN, GOOGLE, GITHUB, ACME = "auth0|1", "google-oauth2|2", "github|3", "samlp|acme|4"
local FACTOR = { { id = "totp|1", type = "totp", confirmed = true } }

local mock, tenant

local function add(id, fields)
    local all = { user_id = id, email = "ann@acme.test", email_verified = true }
    for name, value in pairs(fields or {}) do all[name] = value end
    return mock:add_user(all)
end

local function codes(findings)
    local list = {}
    for i, finding in ipairs(findings) do list[i] = finding.code .. " of " .. finding.side end
    table.sort(list)
    return list
end

local function with(fields, more)
    local all = {}
    for name, value in pairs(fields) do all[name] = value end
    for name, value in pairs(more or {}) do all[name] = value end
    return all
end

local BOTH, OPERATOR = { proof = "both_authenticated" }, { proof = "operator" }
local SHARED = { proof = "shared_email", trusted_connections = EVERY }

--- Refused by preview and merge alike, for these reasons and no others; the tenant stays as it was.
local function refused(wanted, primary, secondary, options)
    local before = #mock:changes()
    local preview = assert(tenant:preview(primary, secondary, options))
    assert.same(wanted, codes(preview.reasons))
    local result, message, failure = tenant:merge(primary, secondary, options)
    assert.is_nil(result)
    assert.same({ "guarded", "none" }, { failure.code, failure.outcome }, message)
    assert.same(preview.reasons, failure.reasons)
    assert.equal(before, #mock:changes())
    for _, reason in ipairs(failure.reasons) do
        assert.truthy(message:find(reason.message, 1, true) or #failure.reasons > 1, message)
    end
    return failure.reasons
end

local function merged(primary, secondary, options)
    local result, message, failure = tenant:merge(primary, secondary, options)
    if not result then
        for _, reason in ipairs(failure.reasons or {}) do message = message .. "\n" .. reason.message end
    end
    return assert(result, message)
end

before_each(function()
    mock = mock_tenant.new()
    mock:add_connection("acme", "samlp")
    tenant = mocked.tenant(mock)
end)

after_each(function() tenant:close() end)

describe("a shared e-mail address is evidence", function()
    it("only with a verified flag that is true, on both sides", function()
        add(GITHUB)
        for _, flag in ipairs { false, "true", "ann@acme.test" } do
            add(GOOGLE, { email_verified = flag })
            refused({ "email_not_verified of secondary" }, GITHUB, GOOGLE, SHARED)
            refused({ "email_not_verified of primary" }, GOOGLE, GITHUB, SHARED)
            assert(tenant:request { method = "DELETE", path = { "api", "v2", "users", GOOGLE } })
        end
    end)

    it("only of connections that the caller trusts", function()
        add(GITHUB)
        add(GOOGLE)
        refused({ "connection_not_trusted of primary", "connection_not_trusted of secondary" }, GITHUB, GOOGLE,
            { proof = "shared_email" })
        local reasons = refused({ "connection_not_trusted of secondary" }, GITHUB, GOOGLE,
            { proof = "shared_email", trusted_connections = { "github" } })
        assert.same({ "google-oauth2" }, reasons[1].names)
        merged(GITHUB, GOOGLE, SHARED)
    end)

    it("only where the addresses are equal but for ASCII case", function()
        add(GITHUB)
        add(GOOGLE, { email = "ANN@acme.TEST" })
        add(ACME, { email = "ann@acme.test.evil.test" })
        refused({ "emails_differ of both" }, GITHUB, ACME, SHARED)
        merged(GITHUB, GOOGLE, SHARED)
    end)

    it("not where a password may be that of an attacker who registered first", function()
        add(ANN)
        add(GOOGLE)
        refused({ "password_account of primary" }, ANN, GOOGLE, SHARED)
        refused({ "password_account of secondary" }, GOOGLE, ANN, SHARED)
        local result = merged(ANN, GOOGLE, with(SHARED,
            { password_merge = true, after_link = { revoke = true, reset_password = true } }))
        assert.equal(ANN, result.tickets[1].id)
        assert.is_string(result.tickets[1].ticket)
        local after = {}
        for _, change in ipairs(mock:changes()) do after[#after + 1] = change.kind end
        assert.same({ "link", "revoke_access", "password_ticket" }, after)
    end)
end)

describe("a password that may be an attacker's", function()
    it("is reset, also where it is the secondary's", function()
        add(GOOGLE)
        add(ANN)
        add("auth0|5", { email = "bob@acme.test" })
        local result = merged(GOOGLE, ANN, with(SHARED, { password_merge = true,
            after_link = { reset_password = true } }))
        assert.equal(1, #result.tickets)
        assert.equal(ANN, result.tickets[1].id)
        result = merged(GOOGLE, "auth0|5", with(OPERATOR, { after_link = { reset_password = true } }))
        assert.same({ ANN, "auth0|5" }, { result.tickets[1].id, result.tickets[2].id })
        assert.same({}, codes(result.warnings))
    end)
end)

describe("a merge is refused", function()
    it("where one of the two accounts does not exist", function()
        add(ANN)
        refused({ "no_account of secondary" }, ANN, GOOGLE, BOTH)
        refused({ "no_account of primary" }, GOOGLE, ANN, BOTH)
    end)

    it("where one of the two accounts is blocked", function()
        add(ANN)
        add(GOOGLE, { blocked = true })
        refused({ "blocked of secondary" }, ANN, GOOGLE, BOTH)
        refused({ "blocked of primary" }, GOOGLE, ANN, BOTH)
    end)

    it("where the secondary has a second factor, and the primary none", function()
        add(ANN)
        add(GOOGLE, { authentication_methods = FACTOR })
        refused({ "weaker_factors of primary" }, ANN, GOOGLE, BOTH)
        merged(GOOGLE, ANN, BOTH)
    end)

    it("where only the profile tells of a second factor, and the list is not asked for", function()
        add(ANN)
        add(GOOGLE, { multifactor = { "guardian" } })
        refused({ "weaker_factors of primary" }, ANN, GOOGLE, with(BOTH, { checks = {} }))
    end)

    it("where SCIM provisions the secondary, which may be the primary", function()
        add(ANN)
        add(ACME, { scim = "e7" })
        local reasons = refused({ "provisioned of secondary" }, ANN, ACME, BOTH)
        assert.same({ "acme" }, reasons[1].names)
        merged(ACME, ANN, BOTH)
    end)

    it("where a directory's synchronization provisions the secondary", function()
        mock:add_connection("workspace", "google-apps", { directory = true })
        add(ANN)
        add("google-apps|4", { connection = "workspace" })
        refused({ "provisioned of secondary" }, ANN, "google-apps|4", BOTH)
        merged("google-apps|4", ANN, BOTH)
    end)

    it("where organizations or groups would be lost, unless they are carried, which groups cannot be", function()
        mock:add_organization { id = "org_1", name = "acme" }
        mock:add_organization { id = "org_2", name = "other" }
        add(ANN, { organizations = { "org_1" }, groups = { "grp_1" } })
        add(GOOGLE, { organizations = { "org_1", "org_2" } })
        add(GITHUB, { groups = { "grp_1", "grp_2" } })
        local reasons = refused({ "organizations_lost of secondary" }, ANN, GOOGLE, BOTH)
        assert.same({ "org_2" }, reasons[1].names)
        reasons = refused({ "groups_lost of secondary" }, ANN, GITHUB, BOTH)
        assert.same({ "grp_2" }, reasons[1].names)
        merged(ANN, GOOGLE, with(BOTH, { carry = { "organizations" } }))
        assert.equal(2, #assert(tenant:request { path = { "api", "v2", "users", ANN, "organizations" } }))
    end)

    it("where the secondary has identities of its own, which are listed", function()
        add(ANN)
        add(GOOGLE)
        add(GITHUB)
        assert(tenant:link(GOOGLE, GITHUB))
        local reasons = refused({ "has_secondaries of secondary" }, ANN, GOOGLE, BOTH)
        assert.same({ GITHUB }, reasons[1].names)
    end)

    it("where the profile would grow above the tenant's limit", function()
        add(ANN, { user_metadata = { notes = ("x"):rep(6000) } })
        add(GOOGLE, { user_metadata = { more = ("y"):rep(6000) } })
        refused({ "too_large of primary" }, ANN, GOOGLE, BOTH)
        merged(ANN, GOOGLE, with(BOTH, { user_metadata = "discard" }))
    end)

    it("where the primary would have more roles than the tenant allows", function()
        local roles = {}
        for i = 1, 50 do roles[i] = assert(mock:add_role { id = "rol_" .. i }).id end
        mock:add_role { id = "rol_51" }
        add(ANN, { roles = roles })
        add(GOOGLE, { roles = { "rol_51" } })
        refused({ "too_many_roles of primary" }, ANN, GOOGLE, with(BOTH, { carry = { "roles" } }))
        merged(ANN, GOOGLE, BOTH)
    end)

    it("where what matters cannot be read, unless the caller accepts that", function()
        add(ANN)
        add(GOOGLE)
        tenant:close()
        tenant = mocked.with_token(mock, mock:token { kind = "machine", scope = "read:users update:users" })
        -- The secondary's factors, organizations and groups; and the primary's factors, which count then.
        local wanted = { "unreadable of primary", "unreadable of secondary", "unreadable of secondary",
            "unreadable of secondary" }
        local reasons = refused(wanted, ANN, GOOGLE, BOTH)
        for _, reason in ipairs(reasons) do assert.truthy(reason.message:find("the token needs read:", 1, true)) end
        local result = merged(ANN, GOOGLE, with(BOTH, { unreadable = "allow" }))
        assert.same(wanted, codes(result.warnings))
    end)

    it("for all reasons at once", function()
        mock:add_organization { id = "org_1", name = "acme" }
        add(ANN, { blocked = true, email_verified = "false", app_metadata = { plan = "free" } })
        add(ACME, { scim = "e7", blocked = true, email = "other@acme.test", email_verified = false,
            organizations = { "org_1" }, groups = { "grp_1" }, authentication_methods = FACTOR,
            app_metadata = { multifactor = { "none" } }, user_metadata = { ["a.b"] = ("x"):rep(11000) } })
        add(GITHUB)
        assert(tenant:link(ACME, GITHUB))
        refused({ "blocked of primary", "blocked of secondary", "connection_not_trusted of primary",
            "connection_not_trusted of secondary", "email_not_verified of primary", "email_not_verified of secondary",
            "emails_differ of both", "forbidden_key of primary", "groups_lost of secondary",
            "has_secondaries of secondary", "organizations_lost of secondary", "password_account of primary",
            "provisioned of secondary", "reserved_key of primary", "too_large of primary",
            "weaker_factors of primary" }, ANN, ACME, { proof = "shared_email", app_metadata = "deep" })
    end)
end)

describe("an identity", function()
    it("that is another account's stays there, and its holder is named", function()
        add(ANN)
        add(GITHUB)
        add(GOOGLE)
        assert(tenant:link(GITHUB, GOOGLE))
        local reasons = refused({ "held_by_another of secondary" }, ANN, GOOGLE, BOTH)
        assert.same({ GITHUB }, reasons[1].names)
    end)

    it("moves only from the holder that is named, under that holder's own proof", function()
        add(ANN)
        add(GITHUB, { email = "bob@acme.test" })
        add(GOOGLE)
        add("auth0|9")
        assert(tenant:link(GITHUB, GOOGLE))
        refused({ "no_account of secondary" }, ANN, GOOGLE, with(BOTH,
            { relink = { holder = "auth0|9", proof = "operator" } }))
        refused({ "emails_differ of holder", "password_account of primary" }, ANN, GOOGLE, with(BOTH,
            { trusted_connections = EVERY, relink = { holder = GITHUB, proof = "shared_email" } }))
        assert.equal(2, #merged(ANN, GOOGLE, with(BOTH,
            { relink = { holder = GITHUB, proof = "operator" } })).identities)
        assert.equal(1, #assert(tenant:identities(GITHUB)))
    end)

    it("of a holder that is blocked does not move", function()
        add(ANN)
        add(GITHUB, { blocked = true })
        add(GOOGLE)
        assert(tenant:link(GITHUB, GOOGLE))
        refused({ "blocked of holder" }, ANN, GOOGLE, with(BOTH, { relink = { holder = GITHUB, proof = "operator" } }))
    end)

    it("with which no user has signed in is not attached", function()
        mock:configure { phantom_identities = "attach" }
        add(ANN)
        add(GITHUB)
        local connection = mock:add_connection("github", "github")
        refused({ "no_account of secondary" }, ANN, "github|77", with(BOTH, { connection_id = connection.id }))
        assert.equal(2, #assert(tenant:link(ANN, "github|77", { connection_id = connection.id }))) -- a link would
    end)

    it("that was deleted and made again is told by its created_at", function()
        add(ANN)
        add(GOOGLE, { created_at = "2020-01-02T03:04:05.678Z", user_metadata = { color = "red" } })
        local preview = assert(tenant:preview(ANN, GOOGLE, BOTH))
        assert(tenant:request { method = "DELETE", path = { "api", "v2", "users", GOOGLE } })
        add(GOOGLE)
        refused({ "recreated of secondary" }, ANN, GOOGLE, with(BOTH, { created_at = preview.created_at }))
        refused({ "recreated of primary" }, GOOGLE, ANN, with(BOTH, { created_at = { primary = "2020" } }))
    end)
end)

describe("privileges", function()
    it("in app_metadata do not go over by default", function()
        add(ANN, { app_metadata = { plan = "free" } })
        add(GOOGLE, { app_metadata = { admin = true } })
        local result = merged(ANN, GOOGLE, BOTH)
        assert.is_nil(result.patch_text)
        assert.same({ plan = "free" }, assert(tenant:user(ANN)).app_metadata)
        local lost = {}
        for _, thing in ipairs(result.lost) do lost[thing.what .. "." .. (thing.key or "")] = true end
        assert.is_true(lost["app_metadata.admin"])
    end)

    it("of the primary's app_metadata are never overwritten by the secondary's", function()
        for _, choice in ipairs { "primary_wins", "deep" } do
            add("auth0|" .. choice, { app_metadata = { plan = "free", limits = { seats = 1 } } })
            add("github|" .. choice, { app_metadata = { plan = "gold", limits = { seats = 900 } } })
            merged("auth0|" .. choice, "github|" .. choice, with(BOTH, { app_metadata = choice }))
            assert.same({ plan = "free", limits = { seats = 1 } },
                assert(tenant:user("auth0|" .. choice)).app_metadata)
        end
    end)

    it("in keys of app_metadata that the tenant keeps for itself are refused", function()
        add(ANN)
        add(GOOGLE, { app_metadata = { email_verified = true } })
        local reasons = refused({ "reserved_key of primary" }, ANN, GOOGLE, with(BOTH, { app_metadata = "deep" }))
        assert.same({ "email_verified" }, reasons[1].names)
    end)

    it("by roles go over only where the caller carries them", function()
        mock:add_role { id = "rol_1", name = "Admin" }
        add(ANN)
        add(GOOGLE, { roles = { "rol_1" } })
        add(GITHUB, { roles = { "rol_1" } })
        merged(ANN, GOOGLE, BOTH)
        assert.equal(0, #assert(tenant:request { path = { "api", "v2", "users", ANN, "roles" } }))
        merged(ANN, GITHUB, with(BOTH, { carry = { "roles" } }))
        assert.equal(1, #assert(tenant:request { path = { "api", "v2", "users", ANN, "roles" } }))
    end)
end)

describe("a receipt in the wrong hands", function()
    -- By a token that is shown the providers' tokens.
    local function merge_with_secrets()
        add(ANN, { user_metadata = { color = "red" } })
        add(GOOGLE, { user_metadata = { size = 7 }, identities = { { provider = "google-oauth2", user_id = "2",
            connection = "google-oauth2", access_token = "IDP-ACCESS", refresh_token = "IDP-REFRESH",
            access_token_secret = "IDP-SECRET" } } })
        tenant:close()
        tenant = mocked.with_token(mock, mock:token { kind = "machine",
            scope = "read:users update:users read:user_idp_tokens" })
        assert.equal("IDP-ACCESS", assert(tenant:user(GOOGLE)).identities[1].access_token)
        local planned
        local result = merged(ANN, GOOGLE, with(BOTH, { checks = {},
            on_receipt = function(receipt) planned = receipt end }))
        return result.receipt, planned
    end

    it("holds no token: neither the tenant's nor the providers'", function()
        for _, receipt in ipairs { merge_with_secrets() } do
            local text = json.encode(receipt)
            for _, secret in ipairs { "IDP%-", "eyJ", "access_token", "refresh_token", mocked.SECRET } do
                assert.is_nil(text:find(secret), text)
            end
        end
    end)

    it("serves only the two accounts and the tenant that it names", function()
        local receipt = merge_with_secrets()
        add(GITHUB, { user_metadata = { size = 7 } }) -- as the merge wrote it
        for name, value in pairs { primary = GITHUB, domain = "other.test" } do
            local before = #mock:changes()
            local good, result = pcall(function()
                return (tenant:undo(with(receipt, { [name] = value })))
            end)
            assert.is_true(not good or result == nil)
            assert.equal(before, #mock:changes())
        end
    end)

    it("undoes nothing without a token that may change the accounts", function()
        local receipt = merge_with_secrets()
        tenant:close()
        tenant = mocked.with_token(mock, mock:token { kind = "machine", scope = "read:users" })
        local result, _, failure = tenant:undo(receipt)
        assert.is_nil(result)
        assert.same({ "forbidden", "none" }, { failure.code, failure.outcome })
        assert.equal(2, #assert(tenant:identities(ANN)))
    end)

    it("cannot put back what has been changed since", function()
        local receipt = merge_with_secrets()
        assert(tenant:update_user(ANN, { user_metadata = { size = 8 } }))
        local result = assert(tenant:undo(receipt))
        assert.equal(8, assert(tenant:user(ANN)).user_metadata.size)
        assert.equal("size", result.conflicts[1].key)
    end)
end)

describe("systems that hear of user.deleted", function()
    it("are named by a preview, where the token may read them", function()
        mock:add_event_stream { id = "est_1", name = "to CRM", subscriptions = { "user.created", "user.deleted" } }
        mock:add_event_stream { id = "est_2", name = "to mail", subscriptions = { "user.created" } }
        add(ANN)
        add(GOOGLE)
        local preview = assert(tenant:preview(ANN, GOOGLE, BOTH))
        assert.same({}, preview.reasons)
        assert.same({ "streams_listen of secondary" }, codes(preview.warnings))
        assert.same({ "to CRM" }, preview.warnings[1].names)
    end)
end)

describe("a proof by signing in", function()
    it("of an account that has never signed in is doubted", function()
        add(ANN, { logins_count = 4 })
        add(GOOGLE, { logins_count = 0 })
        assert.same({ "never_logged_in of secondary" }, codes(assert(tenant:preview(ANN, GOOGLE, BOTH)).warnings))
        assert.same({}, codes(assert(tenant:preview(ANN, GOOGLE, OPERATOR)).warnings))
        assert.same({ "never_logged_in of primary" }, codes(assert(tenant:preview(GOOGLE, ANN, BOTH)).warnings))
    end)
end)
