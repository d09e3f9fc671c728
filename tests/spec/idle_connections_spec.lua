--- A connection that the tenant ends while nothing is asked on it, or on which something comes that was not asked for:
--- noticed before the first byte of a request leaves, with every libcurl.
local auth0 = require "auth0"
local linking = require "support.linking"
local nginx = require "support.nginx"
local process = require "support.process"
local tenant = require "support.tenant"

local VERSIONS = { "1.1", "2" }
local PAUSES = { 0, 0.35, 0.7, 1.05, 2 }
local CLOSING = "fault=idle-close;seconds=0.2"

local function options(http_version)
    return { domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca, proxy = false,
        token = linking.token, http_version = http_version, settle = false, attempts = 1 }
end

describe("a connection that the tenant closes while it is idle", function()
    local own = {}

    setup(function()
        linking.start()
        for _, version in ipairs(VERSIONS) do own[version] = auth0.tenant(options(version)) end
    end)

    teardown(function()
        for _, one in pairs(own) do one:close() end
        linking.stop()
    end)

    it("costs a change no attempt, and leaves none unknown, whatever the pause before it", function()
        tenant.reset { { user_id = "auth0|1.1" }, { user_id = "auth0|2" }, { user_id = "github|1.1" },
            { user_id = "github|2" } }
        local changes = 0
        for i, pause in ipairs(PAUSES) do
            process.sleep(pause)
            for version, one in pairs(own) do
                local change = i % 2 == 1 and one.link or one.unlink
                local identities, message, receipt = change(one, "auth0|" .. version, "github|" .. version,
                    { correlation_id = CLOSING })
                assert.is_table(identities, ("HTTP/%s, after %g s: %s"):format(version, pause,
                    tostring(message)))
                assert.equal(1, receipt.attempts)
                changes = changes + 1
            end
        end
        assert.equal(changes, #tenant.record().changes)
    end)

    for _, version in ipairs(VERSIONS) do
        it("is replaced for many changes at once, over HTTP/" .. version, function()
            local accounts, first, later = { { user_id = linking.primary } }, {}, {}
            for i = 1, 30 do
                local ids, id = i <= 10 and first or later, "github|" .. i
                ids[#ids + 1] = id
                accounts[i + 1] = { user_id = id }
            end
            tenant.reset(accounts)
            local function link(id, correlation_id)
                local _, message, receipt = own[version]:link(linking.primary, id, { correlation_id = correlation_id })
                assert.is_nil(message)
                assert.equal(1, receipt.attempts)
            end
            -- None is closed while the ten are under way, nor while the twenty are: a busy machine takes long for them,
            -- and a request could meet the end of its connection.
            assert.equal(10, auth0.each(first, 10, function(id) link(id, "fault=idle-close;seconds=1") end))
            process.sleep(5) -- a busy tenant closes them late
            assert.equal(20, auth0.each(later, 20, function(id) link(id) end))
            assert.equal(30, #tenant.record().changes)
        end)
    end
end)

-- Over HTTP/1.1, each connection: the first request is answered twice, later ones never.
local answers_twice = [[
    lua_shared_dict seen 1m;
    server {
        listen 127.0.0.1:@PORT@ ssl;
        ssl_certificate %s/server.pem;
        ssl_certificate_key %s/server.key;
        location = /seen { content_by_lua_block {
            ngx.say(ngx.shared.seen:get "connections" or 0, " ", ngx.shared.seen:get "more" or 0)
        } }
        location / { content_by_lua_block {
            local seen = ngx.shared.seen
            ngx.req.read_body()
            local socket = ngx.req.socket(true)
            local body = '[{"provider":"github","user_id":"' .. seen:incr("connections", 1, 0) .. '"}]'
            local answer = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: " .. #body
                .. "\r\n\r\n" .. body
            socket:send(answer)
            ngx.sleep(0.05)
            socket:send(answer)
            socket:settimeout(20000)
            if socket:receive(1) then seen:incr("more", 1, 0) end
        } }
    }]]

describe("an answer that was not asked for", function()
    local server

    setup(function()
        linking.start()
        server = nginx.start(answers_twice:format(tenant.dir, tenant.dir))
    end)

    teardown(function()
        nginx.stop()
        linking.stop()
    end)

    it("is not taken for the answer of the next request on its connection", function()
        local domain = "tenant.test:" .. server.port
        for i = 1, 3 do
            local identities, message, receipt = linking.link { domain = domain, resolve = { domain .. ":127.0.0.1" },
                http_version = "1.1", secondary = "github|" .. i }
            assert.is_table(identities, message)
            assert.same({ tostring(i), 1 }, { identities[1].user_id, receipt.attempts })
            process.sleep(0.3)
        end
        local seen = tenant.run(("curl -s --cacert %s --resolve %s:127.0.0.1 --noproxy '*' https://%s/seen"):format(
            process.quoted(tenant.ca), domain, domain))
        assert.equal("3 0\n", seen)
    end)
end)
