--- apply over TLS, where nothing listens on the tenant's port any more for a while. Gone for longer than here:
--- AUTH0_GONE=60 tests/specs lua5.4 build/dev/lua5.4 tests/spec/accounts_apply_gone_spec.lua
local accounts_core = require "auth0_accounts.core"
local job = require "bulk.apply_job"
local linking = require "support.linking"
local own = require "support.apply_process"
local ports = require "support.ports"
local process = require "support.process"
local tenant = require "support.tenant"

local GONE, LINKS = tonumber(os.getenv "AUTH0_GONE" or 2), 8 -- seconds, and lines of the plan
local READ, LINK = "GET /api/v2/users-by-email", "POST /api/v2/users/{id}/identities"

local gate, resolve

setup(function()
    linking.start()
    gate, resolve = ports.gate(), tenant.resolve
    tenant.resolve = resolve:gsub("[%d.]+$", gate.address)
end)

teardown(function()
    tenant.resolve = resolve
    ports.close()
    linking.stop()
end)

after_each(function()
    own.clean()
    gate:open()
end)

-- Runs apply, and shuts the tenant's port while a request of this kind is under way.
local function apply_while_gone(request, is_back, ...)
    local method, template = request:match "^(%u+) (.*)$"
    own.prepare(LINKS)
    tenant.arm { fault = "delay", method = method, template = template, seconds = 0.3, count = 1000 }
    local code, output = own.disturbed(3, function()
        gate:shut()
        process.sleep(GONE)
        if is_back then gate:open() end
    end, nil, "--in-flight", "1", ...)
    tenant.control("POST", "/_tenant/disarm", {})
    return code, output
end

local function assert_goes_on()
    local told, result = own.run(), {}
    assert.equal(0, told.code, told.out .. told.err)
    job.compare(own.files, result)
    assert.same({ LINKS, LINKS, 0 }, { result.made, result.links, result.differing })
end

local function waited_for(cause)
    local db = assert(accounts_core.open(own.files.journal))
    local seconds = db:prepare("SELECT sum(seconds) FROM wait WHERE cause = ?"):first(cause)
    db:close()
    return seconds or 0
end

describe("apply, whose tenant is gone for a while, #load", function()
    it("ends with 4 where nothing was sent, again with 4 as long as that lasts, and then goes on", function()
        local code, output = apply_while_gone(READ, false)
        assert.equal(4, code, output)
        assert.truthy(output:find "\nauth0%-accounts: line %d+: failed: no connection to tenant%.test", output)
        assert.truthy(output:find("\nthe same command goes on with the rest\n", 1, true), output)
        local made = own.states().made
        local told = own.run()
        assert.equal(4, told.code, told.out .. told.err)
        assert.truthy(told.err:find("no connection to tenant.test", 1, true), told.err)
        assert.same({ made, made }, { own.states().made, own.links() })
        gate:open()
        assert_goes_on()
    end)

    it("waits where a link's answer was lost, and goes on by itself when the tenant is back in time", function()
        local code, output = apply_while_gone(LINK, true, "--deadline", tostring(4 * GONE + 20))
        assert.equal(0, code, output)
        assert.is_true(waited_for "connection_lost" > GONE / 2)
        assert_goes_on()
    end)

    it("ends with 1 where a link's answer was lost and its deadline passes, and the same command finds out", function()
        local code, output = apply_while_gone(LINK, false, "--deadline", tostring(GONE))
        assert.equal(1, code, output)
        assert.truthy(output:find("is not known yet, and nothing was put back: the same command finds it out", 1, true),
            output)
        assert.equal(1, own.states().unknown)
        gate:open()
        assert_goes_on()
    end)
end)
