--- auth0.tenant over TLS: its tokens, many calls at once, Ctrl-C, forks.
local auth0 = require "auth0"
local fork = require "support.fork"
local linking = require "support.linking"
local process = require "support.process"
local tenant = require "support.tenant"

local PRIMARY = linking.primary

local function options(fields)
    local all = { domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca, proxy = false }
    for name, value in pairs(fields or {}) do all[name] = value end
    return all
end

local function with_secret(fields)
    local all = { client_id = "mockclient", client_secret = "mocksecret" }
    for name, value in pairs(fields or {}) do all[name] = value end
    return auth0.tenant(options(all))
end

local function seed(count)
    local accounts, ids = { { user_id = PRIMARY, email = "ann@example.com" } }, {}
    for i = 1, count do
        ids[i] = "google-oauth2|10" .. i
        accounts[i + 1] = { user_id = ids[i] }
    end
    tenant.reset(accounts)
    return ids
end

describe("auth0.tenant over TLS", function()
    local key, public

    setup(function()
        tenant.start()
        local file = os.tmpname()
        tenant.run(("openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out '%s'"):format(file))
        key = tenant.run(("cat '%s'"):format(file))
        public = tenant.run(("openssl pkey -in '%s' -pubout"):format(file))
        os.remove(file)
    end)

    teardown(tenant.stop)

    it("links with a client's secret", function()
        local ids = seed(1)
        local own = with_secret()
        local identities, message, receipt = own:link(PRIMARY, ids[1])
        assert.is_table(identities, message)
        assert.equal(201, receipt.status)
        assert.equal(1, tenant.record().requests["POST /oauth/token"])
        own:close()
    end)

    for _, algorithm in ipairs { "RS256", "RS384", "PS256" } do
        it("links with a client's key, and " .. algorithm, function()
            local ids = seed(1)
            tenant.control("POST", "/_tenant/client", { client_id = "job", public_key = public })
            local own = auth0.tenant(options { client_id = "job", signing_key = key, signing_algorithm = algorithm,
                signing_key_id = "key-1" })
            local identities, message = own:link(PRIMARY, ids[1])
            assert.is_table(identities, message)
            own:close()
        end)
    end

    it("links with a token, and with a token function", function()
        local ids = seed(2)
        local token = tenant.token()
        local one = auth0.tenant(options { token = token })
        local other = auth0.tenant(options { token = function() return token, 60 end })
        assert(one:link(PRIMARY, ids[1]))
        assert(other:link(PRIMARY, ids[2]))
        one:close()
        other:close()
    end)

    it("tells what a wrong secret is answered", function()
        seed(0)
        local own = with_secret { client_secret = "another" }
        local user, message, failure = own:user(PRIMARY)
        assert.is_nil(user)
        assert.equal("unauthorized", failure.code)
        assert.truthy(message:find("Unauthorized", 1, true), message)
        assert.falsy(message:find("another", 1, true), message)
        own:close()
    end)

    for _, version in ipairs { "1.1", "2" } do
        it("links 60 accounts, 20 at a time, over HTTP/" .. version, function()
            local ids = seed(60)
            local own = with_secret { http_version = version }
            assert.equal(60, auth0.each(ids, 20, function(id) assert(own:link(PRIMARY, id)) end))
            assert.equal(61, #assert(own:identities(PRIMARY)))
            assert.equal(1, tenant.record().requests["POST /oauth/token"])
            own:close()
        end)
    end

    it("settles what was lost on the way, many at once", function()
        local ids = seed(40)
        local own = with_secret()
        assert(own:user(PRIMARY))
        for i, fault in ipairs { "reset-after", "truncated", "status-after;status=503", "html-after" } do
            tenant.arm { fault = fault, method = "POST", probability = 0.2, count = 100, seed = i,
                template = "/api/v2/users/{id}/identities" }
        end
        assert.equal(40, auth0.each(ids, 20, function(id) assert(own:link(PRIMARY, id)) end))
        assert.equal(40, #tenant.record().changes)
        own:close()
    end)

    it("waits for two tenants at once", function()
        local ids = seed(20)
        local one, other = with_secret(), with_secret { http_version = "1.1" }
        assert.equal(20, auth0.each(ids, 10, function(id, index)
            assert((index % 2 == 0 and one or other):link(PRIMARY, id))
        end))
        one:close()
        other:close()
    end)

    for what, packed in pairs { packed = true, plain = false } do
        it("exports to a file that is " .. what .. ", and reads it in parts, without its token", function()
            tenant.reset()
            local accounts = {}
            for i = 1, 150 do
                accounts[i] = { user_id = "github|" .. i, name = ("a name %d "):format(i):rep(900) }
            end
            for from = 1, 150, 25 do
                local some = {}
                for i = from, from + 24 do some[#some + 1] = accounts[i] end
                tenant.control("POST", "/_tenant/users", some)
            end
            tenant.configure { export_pending = 0, export_processing = 1, export_gzip = packed }
            local own = with_secret { http_version = packed and "2" or "1.1" }
            local count = 0
            for user in own:export { fields = { "user_id", "name" } } do
                count = count + 1
                assert.equal(user.name, accounts[tonumber(user.user_id:match "%d+")].name)
            end
            assert.equal(150, count)
            local requests = tenant.record().requests
            assert.equal(packed and 1 or 2, requests["GET /exports/{link}/{file}"])
            assert.is_nil(linking.headers(tenant.last()).authorization)
            assert.truthy(linking.headers(tenant.last()).range)
            own:close()
        end)
    end

    it("closes its connections", function()
        seed(1)
        auth0.close()
        local _, before = process.descriptors()
        local own = with_secret()
        assert(own:user(PRIMARY))
        own:close()
        local _, after = process.descriptors()
        assert.equal(before, after)
        own = with_secret()
        assert(own:user(PRIMARY))
        own = nil -- luacheck: ignore
        collectgarbage()
        collectgarbage()
        assert.equal(before, (select(2, process.descriptors())))
    end)
end)

-- What another process runs: an auth0.tenant of its own.
local script = [[
local auth0 = require "auth0"
local tenant = require "support.tenant"
tenant.start()
local own = auth0.tenant { domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca, proxy = false,
    client_id = "mockclient", client_secret = "mocksecret" }
]]

describe("Ctrl-C", function()
    setup(tenant.start)
    teardown(tenant.stop)

    -- Runs it until it says "ready", and interrupts it.
    local function interrupt(text)
        local name, output = process.file(script .. text), os.tmpname()
        local command = linking.environment() .. " timeout -k 1 30 " .. process.lua() .. " " .. process.quoted(name)
        tenant.run(([[
            %s >%s 2>&1 &
            pid=$!
            for try in $(seq 200); do if grep -q ready %s; then break; fi; sleep 0.05; done
            sleep 0.3
            kill -INT $(ps -o pid= --ppid $pid)
            wait $pid]]):format(command, process.quoted(output), process.quoted(output)))
        local said = tenant.run("cat " .. process.quoted(output))
        os.remove(name)
        os.remove(output)
        return said
    end

    local ways = {
        ["a call"] = "call(1)",
        ["a call in a coroutine"] = "coroutine.wrap(call)(1)",
        ["auth0.each"] = "auth0.each({ 1, 2, 3, 4 }, 4, call)",
    }
    for what, way in pairs(ways) do
        it("ends " .. what .. " at once, and the tenant works on", function()
            seed(0)
            local said = interrupt(([[
local function call()
    return own:user("auth0|507f1f77bcf86cd799439020", { correlation_id = "fault=delay;seconds=20",
        attempt_timeout = 30 })
end
print "ready"
io.stdout:flush()
local began = os.time()
local done, message = pcall(function() return %s end)
local stats = own:stats()
print(done, message, os.time() - began < 10, stats.in_flight, stats.waiting)
print(own:user("auth0|507f1f77bcf86cd799439020") and "and on")
]]):format(way))
            assert.truthy(said:find("ready\nfalse\t[^\n]*interrupted![^\n]*\ttrue\t0\t0\nand on\n", 1), said)
        end)
    end
end)

describe("a tenant that was made before a fork", function()
    local library

    setup(function()
        tenant.start()
        library = fork.build()
    end)

    teardown(function()
        os.remove(library)
        tenant.stop()
    end)

    it("refuses to work in the child, which may close it, and works on in the parent", function()
        seed(0)
        local output = fork.run(script .. [[
local fork = assert(package.loadlib(arg[1], "luaopen_fork"))()
assert(own:user "auth0|507f1f77bcf86cd799439020")
local child = fork.fork()
if child == 0 then
    local done, message = pcall(function() own:user "auth0|507f1f77bcf86cd799439020" end)
    assert(not done and message:find "^%S+:%d+: tenant:user: this tenant was made before a fork", message)
    own:close()
    os.exit(0)
end
assert(fork.wait(child) == 0, "the child failed")
assert(own:user "auth0|507f1f77bcf86cd799439020")
assert(tenant.record().connections == 1, "connections")
own:close()
io.write("done")
]], { library }, linking.environment())
        assert.equal("done", output)
    end)
end)
