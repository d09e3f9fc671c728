--- What a merge and its undo leave of an account, field by field: the table in doc/safety.md is what is found here.
local json = require "auth0.mock.text.json"
local mock_tenant = require "auth0.mock"
local mocked = require "support.mocked"
local process = require "support.process"

local PRIMARY, SECONDARY = "auth0|1", "samlp|acme|7"

--- Every field of a user in the OpenAPI file (GetUserResponseContent), and what has endpoints of its own.
local FIELDS = { "user_id", "email", "email_verified", "username", "phone_number", "phone_verified", "created_at",
    "updated_at", "identities", "app_metadata", "user_metadata", "picture", "name", "nickname", "multifactor",
    "multifactor_last_modified", "last_ip", "last_login", "last_password_reset", "logins_count", "blocked",
    "given_name", "family_name" }
local LISTS = { "roles", "permissions", "organizations", "groups", "authentication-methods" }

local function permission(name)
    return { permission_name = name, resource_server_identifier = "https://x/" }
end

--- What an undo calls the fields that are not called so.
local ALIASES = { multifactor = "factors", multifactor_last_modified = "factors",
    ["authentication-methods"] = "factors" }

-- Two accounts with every field set, each in its own way. Of factors and groups the secondary has none that the primary
-- lacks: that is refused, as is a block.
local function seed(mock, has_names)
    mock:add_user { user_id = PRIMARY, connection = "Username-Password-Authentication", email = "ann@example.com",
        email_verified = true, username = "ann", phone_number = "+491", phone_verified = true,
        created_at = "2020-01-01T00:00:00.000Z", updated_at = "2020-01-02T00:00:00.000Z",
        app_metadata = { plan = "gold", tags = { "a" } }, user_metadata = { color = "red", prefs = { a = 1 } },
        picture = has_names and "https://p.example/1" or nil, name = has_names and "Ann" or nil, nickname = "an",
        multifactor = { "guardian" }, multifactor_last_modified = "2020-01-03T00:00:00.000Z", last_ip = "10.0.0.1",
        last_login = "2020-01-04T00:00:00.000Z", last_password_reset = "2020-01-05T00:00:00.000Z", logins_count = 3,
        given_name = "Ann", family_name = "Lee", roles = { "rol_1" },
        permissions = { permission "read:a" }, organizations = { "org_1" }, groups = { "grp_1" },
        authentication_methods = { { id = "totp|1", type = "totp", confirmed = true } } }
    mock:add_user { user_id = SECONDARY, connection = "acme", email = "ann@acme.example", email_verified = false,
        username = "ann7", phone_number = "+497", phone_verified = false, created_at = "2021-01-01T00:00:00.000Z",
        updated_at = "2021-01-02T00:00:00.000Z", app_metadata = { level = 7, tags = { "b" } },
        user_metadata = { color = "blue", prefs = { b = 2 } }, picture = "https://p.example/7", name = "Ann Seven",
        nickname = "seven", multifactor = { "guardian" }, multifactor_last_modified = "2021-01-03T00:00:00.000Z",
        last_ip = "10.0.0.7", last_login = "2021-01-04T00:00:00.000Z",
        last_password_reset = "2021-01-05T00:00:00.000Z", logins_count = 7, given_name = "Anna",
        family_name = "Seven", roles = { "rol_7" }, permissions = { permission "read:b" },
        organizations = { "org_7" }, groups = { "grp_1" },
        authentication_methods = { { id = "totp|7", type = "totp", confirmed = true } } }
end

local function field_of(tenant, id, name)
    local value, _, failure = tenant:request { path = { "api", "v2", "users", id, name } }
    if not value and failure.code == "not_found" then return nil end
    return assert(value, failure)
end

--- All of an account as text, field by field; a field that is absent or empty has none.
local function snapshot(tenant, id)
    local shot = {}
    local user = tenant:user(id) or {}
    for _, name in ipairs(FIELDS) do shot[name] = user[name] ~= nil and json.encode(user[name]) or nil end
    for _, name in ipairs(LISTS) do
        local list = field_of(tenant, id, name)
        shot[name] = list and list[1] and json.encode(list) or nil
    end
    return shot
end

local function each_field(fn)
    for _, names in ipairs { FIELDS, LISTS } do
        for _, name in ipairs(names) do fn(name) end
    end
end

