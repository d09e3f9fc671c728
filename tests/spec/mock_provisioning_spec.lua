--- The model tenant: what provisions a connection's accounts, and who hears of events.
local model = require "support.model"

local send, refused = model.send, model.refused

describe("auth0.mock", function()
    local tenant

    before_each(function() tenant = model.new() end)

    describe("a connection's provisioning", function()
        local function read(connection, what, options)
            return send("GET", ("/api/v2/connections/%s/%s"):format(connection.id, what), nil, options)
        end

        it("is a SCIM configuration where the connection was made with one", function()
            local acme = tenant:add_connection("acme", "samlp", { scim = true })
            local status, body = read(acme, "scim-configuration")
            assert.same({ 200, acme.id, "acme", "samlp", "externalId", "tenant" }, { status, body.connection_id,
                body.connection_name, body.strategy, body.user_id_attribute, body.tenant_name })
            refused(404, "Not Found", nil, read(acme, "directory-provisioning"))
        end)

        it("is a directory's synchronization likewise", function()
            local work = tenant:add_connection("work", "google-apps", { directory = true })
            local status, body = read(work, "directory-provisioning")
            assert.same({ 200, work.id, true }, { status, body.connection_id, body.synchronize_automatically })
            refused(404, "Not Found", nil, read(work, "scim-configuration"))
        end)

        it("is SCIM's where an account is seeded that SCIM provisions", function()
            model.add { user_id = "samlp|acme|7", scim = "ext-7" }
            assert.equal(200, (read(tenant.world.connections.by_name.acme, "scim-configuration")))
        end)

        it("needs a scope of its own, and a connection", function()
            local acme = tenant:add_connection("acme", "samlp", { scim = true, directory = true })
            refused(403, "Insufficient scope; expected: read:scim_config.", "insufficient_scope",
                read(acme, "scim-configuration", model.with "read:connections"))
            refused(403, "Insufficient scope; expected: read:directory_provisionings.", "insufficient_scope",
                read(acme, "directory-provisioning", model.with "read:connections"))
            refused(404, "The connection does not exist.", nil, read({ id = "con_0" }, "scim-configuration"))
        end)

        it("is refused by a name that it does not have", function()
            assert.same({ nil, "nothing provisions a connection by skim; the nearest known one is \"scim\"" },
                { tenant:add_connection("acme", "samlp", { skim = true }) })
            assert.same({ nil, "what provisions a connection is a table" },
                { tenant:add_connection("acme", "samlp", true) })
        end)
    end)

    describe("event streams", function()
        before_each(function()
            tenant:add_event_stream { id = "est_2", name = "cleaner",
                subscriptions = { "user.deleted", "user.updated" } }
            tenant:add_event_stream { id = "est_1", status = "disabled" }
        end)

        it("are listed, with what they listen to", function()
            local status, body = send("GET", "/api/v2/event-streams")
            assert.equal(200, status)
            assert.same({ "est_1", "disabled", 0 }, { body.eventStreams[1].id, body.eventStreams[1].status,
                #body.eventStreams[1].subscriptions })
            assert.same({ "cleaner", "enabled", { { event_type = "user.deleted" }, { event_type = "user.updated" } } },
                { body.eventStreams[2].name, body.eventStreams[2].status, body.eventStreams[2].subscriptions })
            assert.is_nil(body.next)
        end)

        it("are paged by checkpoint, and by nothing else", function()
            local _, body = send("GET", "/api/v2/event-streams?take=1")
            assert.same({ 1, "est_2" }, { #body.eventStreams, body.next })
            _, body = send("GET", "/api/v2/event-streams?from=est_2")
            assert.same({ 1, "est_2" }, { #body.eventStreams, body.eventStreams[1].id })
            assert.equal(400, (send("GET", "/api/v2/event-streams?page=1")))
        end)

        it("need read:event_streams", function()
            refused(403, "Insufficient scope; expected: read:event_streams.", "insufficient_scope",
                send("GET", "/api/v2/event-streams", nil, model.with "read:users"))
        end)

        it("are refused subscriptions that are no strings", function()
            assert.same({ nil, "subscriptions is an array of strings" },
                { tenant:add_event_stream { id = "est_3", subscriptions = { { event_type = "user.deleted" } } } })
        end)
    end)
end)
