--- tenant:undo over the model: what a merge did is taken back, what was changed since stays, and nothing else is
--- touched.
local cjson = require "cjson"
local json = require "auth0.json"
local mock_tenant = require "auth0.mock"
local mocked = require "support.mocked"

local PRIMARY, SECONDARY = mocked.PRIMARY, "google-oauth2|115015401343387192604"

local mock, tenant

local function options(fields)
    local all = { proof = "operator", checks = {} }
    for name, value in pairs(fields or {}) do all[name] = value end
    return all
end

-- As a program that keeps receipts in a file has them.
local function kept(receipt)
    return cjson.decode(cjson.encode(receipt))
end

local function merged(fields)
    return kept(assert(tenant:merge(PRIMARY, SECONDARY, options(fields))).receipt)
end

local function text_of(id, name)
    return json.encode(assert(tenant:user(id))[name] or json.null)
end

local function named(list, what)
    local keys = {}
    for _, entry in ipairs(list) do
        if entry.what == what then keys[#keys + 1] = entry.key or true end
    end
    return keys
end

before_each(function()
    mock = mock_tenant.new()
    mock:add_role { id = "rol_1", name = "Admin" }
    mock:add_organization { id = "org_1", name = "acme", display_name = "Acme" }
    mock:add_user { user_id = PRIMARY, connection = "Username-Password-Authentication", email = "ann@example.com",
        user_metadata = { color = "red" }, app_metadata = { plan = "gold" } }
    mock:add_user { user_id = SECONDARY, connection = "google-oauth2", email = "ann@example.com", roles = { "rol_1" },
        organizations = { "org_1" }, user_metadata = { color = "blue", size = 7, tags = json.array { "a" } },
        app_metadata = { plan = "free", level = 3 } }
    tenant = mocked.tenant(mock)
end)

after_each(function() tenant:close() end)

describe("tenant:undo", function()
    it("gives both accounts back what they had", function()
        local before = { text_of(PRIMARY, "user_metadata"), text_of(PRIMARY, "app_metadata"),
            text_of(SECONDARY, "user_metadata"), text_of(SECONDARY, "app_metadata") }
        local receipt = merged { app_metadata = "deep", user_metadata = "deep", carry = { "roles", "organizations" } }
        assert.equal(2, #assert(tenant:identities(PRIMARY)))
        local result, message = tenant:undo(receipt)
        assert.is_table(result, message)
        assert.equal(1, #result.identities)
        assert.same({}, result.conflicts)
        assert.same(before, { text_of(PRIMARY, "user_metadata"), text_of(PRIMARY, "app_metadata"),
            text_of(SECONDARY, "user_metadata"), text_of(SECONDARY, "app_metadata") })
        local roles = assert(tenant:request { method = "GET", path = { "api", "v2", "users", SECONDARY, "roles" } })
        assert.equal("rol_1", roles[1].id)
        roles = assert(tenant:request { method = "GET", path = { "api", "v2", "users", PRIMARY, "roles" } })
        assert.is_nil(roles[1])
    end)

    it("leaves what the user has changed since, and lists it", function()
        local receipt = merged()
        assert(tenant:update_user(PRIMARY, { user_metadata = { size = 8 } }))
        local result = assert(tenant:undo(receipt))
        assert.same({ "size" }, named(result.conflicts, "user_metadata"))
        local metadata = assert(tenant:user(PRIMARY)).user_metadata
        assert.same({ color = "red", size = 8 }, metadata)
        assert.equal(7, assert(tenant:user(SECONDARY)).user_metadata.size)
    end)

    it("of a merge that another client has taken back already unlinks nothing", function()
        local receipt = merged()
        assert(tenant:unlink(PRIMARY, SECONDARY))
        local before = #mock:changes()
        local result, message = tenant:undo(receipt)
        assert.is_table(result, message)
        for i, change in ipairs(mock:changes()) do
            assert.is_true(i <= before or change.kind ~= "unlink")
        end
        assert.equal(7, assert(tenant:user(SECONDARY)).user_metadata.size)
    end)

    it("twice is as good as once", function()
        local receipt = merged()
        assert(tenant:undo(receipt))
        local before = text_of(SECONDARY, "user_metadata")
        local result, message = tenant:undo(receipt)
        assert.is_table(result, message)
        assert.equal(before, text_of(SECONDARY, "user_metadata"))
        assert.equal('{"color":"red"}', text_of(PRIMARY, "user_metadata"))
    end)

    it("waits while a link of its merge may still come", function()
        mock:arm { fault = "late", seconds = 30, count = 20, method = "POST",
            template = "/api/v2/users/{id}/identities" }
        local _, _, failure = tenant:merge(PRIMARY, SECONDARY, options { deadline = 5 })
        assert.equal("unknown_outcome", failure.code)
        local before = #mock:changes()
        local result, message, refused = tenant:undo(kept(failure.receipt))
        assert.is_nil(result)
        assert.same({ "guarded", "none" }, { refused.code, refused.outcome })
        assert.truthy(message:find("tenant:undo: nothing was changed: ", 1, true), message)
        assert.equal(before, #mock:changes())
        mock:advance(700)
        result, message = tenant:undo(kept(failure.receipt))
        assert.is_table(result, message)
        assert.equal(1, #assert(tenant:identities(PRIMARY)))
        assert.equal(7, assert(tenant:user(SECONDARY)).user_metadata.size)
    end)

    it("that fails in the middle can be asked for again, and comes to its end", function()
        local receipt = merged()
        mock:arm { fault = "status", status = 403, method = "PATCH", template = "/api/v2/users/{id}", count = 1 }
        local result, message, failure = tenant:undo(receipt)
        assert.is_nil(result)
        assert.equal("forbidden", failure.code)
        assert.is_true(failure.is_partly)
        assert.same({ true }, named(failure.restored, "identity"))
        assert.same({}, failure.conflicts)
        assert.truthy(message:find("ask for the undo again, with the same receipt", 1, true), message)
        result, message = tenant:undo(receipt)
        assert.is_table(result, message)
        assert.equal(7, assert(tenant:user(SECONDARY)).user_metadata.size)
        assert.equal('{"color":"red"}', text_of(PRIMARY, "user_metadata"))
    end)

    it("gives back all that the tenant takes, and lists the keys that it does not", function()
        local id = "github|7"
        mock:add_user { user_id = id, connection = "github",
            user_metadata = { ["a.b"] = 1, size = 7, none = json.null },
            app_metadata = { blocked = true, level = 3, deep = { ["$x"] = 1 } } }
        local receipt = kept(assert(tenant:merge(PRIMARY, id, options { user_metadata = "discard" })).receipt)
        local result, message = tenant:undo(receipt)
        assert.is_table(result, message)
        assert.same({}, result.conflicts)
        assert.equal('{"size":7}', text_of(id, "user_metadata"))
        assert.equal('{"level":3}', text_of(id, "app_metadata"))
        local keys = named(result.lost, "user_metadata")
        for _, key in ipairs(named(result.lost, "app_metadata")) do keys[#keys + 1] = key end
        table.sort(keys)
        assert.same({ "a.b", "blocked", "deep", "none" }, keys)
        for _, loss in ipairs(result.lost) do assert.is_string(loss.why) end
    end)

    it("of a primary that was blocked since makes no account without a block", function()
        local receipt = merged()
        assert(tenant:update_user(PRIMARY, { blocked = true }))
        local before = #mock:changes()
        local result, message, failure = tenant:undo(receipt)
        assert.is_nil(result)
        assert.same({ "guarded", "none" }, { failure.code, failure.outcome })
        assert.truthy(message:find("tenant:undo: nothing was changed: the primary is blocked", 1, true), message)
        assert.same({}, failure.reasons)
        assert.equal(before, #mock:changes())
        assert(tenant:update_user(PRIMARY, { blocked = false }))
        assert(tenant:undo(receipt))
    end)
end)
