--- The example that links the pairs of a file, in a process of its own.
local linking = require "support.linking"
local process = require "support.process"
local tenant = require "support.tenant"

-- The example as it is; only the way to the tenant is the test's.
local SCRIPT = [[
local auth0 = require "auth0"
local new = auth0.tenant
function auth0.tenant(options)
    options.resolve, options.ca_file = { os.getenv "AUTH0_TENANT_RESOLVE" }, os.getenv "AUTH0_TENANT_CA"
    options.proxy = false
    return new(options)
end
dofile "tests/examples/link_file.lua"
]]

describe("the example that links the pairs of a file #plain", function()
    local environment = { AUTH0_CLIENT_ID = "mockclient", AUTH0_CLIENT_SECRET = "mocksecret" }

    setup(linking.start)
    teardown(linking.stop)

    before_each(function()
        local seed = {}
        for i = 1, 40 do
            seed[i] = { user_id = ("auth0|%d"):format(i) }
            seed[40 + i] = { user_id = ("google-oauth2|%d"):format(i) }
        end
        tenant.reset(seed)
    end)

    local function run(text, overrides)
        local name, words = process.file(text), { AUTH0_DOMAIN = tenant.domain }
        for key, value in pairs(environment) do words[key] = value end
        for key, value in pairs(overrides or {}) do words[key] = value end
        local output, status = process.run(SCRIPT, { name }, linking.environment() .. " " .. process.environment(words))
        os.remove(name)
        return output, status
    end

    local function pairs_of(count)
        local lines = {}
        for i = 1, count do lines[i] = ("auth0|%d,google-oauth2|%d"):format(i, i) end
        return table.concat(lines, "\n") .. "\n"
    end

    it("goes on after bad lines, and names each", function()
        local output, status = run('primary,secondary\r\nauth0|1,google-oauth2|1\r\n\r\n"auth0|2","google-oauth2|2"\r\n'
            .. "auth0|3;google-oauth2|3\r\nauth0|4,auth0|4\r\nauth0|,auth0|5\r\nauth0|6,google-oauth2|99\r\n"
            .. "auth0|7,google-oauth2|7")
        for _, sentence in ipairs { 'line 1: skipped: "primary": id: expected a full id', "line 2: linked\n",
            "line 4: linked\n", "line 5: skipped: expected two ids with a comma between them",
            "line 6: skipped: both ids are the same", 'line 7: skipped: "auth0|": id: ends at its "|"',
            "line 8: failed: tenant:link: ", "line 9: linked\n", "3 linked, 4 skipped, 1 failed" } do
            assert.truthy(output:find(sentence, 1, true), output)
        end
        assert.falsy(output:find("line 3:", 1, true), output)
        assert.falsy(output:find("stopped", 1, true), output)
        assert.equal(1, status)
        assert.equal(3, linking.changes())
    end)

    it("ends well where all are linked, also a second time", function()
        for _ = 1, 2 do
            local output, status = run(pairs_of(40))
            assert.truthy(output:find("40 linked, 0 skipped, 0 failed", 1, true), output)
            assert.equal(0, status)
        end
        assert.equal(40, linking.changes())
    end)

    for what, case in pairs {
        ["a secret that is wrong"] = { { AUTH0_CLIENT_SECRET = "wrong" }, "unauthorized" },
        ["a tenant that cannot be reached"] = { { AUTH0_DOMAIN = "127.0.0.1:9" }, "unreachable" },
    } do
        it("stops at once at " .. what, function()
            local output, status = run(pairs_of(40), case[1])
            local _, failed = output:gsub("line %d+: failed: ", "")
            assert.is_true(failed >= 1 and failed <= 20, output)
            assert.truthy(output:find("stopped: tenant:link: ", 1, true), output)
            assert.equal(1, status)
            assert.equal(0, linking.changes())
        end)
    end
end)