--- Both accounts before a merge, and after `after` has been done to the merged ones.
local function compare(settings, has_names, after)
    local mock = mock_tenant.new { settings = settings }
    seed(mock, has_names)
    local tenant = mocked.tenant(mock)
    local before = { snapshot(tenant, PRIMARY), snapshot(tenant, SECONDARY) }
    mock:advance(60)
    local result = assert(tenant:merge(PRIMARY, SECONDARY, { proof = "both_authenticated", user_metadata = "deep",
        app_metadata = "deep", union = { "tags" }, checks = { "factors", "organizations", "groups" },
        carry = { "roles", "permissions", "organizations", "name", "picture" } }))
    local told = after(tenant, result)
    local now = { snapshot(tenant, PRIMARY), snapshot(tenant, SECONDARY) }
    tenant:close()
    return before, now, told
end

local function by_undo(tenant, result)
    return assert(tenant:undo(result.receipt))
end

local function by_unlink(tenant)
    return assert(tenant:unlink(PRIMARY, SECONDARY))
end

local WORDS = { exactly = "restored exactly", by_us = "restored by `undo`", lost = "cannot be restored" }
local REFUSED = "a block refuses the merge"
local RANK = { exactly = 1, by_us = 2, lost = 3 }

--- What becomes of each field of each of the two: the worst over what a tenant may do, and over both kinds of primary.
local function find()
    local found, told = { {}, {} }, {}
    for _, unlink_returns in ipairs { false, true } do
        for _, has_names in ipairs { false, true } do
            local settings = { unlink_returns = unlink_returns }
            local before, undone, result = compare(settings, has_names, by_undo)
            local _, unlinked = compare(settings, has_names, by_unlink)
            told[#told + 1] = result
            for side = 1, 2 do
                each_field(function(name)
                    local was = before[side][name]
                    local fate = undone[side][name] ~= was and "lost" or unlinked[side][name] ~= was and "by_us"
                        or "exactly"
                    local worst = found[side][name] or "exactly"
                    found[side][name] = RANK[fate] > RANK[worst] and fate or worst
                end)
            end
        end
    end
    return found, told
end

local function table_of(found)
    local lines = { "| field | of the primary | of the secondary |", "|---|---|---|" }
    each_field(function(name)
        local is_refused = name == "blocked"
        lines[#lines + 1] = ("| `%s` | %s | %s |"):format(name:gsub("-", "_"),
            is_refused and REFUSED or WORDS[found[1][name]], is_refused and REFUSED or WORDS[found[2][name]])
    end)
    return table.concat(lines, "\n")
end

describe("A merge and its undo", function()
    local found, told

    setup(function() found, told = find() end)

    it("leave of each field what the table in doc/safety.md says", function()
        local section = process.read("doc/safety.md"):match "\n## What an undo restores\n(.-)\n## "
        assert.equal(table_of(found), section:match "(| field | of the primary.-)\n\n")
    end)

    it("are told of: what cannot be restored of the secondary is in the undo's list", function()
        for _, result in ipairs(told) do
            local lost = {}
            for _, loss in ipairs(result.lost) do lost[loss.what] = true end
            each_field(function(name)
                if found[2][name] == "lost" then assert.is_true(lost[ALIASES[name] or name] or false, name) end
            end)
        end
    end)

    it("change nothing of the primary for good but its updated_at", function()
        each_field(function(name) assert.equal(name == "updated_at", found[1][name] == "lost", name) end)
    end)

    for _, id in ipairs { PRIMARY, SECONDARY } do
        it("are not for a blocked account: " .. id, function()
            local mock = mock_tenant.new()
            seed(mock, true)
            local tenant = mocked.tenant(mock)
            assert(tenant:update_user(id, { blocked = true }))
            local result, _, failure = tenant:merge(PRIMARY, SECONDARY, { proof = "operator", checks = {} })
            assert.same({ nil, "guarded", "blocked" }, { result, failure.code, failure.reasons[1].code })
            tenant:close()
        end)
    end

    it("are known for every field that the OpenAPI file has", function()
        local folder = os.getenv "AUTH0_CONFORMANCE" or "../shared/conformance"
        local file = io.open(folder .. "/auth0-management.slim.openapi.json")
        if not file then return end
        local contract = json.decode(file:read "*a")
        file:close()
        local known = {}
        for _, name in ipairs(FIELDS) do known[name] = true end
        for name in pairs(contract.components.schemas.GetUserResponseContent.properties) do
            assert.is_true(known[name] or false, name .. " is missing here")
        end
    end)
end)
