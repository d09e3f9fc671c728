--- Connections: what they are made with, who shares them, and that nothing of them is left.
local auth0 = require "auth0"
local linking = require "support.linking"
local ports = require "support.ports"
local process = require "support.process"
local tenant = require "support.tenant"

local absent = linking.absent

-- An unlink that changes nothing, and needs no accounts of its own.
local function touch(overrides)
    local given = { secondary = "github|7" }
    for name, value in pairs(overrides or {}) do given[name] = value end
    local identities, message = linking.unlink(given)
    assert.is_table(identities, message)
    return tenant.last()
end

describe("a connection", function()
    setup(linking.start)

    teardown(function()
        ports.close()
        linking.stop()
    end)

    before_each(function()
        auth0.close()
        linking.reset()
    end)

    it("speaks HTTP/2 unless told otherwise", function()
        assert.equal("HTTP/2.0", touch().protocol)
        assert.equal("HTTP/2.0", touch({ http_version = "2" }).protocol)
        assert.equal("HTTP/1.1", touch({ http_version = "1.1" }).protocol)
    end)

    it("speaks HTTP/1.1 with a host that refuses all that comes over HTTP/2", function()
        local front = ports.http_1_front()
        if not front then return pending "cqueues and luaossl of Lua 5.4 are not here" end
        local domain = "tenant.test:" .. front.port
        local function call(goal, overrides)
            overrides.domain, overrides.resolve = domain, { domain .. ":127.0.0.1" }
            local identities, message, receipt = linking[goal](overrides)
            assert.is_table(identities, message)
            return receipt.attempts
        end
        call("link", { settle = true, attempts = 3 })
        local before = #front.connections()
        for i = 1, 3 do assert.equal(1, call(i % 2 == 1 and "unlink" or "link", {})) end
        assert.equal(4, linking.changes())
        local connections = front.connections()
        assert.same({ before, "http/1.1" }, { #connections, connections[before] })
    end)

    it("trusts ca_file, and ca_path", function()
        touch { ca_path = absent, ca_file = tenant.ca }
        touch { ca_path = tenant.ca_path, ca_file = absent }
        touch { ca_path = tenant.ca_path, ca_file = tenant.ca }
    end)

    it("shows the client certificate that it was given", function()
        assert.is_nil(touch().client)
        local shown = touch { client_cert = tenant.client_cert, client_key = tenant.client_key }
        assert.truthy(shown.client:find("lua-auth0 test client", 1, true), shown.client)
    end)

    it("takes the key out of client_cert where there is no client_key", function()
        local both = process.file("")
        tenant.run(("cat %s %s >%s"):format(tenant.client_cert, tenant.client_key, both))
        local shown = touch { client_cert = both }
        os.remove(both)
        assert.truthy(shown.client:find("lua-auth0 test client", 1, true), shown.client)
    end)

    for _, http_version in ipairs { "1.1", "2" } do
        it("serves 50 links one after another over HTTP/" .. http_version, function()
            local seed = { { user_id = linking.primary } }
            for i = 1, 50 do seed[i + 1] = { user_id = "github|" .. i } end
            tenant.reset(seed)
            for i = 1, 50 do
                local identities = linking.link { secondary = "github|" .. i, http_version = http_version }
                assert.equal(i + 1, #identities)
            end
            local record = tenant.record()
            assert.same({ 50, 1 }, { #record.changes, record.connections })
        end)
    end

    it("is shared by link, unlink and the read before it", function()
        linking.link()
        linking.unlink { check = true }
        linking.link { token = tenant.token { kind = "machine" }, correlation_id = "job-7" }
        local record = tenant.record()
        assert.same({ 3, 1 }, { #record.changes, record.connections })
    end)

    it("goes through a proxy, which sees nothing of the request", function()
        local proxy = ports.proxy()
        local identities, _, receipt = linking.link { proxy = proxy.url, correlation_id = "job-7" }
        assert.is_table(identities)
        assert.equal(tenant.record().changes[1].request_id, receipt.request_id)
        local requests = proxy.requests()
        assert.truthy(requests:find("^CONNECT " .. tenant.domain:gsub("%p", "%%%0") .. " HTTP/1.1\r\n"), requests)
        for _, secret in ipairs { linking.token, "Bearer", "job-7", "Auth0-Client", "google" } do
            assert.falsy(requests:lower():find(secret:lower(), 1, true), requests)
        end
        touch { proxy = proxy.url }
        assert.equal(requests, proxy.requests())
    end)

    it("goes nowhere where the environment's proxy has a name that libcurl passes over #plain", function()
        local environment = linking.environment():gsub("^env", "env -u no_proxy -u NO_PROXY")
            .. " https_proxy=http://user:half%0full@127.0.0.1:9 TOKEN=" .. linking.token
        local output = process.run([[
            local auth0, tenant = require "auth0", require("support.tenant").start()
            local _, message, failure = auth0.link { domain = tenant.domain, resolve = { tenant.resolve },
                ca_file = tenant.ca, token = os.getenv "TOKEN", primary = "auth0|1", secondary = "github|2" }
            print(failure.code, failure.outcome, message)]], nil, environment)
        assert.truthy(output:find("^unreachable\tnone\t.*the proxy's address holds an encoded control"), output)
        assert.falsy(output:find("half", 1, true), output)
        assert.equal(0, tenant.record().connections)
    end)

    describe("is never shared with a call whose", function()
        local profiles = {
            resolve = function() return { resolve = { tenant.resolve, "elsewhere.test:443:127.0.0.1" } } end,
            http_version = function() return { http_version = "1.1" } end,
            client_cert = function()
                return { client_cert = tenant.client_cert, client_key = tenant.client_key }
            end,
            proxy = function() return { proxy = ports.proxy().url } end,
            ca_path = function() return { ca_path = tenant.ca_path } end,
            domain = function()
                local domain = "localhost:" .. tenant.port
                return { domain = domain, resolve = { domain .. ":127.0.0.1" } }
            end,
        }
        for name, other in pairs(profiles) do
            it(name .. " is another", function()
                local overrides = other()
                local first, second = touch(), touch(overrides)
                assert.are_not.equal(first.connection, second.connection)
                assert.equal(first.connection, touch().connection)
                assert.equal(second.connection, touch(overrides).connection)
                assert.equal(2, tenant.record().connections)
            end)
        end

        it("client certificate was shown: the next one without shows none", function()
            touch { client_cert = tenant.client_cert, client_key = tenant.client_key }
            assert.is_nil(touch().client)
        end)

        it("resolve led elsewhere: it reaches no server, though a connection to that name stands", function()
            touch()
            local _, _, failure = linking.unlink { secondary = "github|7",
                resolve = { "tenant.test:" .. tenant.port .. ":127.0.0.9" } }
            assert.equal("unreachable", failure.code)
        end)

        it("resolve is missing: what an earlier call resolved is not remembered for it", function()
            touch()
            local _, _, failure = linking.unlink { secondary = "github|7", resolve = absent, connect_timeout = 0.3 }
            assert.equal("unreachable", failure.code)
        end)
    end)

    it("is closed when eight other profiles came after it #plain", function()
        local function profile(i)
            return { resolve = { tenant.resolve, ("host%d.test:443:127.0.0.1"):format(i) } }
        end
        local _, before = process.descriptors()
        local first = touch(profile(1)).connection
        for i = 2, 8 do touch(profile(i)) end
        assert.equal(first, touch(profile(1)).connection)
        for i = 9, 16 do touch(profile(i)) end
        assert.are_not.equal(first, touch(profile(1)).connection)
        assert.equal(17, tenant.record().connections)
        local _, sockets = process.descriptors()
        assert.is_true(sockets - before <= 3 * 8)
        auth0.close()
        _, sockets = process.descriptors()
        assert.equal(before, sockets)
    end)
end)

describe("auth0.close", function()
    setup(linking.start)
    teardown(linking.stop)
    before_each(function() linking.reset() end)

    it("leaves no descriptor behind, whatever was done before #plain", function()
        auth0.close()
        local before = process.descriptors()
        for _, http_version in ipairs { "1.1", "2" } do
            touch { http_version = http_version }
            touch { http_version = http_version, client_cert = tenant.client_cert, client_key = tenant.client_key }
            for _, fault in ipairs { "reset-after", "truncated", "large", "broken-gzip", "delay;seconds=0.3" } do
                linking.unlink { secondary = "github|7", http_version = http_version, attempt_timeout = 0.1,
                    correlation_id = "fault=" .. fault }
            end
            linking.link { http_version = http_version, ca_file = "/nonexistent.pem" }
            linking.link { http_version = http_version, domain = "127.0.0.1:1" }
        end
        assert.are_not.equal(before, (process.descriptors()))
        auth0.close()
        assert.equal(before, (process.descriptors()))
    end)

    it("can be called at any time, and again", function()
        auth0.close()
        auth0.close()
        assert.is_table((linking.link()))
        auth0.close()
        assert.is_table((linking.unlink()))
        assert.equal(2, tenant.record().connections)
    end)
end)
