--- Nothing is sent where there is no connection, or none that can be trusted: the outcome is none, and that is so.
local auth0 = require "auth0"
local failures = require "support.failures"
local linking = require "support.linking"
local nginx = require "support.nginx"
local ports = require "support.ports"
local process = require "support.process"
local tenant = require "support.tenant"

-- Shows the code and the outcome of a link whose options are the environment's.
local script = [[
local auth0 = require "auth0"
local options = { domain = os.getenv "AUTH0_TENANT_DOMAIN", resolve = { os.getenv "AUTH0_TENANT_RESOLVE" },
    ca_file = os.getenv "AUTH0_TENANT_CA", primary = "auth0|507f1f77bcf86cd799439020",
    secondary = "google-oauth2|115015401343387192604", token = arg[1] }
if arg[2] == "no proxy" then options.proxy = false end
if arg[2] == "own proxy" then options.proxy = arg[3] end
local identities, message, failure = auth0.link(options)
io.write(identities and "linked" or failure.code .. "/" .. failure.outcome .. " " .. message)
]]

describe("a call that cannot reach the tenant", function()
    local refusing, silent, proxy

    setup(function()
        linking.start()
        refusing, silent, proxy = ports.closed(), ports.silent(), ports.proxy()
    end)

    teardown(function()
        ports.close()
        nginx.stop()
        linking.stop()
    end)

    before_each(function() linking.reset() end)

    local function check(overrides, code, detail)
        for goal in pairs { link = true, unlink = true } do
            for _, http_version in ipairs { "1.1", "2" } do
                overrides.http_version = http_version
                local value, message, failure = linking[goal](overrides)
                failures.check(value, message, failure, { linking.token })
                assert.same({ code, "none", 1 }, { failure.code, failure.outcome, failure.attempts })
                assert.is_nil(failure.status)
                if detail then assert.truthy(failure.detail:find(detail), failure.detail) end
            end
        end
        assert.same({ changes = {}, connections = 0, requests = {} }, tenant.record())
    end

    for _, proxy_url in ipairs {
        "http://user:pa55-w0rd-of-proxy@proxy.test:99999", "foo://user:pa55-w0rd-of-proxy@proxy.test:1",
        "http://user:pa55-w0rd-of-proxy@[proxy]:1",
    } do
        it("does not show the password of " .. proxy_url:gsub("://.*@", "://...@"), function()
            local value, message, failure = linking.link { proxy = proxy_url }
            failures.check(value, message, failure, { linking.token, "pa55-w0rd" })
            assert.same({ "unreachable", "none" }, { failure.code, failure.outcome })
        end)
    end

    -- libcurl would take a piece of the password for the proxy's name, ask for it, and quote it.
    local mistaken = { "pw@S3cretTail", "pw@S3cretTail#x", "S3cretTail#x", "S3cretTail/x", "S3cretTail?x" }

    for _, password in ipairs(mistaken) do
        it("refuses a proxy with the password " .. password:gsub("S3cretTail", "TAIL"), function()
            local url = "http://user:" .. password .. "@127.0.0.1:" .. refusing
            local good, message = pcall(linking.link, { proxy = url })
            assert.is_false(good)
            assert.truthy(message:find("proxy: .*percent%-encode"), message)
            assert.falsy(message:find("S3cret", 1, true), message)
            assert.equal(0, tenant.record().connections)
        end)
    end

    it("does not say that a proxy's name was not found in libcurl's words", function()
        local _, message, failure = linking.link { proxy = "http://user:word@S3cretTail.invalid:1" }
        assert.equal("unreachable", failure.code)
        assert.falsy(message:find("S3cret", 1, true), message)
        assert.truthy(message:find("the proxy's name was not found", 1, true), message)
    end)

    describe("is unreachable", function()
        it("when the name is not found", function()
            check({ domain = "tenant.invalid", connect_timeout = 0.2 }, "unreachable")
        end)

        it("when the port refuses", function()
            check({ domain = "127.0.0.1:" .. refusing }, "unreachable", "connect")
            local domain = "tenant.test:" .. refusing
            check({ domain = domain, resolve = { domain .. ":127.0.0.1" } }, "unreachable", "connect")
        end)

        it("when the server is silent for connect_timeout", function()
            check({ domain = "127.0.0.1:" .. silent, connect_timeout = 0.1 }, "unreachable", "connect_timeout")
        end)

        it("when the proxy refuses", function()
            check({ proxy = "http://127.0.0.1:" .. refusing }, "unreachable")
        end)

        it("when the proxy is silent", function()
            check({ proxy = "http://127.0.0.1:" .. silent, connect_timeout = 0.1 }, "unreachable", "connect_timeout")
        end)

        it("when the proxy answers that it reaches no server, and none of its headers are the tenant's", function()
            local value, message, failure = linking.link { proxy = proxy.url, domain = "tenant.test:" .. refusing }
            failures.check(value, message, failure, { linking.token })
            assert.same({ "unreachable", "none" }, { failure.code, failure.outcome })
            assert.is_nil(failure.retry_after)
            assert.is_nil(failure.request_id)
            assert.is_nil(failure.status)
        end)

        it("when the proxy is of no kind that there is", function()
            check({ proxy = "gopher://127.0.0.1:" .. refusing }, "unreachable")
        end)
    end)

    it("has timed out when its deadline passes first", function()
        check({ domain = "127.0.0.1:" .. silent, deadline = 0.1 }, "timeout")
        check({ domain = "127.0.0.1:" .. silent, attempt_timeout = 0.1 }, "timeout")
    end)

    it("has timed out also where this process stood still when its deadline passed", function()
        local output = process.run([[
            os.execute "p=$PPID; (sleep 0.2; kill -STOP $p; sleep 0.6; kill -CONT $p) >/dev/null 2>&1 &"
            local _, message, failure = require("auth0").link { domain = "127.0.0.1:" .. arg[1], deadline = 0.5,
                primary = "auth0|a", secondary = "google-oauth2|1", token = arg[2] }
            io.write(failure.code, "/", failure.outcome, " ", message)
        ]], { silent, linking.token })
        assert.truthy(output:find("^timeout/none "), output)
    end)

    describe("with the environment's proxy", function()
        local function run(environment, mode)
            local exports = ("env AUTH0_TENANT_DOMAIN=%s AUTH0_TENANT_RESOLVE=%s AUTH0_TENANT_CA=%s ")
                :format(tenant.domain, tenant.resolve, process.quoted(tenant.ca)) .. "NO_PROXY= no_proxy= "
            return process.run(script, { linking.token, mode, "http://127.0.0.1:" .. refusing },
                exports .. environment)
        end

        it("goes there, and is unreachable where it refuses", function()
            local output = run("https_proxy=http://127.0.0.1:" .. refusing, "")
            assert.truthy(output:find("^unreachable/none "), output)
            output = run("ALL_PROXY=http://127.0.0.1:" .. refusing, "")
            assert.truthy(output:find("^unreachable/none "), output)
        end)

        it("goes through it", function()
            local before = #proxy.requests()
            assert.equal("linked", (run("HTTPS_PROXY=" .. proxy.url, "")))
            assert.is_true(#proxy.requests() > before)
        end)

        it("leaves it alone with proxy = false, and where no_proxy says so", function()
            assert.equal("linked", (run("https_proxy=http://127.0.0.1:" .. refusing, "no proxy")))
            linking.reset()
            assert.equal("linked", (run("https_proxy=http://127.0.0.1:" .. refusing .. " no_proxy=tenant.test", "")))
        end)

        it("sends nothing where its password holds an @ or a # as it is", function()
            for _, password in ipairs(mistaken) do
                local url = process.quoted("http://user:" .. password .. "@127.0.0.1:" .. refusing)
                local output = run("https_proxy=" .. url, "")
                assert.truthy(output:find("^unreachable/none .*percent%-encode"), output)
                assert.falsy(output:find("S3cret", 1, true), output)
                linking.reset()
                assert.equal("linked", (run("no_proxy=a.test,test https_proxy=" .. url, "")))
            end
        end)

        it("takes the option's instead", function()
            local output = run("https_proxy=" .. proxy.url, "own proxy")
            assert.truthy(output:find("^unreachable/none "), output)
        end)
    end)

    describe("is refused as not trusted", function()
        local plain, expired

        setup(function()
            local _, status = tenant.run("cd " .. process.quoted(tenant.dir) .. " && " .. [[(
                openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=another CA" -keyout other.key -out other.pem
                openssl req -new -config openssl.cnf -key server.key -subj /CN=tenant.test -out expired.csr
                mkdir -p old && : >old/index && echo 01 >old/serial
                printf '[ca]\ndefault_ca=old\n[old]\ndatabase=old/index\nserial=old/serial\n' >old.cnf
                printf 'new_certs_dir=old\npolicy=any\ndefault_md=sha256\n[any]\ncommonName=supplied\n' >>old.cnf
                printf '[server]\nsubjectAltName=DNS:tenant.test\n' >>old.cnf
                openssl ca -batch -config old.cnf -extensions server -cert ca.pem -keyfile ca.key -in expired.csr \
                    -startdate 20200101000000Z -enddate 20200102000000Z -notext -out expired.pem
                [ -s other.pem ] && [ -s expired.pem ] ) >/dev/null 2>&1]])
            assert.equal(0, status)
            plain = nginx.start "server { listen 127.0.0.1:@PORT@; return 200 '[]'; }"
            expired = nginx.start(([[server {
                listen 127.0.0.1:@PORT@ ssl http2;
                ssl_certificate %s/expired.pem;
                ssl_certificate_key %s/server.key;
                return 200 '[]';
            }]]):format(tenant.dir, tenant.dir))
        end)

        it("when the tenant's certificate is of another CA", function()
            check({ ca_file = tenant.dir .. "/other.pem" }, "tls", "certificate")
        end)

        it("when the system's store does not know the CA", function()
            check({ ca_file = linking.absent }, "tls", "certificate")
        end)

        it("when ca_path replaces the system's store, and holds nothing", function()
            -- Each libcurl has its own words.
            check({ ca_file = linking.absent, ca_path = tenant.dir .. "/body" }, "tls")
        end)

        it("when the certificate is for another host", function()
            local domain = "other.test:" .. tenant.port
            check({ domain = domain, resolve = { domain .. ":127.0.0.1" } }, "tls", "other%.test")
        end)

        it("when the certificate has expired", function()
            local domain = "tenant.test:" .. expired.port
            check({ domain = domain, resolve = { domain .. ":127.0.0.1" } }, "tls", "expired")
        end)

        it("when there is no TLS at all", function()
            check({ domain = "127.0.0.1:" .. plain.port }, "tls")
        end)

        it("when ca_file cannot be read, or is none", function()
            check({ ca_file = "/nonexistent.pem" }, "tls")
            check({ ca_file = tenant.dir .. "/openssl.cnf" }, "tls")
        end)

        it("when client_cert cannot be read, or is none", function()
            check({ client_cert = "/nonexistent.pem" }, "tls")
            check({ client_cert = tenant.client_cert, client_key = "/nonexistent.key" }, "tls")
            check({ client_cert = tenant.client_cert, client_key = tenant.dir .. "/other.key" }, "tls")
        end)
    end)

    describe("with a proxy over TLS", function()
        local front

        setup(function()
            front = ports.tls_front(proxy.port, tenant.dir .. "/server.pem", tenant.dir .. "/server.key")
        end)

        local function through(overrides)
            overrides.proxy = "https://tenant.test:" .. front
            overrides.resolve = { tenant.resolve, "tenant.test:" .. front .. ":127.0.0.1" }
            return linking.link(overrides)
        end

        local function links(overrides)
            local before = #proxy.requests()
            local identities, message = through(overrides)
            assert.is_table(identities, message)
            assert.is_true(#proxy.requests() > before)
        end

        it("trusts for both what ca_file or ca_path names", function()
            if not front then return pending "cqueues and luaossl of Lua 5.4 are not here" end
            links {}
            linking.reset()
            links { ca_file = linking.absent, ca_path = tenant.ca_path }
        end)

        it("trusts for the proxy what proxy_ca_file names, and says whose certificate was refused", function()
            if not front then return pending "cqueues and luaossl of Lua 5.4 are not here" end
            links { proxy_ca_file = tenant.ca }
            local other = tenant.dir .. "/self-signed.pem"
            local _, message, failure = through { proxy_ca_file = other }
            assert.same({ "tls", "none" }, { failure.code, failure.outcome })
            assert.truthy(message:find("of the proxy, not the tenant: .*certificate.*check the proxy's certificate"),
                message)
            _, message, failure = through { ca_file = other, proxy_ca_file = tenant.ca }
            assert.same({ "tls", "none" }, { failure.code, failure.outcome })
            assert.falsy(message:find("of the proxy", 1, true), message)
            assert.truthy(message:find("check the domain, its certificate", 1, true), message)
        end)
    end)

    it("harms no later one", function()
        auth0.close()
        linking.link { domain = "127.0.0.1:" .. refusing }
        linking.link { ca_file = "/nonexistent.pem" }
        assert.is_table((linking.link()))
    end)
end)
