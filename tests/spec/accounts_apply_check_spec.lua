--- auth0-accounts apply --check: what a plan cannot see is read before each link.
local accounts_core = require "auth0_accounts.core"
local command = require "support.command"
local mock_tenant = require "auth0.mock"
local plans = require "support.plans"
local process = require "support.process"

local SECONDARY = "google-oauth2|101"

local mock, plan, digest, journal

local function apply(...)
    return command.run(mock, { "apply", plan, "-j", journal, "--approve", digest, ... })
end

local function links()
    local count = 0
    for _, change in ipairs(mock:changes()) do count = count + (change.kind == "link" and 1 or 0) end
    return count
end

local function secondary() return mock.model.world.users:find(SECONDARY) end

before_each(function()
    mock = mock_tenant.new()
    plan, digest = plans.of_mock(mock, { 2 })
    journal = command.new_name()
end)

after_each(function()
    for _, name in ipairs { plan, journal, journal .. "-wal" } do os.remove(name) end
end)

describe("apply --check", function()
    it("refuses a line whose secondary has what only that read shows, and apply without it does not", function()
        secondary().authentication_methods = { { id = "totp|1", type = "totp", confirmed = true } }
        local told = apply("--check", "factors", "--check", "provisioning")
        assert.equal(1, told.code, told.out .. told.err)
        assert.truthy(told.out:find("refused 1", 1, true), told.out)
        assert.truthy(told.err:find("second factor", 1, true), told.err)
        assert.equal(0, links())
        os.remove(journal)
        assert.equal(0, apply().code)
        assert.equal(1, links())
    end)

    it("refuses an account that SCIM provisions as the secondary", function()
        mock:add_connection("acme", "samlp", { scim = true })
        mock:add_user { user_id = "samlp|acme|7", connection = "acme", email = "eve@example.com",
            email_verified = true }
        mock:add_user { user_id = "auth0|eve", email = "eve@example.com", email_verified = true }
        os.remove(plan)
        local find = function(id) return mock.model.world.users:find(id) end
        local text = plans.text(mock.domain,
            { { group = 1, primary = find "auth0|eve", secondary = find "samlp|acme|7" } })
        plan, digest = process.file(text), accounts_core.sha256(text)
        local told = apply("--check", "provisioning")
        assert.equal(1, told.code, told.out .. told.err)
        assert.truthy(told.err:find("make this account the primary", 1, true), told.err)
        assert.equal(0, links())
    end)

    it("fails where that cannot be read: the line is not refused, and the same command goes on", function()
        mock:arm { fault = "status", status = 403, template = "/api/v2/users/{id}/authentication-methods", count = 9 }
        local told = apply("--check", "factors")
        assert.truthy(told.out:find("failed 1", 1, true), told.out .. told.err)
        assert.equal(0, links())
        mock:disarm()
        assert.equal(0, apply("--check", "factors").code)
        assert.equal(1, links())
    end)

    it("is repeated in the command that approves, which counts its reads", function()
        local told = command.run(mock, { "apply", plan, "-j", journal, "--check", "factors", "--check", "groups" })
        assert.truthy(told.out:find("--check factors --check groups", 1, true), told.out)
        assert.truthy(told.out:find("requests: about 5", 1, true), told.out)
    end)
end)
