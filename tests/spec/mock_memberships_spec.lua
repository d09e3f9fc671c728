--- The model tenant: what hangs on an account, and what ends its access.
local json = require "auth0.mock.text.json"
local model = require "support.model"

local add, send, link, read, refused = model.add, model.send, model.link, model.read, model.refused

describe("auth0.mock", function()
    local tenant

    before_each(function()
        tenant = model.new()
        tenant:add_role { id = "rol_1", name = "Admin", description = "May do all" }
        tenant:add_role { id = "rol_2", name = "Reader" }
        tenant:add_organization { id = "org_1", name = "acme", display_name = "Acme" }
        add {
            user_id = "auth0|1",
            roles = { "rol_1" },
            organizations = { "org_1" },
            groups = { "grp_1", { id = "grp_2", name = "Two", description = "The second" } },
            permissions = { { permission_name = "read:x", resource_server_identifier = "https://x/" } },
            authentication_methods = { { id = "totp|dev_1", type = "totp", confirmed = true } },
        }
        add { user_id = "auth0|2" }
    end)

    local function get(what, options)
        return send("GET", "/api/v2/users/auth0%7C1/" .. what, nil, options)
    end

    local function post(what, body, options)
        return send("POST", "/api/v2/users/auth0%7C1/" .. what, body, options)
    end

    local function ids(list)
        local found = {}
        for i, entry in ipairs(list) do
            found[i] = entry.id or entry.permission_name
        end
        return found
    end

    it("shows none of it with the account", function()
        local _, user = read "auth0%7C1"
        assert.same({}, { user.roles, user.organizations, user.groups, user.permissions,
            user.authentication_methods })
    end)

    it("answers 404 for an account that does not exist", function()
        for _, what in ipairs { "roles", "permissions", "organizations", "groups", "authentication-methods" } do
            refused(404, "The user does not exist.", "inexistent_user", send("GET", "/api/v2/users/auth0%7C9/" .. what))
        end
        for what, body in pairs {
            roles = { roles = json.array { "rol_1" } },
            permissions = { permissions = json.array { { permission_name = "a", resource_server_identifier = "b" } } },
            ["revoke-access"] = "",
        } do
            refused(404, "The user does not exist.", "inexistent_user",
                send("POST", "/api/v2/users/auth0%7C9/" .. what, body))
        end
    end)

    it("answers an empty list for an account that has nothing", function()
        for _, what in ipairs { "roles", "permissions", "organizations", "groups", "authentication-methods" } do
            assert.equal("[]", select(3, send("GET", "/api/v2/users/auth0%7C2/" .. what)).body)
        end
    end)

    for what, scopes in pairs {
        ["roles"] = "read:users, read:roles", ["permissions"] = "read:users", ["organizations"] = "read:organizations",
        ["groups"] = "read:groups", ["authentication-methods"] = "read:authentication_methods",
    } do
        it("reads " .. what .. " with " .. scopes .. ", and any of them will do", function()
            refused(403, "Insufficient scope; expected: " .. scopes .. ".", "insufficient_scope",
                get(what, model.with "update:users"))
            for scope in scopes:gmatch("[^, ]+") do
                assert.equal(200, (get(what, model.with(scope))))
            end
        end)
    end

    it("pages the lists, with totals when they are asked for", function()
        local _, body = get "authentication-methods?include_totals=true&per_page=1&page=1"
        assert.same({ 1, 1, 1, 0 }, { body.start, body.limit, body.total, #body.authenticators })
        _, body = get "roles?include_totals=true"
        assert.same({ 0, 50, 1, "Admin" }, { body.start, body.limit, body.total, body.roles[1].name })
        _, body = get "permissions?include_totals=true"
        assert.equal("read:x", body.permissions[1].permission_name)
        _, body = get "groups?include_totals=true&fields=name"
        assert.same({ 2, "grp_1", "Two" }, { body.total, body.groups[1].name, body.groups[2].name })
        assert.is_nil(body.groups[1].id)
        _, body = get "organizations?include_totals=true"
        assert.equal("Acme", body.organizations[1].display_name)
    end)

    it("page groups by checkpoint, too", function()
        local _, body = get "groups?take=1"
        assert.same({ { "grp_1" }, "grp_2" }, { ids(body.groups), body.next })
        _, body = get "groups?take=1&from=grp_2"
        assert.same({ { id = "grp_2", name = "Two", description = "The second" } }, body.groups)
        assert.is_nil(body.next)
    end)

    describe("roles", function()
        it("are added, each once, and answered with 204", function()
            local status, body, answer = post("roles", { roles = json.array { "rol_2", "rol_1" } })
            assert.same({ 204, "" }, { status, answer.body })
            assert.is_nil(body)
            local _, list = get "roles"
            assert.same({ "rol_1", "rol_2" }, ids(list))
            assert.same({ id = "rol_1", name = "Admin", description = "May do all" }, list[1])
        end)

        it("are all added or none, when one is unknown", function()
            refused(404, "The role does not exist.", nil,
                post("roles", { roles = json.array { "rol_2", "rol_9" } }))
            assert.same({ "rol_1" }, ids(select(2, get "roles")))
            assert.same({}, tenant.record.changes)
        end)

        it("need at least one id, and a scope", function()
            for _, body in ipairs { '{"roles":[]}', '{"roles":[1]}', '{"roles":"rol_1"}', "{}" } do
                local status, answer = post("roles", body)
                assert.same({ 400, "invalid_body" }, { status, answer.errorCode })
            end
            assert.equal(403, (post("roles", { roles = json.array { "rol_2" } }, model.with "read:roles")))
        end)

        it("are taken, and one that the account does not have is no mistake", function()
            assert.equal(204, (send("DELETE", "/api/v2/users/auth0%7C1/roles",
                { roles = json.array { "rol_9", "rol_1" } })))
            assert.equal("[]", select(3, get "roles").body)
            assert.equal("remove_roles", tenant.record.changes[1].kind)
            refused(403, "Insufficient scope; expected: update:users, delete:role_members.", "insufficient_scope",
                send("DELETE", "/api/v2/users/auth0%7C1/roles", { roles = json.array { "rol_1" } },
                    model.with "create:role_members"))
            assert.equal(404, (send("DELETE", "/api/v2/users/auth0%7C9/roles", { roles = json.array { "rol_1" } })))
        end)

        it("are made by a seed that names them", function()
            add { user_id = "auth0|3", roles = { "rol_3", { id = "rol_4", name = "Four" } } }
            local _, list = send("GET", "/api/v2/users/auth0%7C3/roles")
            assert.same({ "rol_3", "Four" }, { list[1].name, list[2].name })
        end)
    end)

    describe("permissions", function()
        local function permission(name)
            return { permission_name = name, resource_server_identifier = "https://x/" }
        end

        it("are added, each once, and answered with 201", function()
            assert.equal(201, (post("permissions",
                { permissions = json.array { permission "read:x", permission "write:x" } })))
            assert.same({ "read:x", "write:x" }, ids(select(2, get "permissions")))
        end)

        it("are taken, each by both of its members", function()
            local other = { permission_name = "read:x", resource_server_identifier = "https://y/" }
            post("permissions", { permissions = json.array { other } })
            assert.equal(204, (send("DELETE", "/api/v2/users/auth0%7C1/permissions",
                { permissions = json.array { permission "read:x", permission "write:z" } })))
            assert.same({ other }, (select(2, get "permissions")))
            assert.equal(404, (send("DELETE", "/api/v2/users/auth0%7C9/permissions",
                { permissions = json.array { other } })))
            assert.equal(403, (send("DELETE", "/api/v2/users/auth0%7C1/permissions",
                { permissions = json.array { other } }, model.with "read:users")))
        end)

        it("need both of their members", function()
            refused(400, "Payload validation error: 'item 0: Missing required property: permission_name' on property "
                .. "permissions.", "invalid_body",
                post("permissions", { permissions = json.array { { resource_server_identifier = "x" } } }))
        end)
    end)

    describe("an organization", function()
        local function join(id, body, options)
            return send("POST", "/api/v2/organizations/" .. id .. "/members", body, options)
        end

        it("takes members, and answers 204", function()
            assert.equal(204, (join("org_1", { members = json.array { "auth0|2", "auth0|1" } })))
            assert.same({ "org_1" }, ids(select(2, send("GET", "/api/v2/users/auth0%7C2/organizations"))))
            assert.same({ "org_1" }, ids(select(2, get "organizations")))
            assert.same({ "add_member", "auth0|2", "org_1" }, { tenant.record.changes[1].kind,
                tenant.record.changes[1].primary, tenant.record.changes[1].organization })
        end)

        it("takes none when one of them does not exist", function()
            refused(404, "The user does not exist.", "inexistent_user",
                join("org_1", { members = json.array { "auth0|2", "auth0|9" } }))
            assert.same({}, tenant.record.changes)
        end)

        it("that does not exist is a 404", function()
            refused(404, "No organization found by that id or name", nil,
                join("org_9", { members = json.array { "auth0|2" } }))
        end)

        it("loses members, whether they are there or not", function()
            local path, body = "/api/v2/organizations/org_1/members", { members = json.array { "auth0|9", "auth0|1" } }
            assert.equal(403, (send("DELETE", path, body, model.with "create:organization_members")))
            assert.equal(204, (send("DELETE", path, body)))
            assert.equal("[]", select(3, get "organizations").body)
            assert.same({ "remove_member", "auth0|1" }, { tenant.record.changes[1].kind,
                tenant.record.changes[1].primary })
            assert.equal(404, (send("DELETE", "/api/v2/organizations/org_9/members", body)))
        end)

        it("needs create:organization_members", function()
            assert.equal(403, (join("org_1", { members = json.array { "auth0|2" } }, model.with "update:users")))
        end)
    end)

    it("loses all of it with the link, and gives nothing back after the unlink", function()
        add { user_id = "github|9", roles = { "rol_1" }, organizations = { "org_1" }, blocked = true,
            groups = { "grp_1" }, authentication_methods = { { type = "totp" } } }
        link { provider = "github", user_id = "9" }
        assert.same({ "rol_1" }, ids(select(2, get "roles")))
        send("DELETE", "/api/v2/users/auth0%7C1/identities/github/9")
        for _, what in ipairs { "roles", "permissions", "organizations", "groups", "authentication-methods" } do
            assert.equal("[]", select(3, send("GET", "/api/v2/users/github%7C9/" .. what)).body)
        end
        assert.is_nil(select(2, read "github%7C9").blocked)
    end)

    it("can be set to give it back after the unlink, since it had hung on the id", function()
        model.set { unlink_returns = true }
        add { user_id = "github|9", roles = { "rol_1" }, blocked = true, app_metadata = { a = 1 },
            groups = { "grp_1" } }
        link { provider = "github", user_id = "9" }
        send("DELETE", "/api/v2/users/auth0%7C1/identities/github/9")
        assert.same({ "rol_1" }, ids(select(2, send("GET", "/api/v2/users/github%7C9/roles"))))
        assert.same({ "grp_1" }, ids(select(2, send("GET", "/api/v2/users/github%7C9/groups"))))
        local _, user = read "github%7C9"
        assert.is_true(user.blocked)
        assert.is_nil(user.app_metadata)
    end)

    it("marks what SCIM provisions by the id that it has there", function()
        local user = add { user_id = "samlp|acme|7", scim = "ext-7", app_metadata = { plan = "x" } }
        assert.same({ plan = "x", external_id = "ext-7" }, user.app_metadata)
        assert.is_nil(user.scim)
    end)

    describe("revoke-access", function()
        it("answers 202, and is in the record", function()
            local status, _, answer = post("revoke-access", "")
            assert.same({ 202, "" }, { status, answer.body })
            assert.equal(202, (post("revoke-access", "{}")))
            assert.equal(202, (post("revoke-access", { preserve_refresh_tokens = true })))
            local change = tenant.record.changes[3]
            assert.same({ "revoke_access", "auth0|1", true }, { change.kind, change.primary,
                change.preserve_refresh_tokens })
        end)

        it("refuses an unknown key, and a scope that is too small", function()
            assert.equal(400, (post("revoke-access", { all = true })))
            refused(403, "Insufficient scope; expected: delete:sessions, delete:refresh_tokens.", "insufficient_scope",
                post("revoke-access", "", model.with "update:users"))
        end)
    end)

    describe("a password-change ticket", function()
        local function ticket(body, options)
            return send("POST", "/api/v2/tickets/password-change", body, options)
        end

        it("is a link, by id or by address and connection", function()
            local status, body = ticket { user_id = "auth0|1" }
            assert.equal(201, status)
            assert.matches("^https://tenant%.test/lo/reset%?ticket=%x+#$", body.ticket)
            add { user_id = "auth0|3", email = "three@example.com" }
            local database = tenant.world.connections.by_name[model.DATABASE].id
            assert.equal(201, (ticket { email = "three@example.com", connection_id = database }))
            assert.equal("auth0|3", tenant.record.changes[2].primary)
        end)

        it("is of the account's own password, or of a linked identity's", function()
            add { user_id = "github|3" }
            assert.equal(201, (send("POST", "/api/v2/users/github%7C3/identities",
                { provider = "auth0", user_id = "2" })))
            refused(400, "The user's main connection does not support this operation", "operation_not_supported",
                ticket { user_id = "github|3" })
            for id, status in pairs { ["2"] = 201, ["3"] = 400 } do
                assert.equal(status, (ticket { user_id = "github|3", identity = { provider = "auth0", user_id = id } }))
            end
            assert.equal("2", tenant.record.changes[#tenant.record.changes].user_id)
            assert.equal(400, (ticket { user_id = "github|3", identity = { provider = "auth0" } }))
            assert.equal(400, (ticket { email = "three@example.com", connection_id = "con_0000000000000000",
                identity = { provider = "auth0", user_id = "2" } }))
        end)

        it("is refused without an account, for an account that does not exist, and without its scope", function()
            assert.equal(400, (ticket { email = "three@example.com" }))
            assert.equal(404, (ticket { user_id = "auth0|9" }))
            assert.equal(404, (ticket { email = "three@example.com", connection_id = "con_0000000000000000" }))
            assert.equal(400, (ticket { user_id = "auth0|1", ttl_sec = -1 }))
            assert.equal(403, (ticket({ user_id = "auth0|1" }, model.with "update:users")))
        end)
    end)

    describe("connections", function()
        local function list(query, options)
            return send("GET", "/api/v2/connections" .. query, nil, options)
        end

        it("are listed by name, with the id that a link takes", function()
            local status, found = list("?name=" .. model.DATABASE)
            assert.equal(200, status)
            assert.equal(1, #found)
            assert.same({ model.DATABASE, "auth0" }, { found[1].name, found[1].strategy })
            assert.matches("^con_%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w%w$", found[1].id)
            assert.equal(201, (link { provider = "auth0", user_id = "2", connection_id = found[1].id }))
        end)

        it("are listed by one strategy or several", function()
            local other = tenant:add_connection("Customers", "auth0")
            local _, found = list "?strategy=auth0"
            assert.same({ other.id, "Customers", model.DATABASE }, { found[1].id, found[1].name, found[2].name })
            _, found = list "?strategy=sms&strategy=email"
            assert.same({ "email", "sms" }, { found[1].name, found[2].name })
        end)

        it("have totals and pages", function()
            local _, body = list "?include_totals=true&per_page=2&page=1&fields=name"
            assert.same({ 2, 2, 10 }, { body.start, body.limit, body.total })
            assert.same({ { name = "email" }, { name = "facebook" } }, { body.connections[1], body.connections[2] })
        end)

        it("that do not exist are an empty array", function()
            assert.equal("[]", select(3, list "?name=nowhere").body)
        end)

        it("can be paged through by checkpoint, in order of their ids", function()
            local seen, from, pages = {}, "", 0
            repeat
                local _, body = list("?take=4&fields=id" .. from)
                for _, connection in ipairs(body.connections) do
                    seen[#seen + 1] = connection.id
                end
                assert.is_nil(body.total)
                from, pages = body.next and "&from=" .. body.next, pages + 1
            until not from
            assert.same({ 10, 3 }, { #seen, pages })
            for i = 2, #seen do
                assert.is_true(seen[i - 1] < seen[i])
            end
        end)

        it("are refused a strategy that does not exist", function()
            refused(400, "Query validation error: 'No enum match for: abc' on property strategy.",
                "invalid_query_string", list "?strategy=abc")
            assert.equal("[]", select(3, list "?strategy=auth0-adldap").body)
        end)

        it("need read:connections, and pages of at least one", function()
            refused(403, "Insufficient scope; expected: read:connections.", "insufficient_scope",
                list("", model.with "read:users"))
            assert.equal(400, (list "?per_page=0"))
        end)
    end)
end)
