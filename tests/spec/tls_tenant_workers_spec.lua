--- The TLS tenant: several workers and one state; how it is started and stopped.
local process = require "support.process"
local tenant = require "support.tenant"

local scripts = debug.getinfo(1, "S").source:match("^@(.*/)") .. "../tenant/"

describe("the tenant's workers", function()
    local COUNT = 60
    local token

    setup(tenant.start)
    teardown(tenant.stop)

    before_each(function()
        local accounts = { { user_id = "auth0|1" } }
        for i = 1, COUNT do
            accounts[#accounts + 1] = { user_id = "github|" .. i }
        end
        tenant.reset(accounts)
        token = token or tenant.token()
    end)

    --- Links COUNT accounts to one at once; curl multiplexes over HTTP/2.
    local function link_all(http, host)
        local domain = (host or "tenant.test") .. ":" .. tenant.port
        local name = os.tmpname()
        local file = assert(io.open(name, "w"))
        for i = 1, COUNT do
            file:write(i > 1 and "next\n" or "", ('url = "https://%s/api/v2/users/auth0%%7C1/identities"\n'):format(
                domain), ('data = "provider=github&user_id=%d"\n'):format(i), "output = /dev/null\n",
                ('resolve = "%s:127.0.0.1"\ncacert = "%s"\n'):format(domain, tenant.ca), "http", http, "\n",
                'write-out = "%{http_code}\\n"\n', ('header = "Authorization: Bearer %s"\n'):format(token))
        end
        file:close()
        local output = tenant.run(
            "curl -s --parallel --parallel-immediate --parallel-max 50 --config '" .. name .. "' 2>/dev/null")
        os.remove(name)
        return output
    end

    for _, http in ipairs { "1.1", "2" } do
        it("share one state with 50 requests in flight over HTTP/" .. http, function()
            assert.equal(("201\n"):rep(COUNT), link_all(http))
            local seen, changes = {}, tenant.record().changes
            for n, change in ipairs(changes) do
                assert.equal(n, change.n)
                seen[change.user_id] = true
            end
            assert.equal(COUNT, #changes)
            for i = 1, COUNT do
                assert.is_true(seen[tostring(i)])
            end
        end)
    end

    it("carry each request out once though connections go away under them", function()
        assert.equal(("201\n"):rep(COUNT), link_all("2", "goaway-10.test"))
        local record = tenant.record()
        assert.equal(COUNT, #record.changes)
        assert.is_true(record.connections >= COUNT / 10)
    end)

    it("are several", function()
        local tries, workers = 0, {}
        while #workers < 2 and tries < 50 do
            tries = tries + 1
            link_all "1.1"
            workers = tenant.control("GET", "/_tenant/workers")
        end
        assert.equal(2, #workers)
    end)

    it("pass on what a client sent, hop-by-hop headers too", function()
        local request = { path = "/api/v2/users/auth0%7C1", token = token,
            headers = { ["TE"] = "trailers", ["Keep-Alive"] = "7", ["X-Tenant-Wire"] = "forged", ["Empty"] = ";" } }
        assert.equal(200, tenant.request(request).status)
        local last = tenant.last()
        assert.equal(request.path, last.uri)
        assert.equal(tenant.domain, last.headers.Host)
        assert.same({ "trailers", "7" }, { last.headers.te or last.headers.Te, last.headers["Keep-Alive"] })
        assert.is_nil(last.headers["X-Tenant-Wire"])
        assert.is_nil(last.headers.Connection)
        request.http = "2"
        tenant.request(request)
        assert.equal(tenant.domain, tenant.last().headers.host)
    end)

    it("share the rate limits", function()
        tenant.configure { rates = { read_users = { burst = 3, rate = 0.001 } } }
        local seen = {}
        for i = 1, 5 do
            seen[i] = tenant.request({ path = "/api/v2/users/auth0%7C1", token = token }).status
        end
        assert.same({ 200, 200, 200, 429, 429 }, seen)
        assert.same({ 3 }, { tenant.control("GET", "/_tenant/rates").read_users.burst })
        tenant.reset { { user_id = "auth0|1" } }
        assert.equal(200, tenant.request({ path = "/api/v2/users/auth0%7C1", token = token }).status)
    end)

    it("show the record in pages", function()
        link_all "2"
        local page = tenant.record(1, 50)
        assert.same({ 50, 51, COUNT }, { #page.changes, page.next, page.total })
        page = tenant.record(page.next, 50)
        assert.same({ COUNT - 50, COUNT }, { #page.changes, page.changes[#page.changes].n })
        assert.is_nil(page.next)
    end)

    it("say what is wrong with a configuration and with an order", function()
        for path, body in pairs {
            configure = { rates = { plan = "gold" } }, arm = { fault = "nonsense" }, token = { kind = "robot" },
        } do
            local answer = tenant.request { method = "POST", path = "/_tenant/" .. path, body = body }
            assert.equal(400, answer.status)
            assert.is_true(#answer.body > 0)
        end
    end)
end)

describe("tests/tenant/start and stop", function()
    local folder

    before_each(function()
        folder = os.tmpname()
        os.remove(folder)
        assert.equal(0, select(2, tenant.run("mkdir '" .. folder .. "'")))
    end)

    after_each(function()
        tenant.run("rm -rf '" .. folder .. "'")
    end)

    local function files()
        return (tenant.run("ls -A '" .. folder .. "'"))
    end

    local function start(options)
        return tenant.run(("TMPDIR='%s' '%sstart' %s 2>&1"):format(folder, scripts, options or ""))
    end

    local function value(output, name)
        return output:match("export AUTH0_TENANT_" .. name .. "='([^']*)'")
    end

    local function is_running(pid)
        local _, status = tenant.run("grep -q . /proc/" .. pid .. "/cmdline 2>/dev/null")
        return status == 0
    end

    it("leave no process and no folder, also when stopped twice", function()
        local output, status = start()
        assert.equal(0, status)
        local dir, pid = value(output, "DIR"), value(output, "PID")
        assert.is_true(is_running(pid))
        assert.equal("drwx------", (tenant.run("ls -ld '" .. dir .. "'")):sub(1, 10))
        for _ = 1, 2 do
            assert.equal(0, select(2, tenant.run(("'%sstop' '%s'"):format(scripts, dir))))
            assert.is_false(is_running(pid))
            assert.equal("", files())
        end
    end)

    it("leave nothing when the exports have no reader", function()
        for _, where in ipairs { "2>/dev/null | true", ">/dev/full 2>&1" } do
            tenant.run(("TMPDIR='%s' '%sstart' %s"):format(folder, scripts, where))
            assert.equal("", files())
        end
    end)

    it("run tenants side by side", function()
        local one, two = start(), start()
        assert.not_equal(value(one, "PORT"), value(two, "PORT"))
        assert.equal(0, select(2, tenant.run(("AUTH0_TENANT_DIR='%s' '%sstop'"):format(value(one, "DIR"), scripts))))
        assert.is_true(is_running(value(two, "PID")))
        tenant.run(("'%sstop' '%s'"):format(scripts, value(two, "DIR")))
    end)

    it("leave nothing when the one in front has died, nor when the one behind it has", function()
        for _, which in ipairs { "tenant.pid", "state.pid" } do
            local output = start()
            local dir, group = value(output, "DIR"), value(output, "PID")
            tenant.run(("kill -KILL $(cat '%s/%s')"):format(dir, which))
            assert.equal(0, select(2, tenant.run(("'%sstop' '%s'"):format(scripts, dir))))
            assert.equal("", files())
            assert.equal("", (tenant.run(("ps -eo pgid=,stat= | awk '$1 == %s && $2 !~ /^Z/'"):format(group))))
        end
    end)

    local function write(name, text)
        local file = assert(io.open(folder .. "/" .. name, "w"))
        file:write(text)
        file:close()
    end

    it("begin with the accounts of a seed", function()
        write("seed's users.ndjson",
            '{"user_id":"auth0|a"}\n\n{"provider":"facebook","user_id":10155000000000000001}\n')
        local output = start(("--seed \"%s/seed's users.ndjson\""):format(folder))
        local port, ca = value(output, "PORT"), value(output, "CA")
        local answer = tenant.run(("curl -s --cacert '%s' https://127.0.0.1:%s/_tenant/users/count"):format(ca, port))
        tenant.run(("'%sstop' '%s'"):format(scripts, value(output, "DIR")))
        assert.equal("2", answer)
    end)

    it("say which line of a seed is wrong, and clean up", function()
        write("seed.ndjson", '{"user_id":"auth0|a"}\n{"user_id":"auth0|a"}\n')
        local output, status = start("--seed '" .. folder .. "/seed.ndjson'")
        assert.equal(1, status)
        assert.matches("seed.ndjson:2: the identity auth0|a exists already", output, 1, true)
        assert.equal("seed.ndjson\n", files())
    end)

    -- The first block of Lua behind a heading of README.md.
    local function readme_block(heading)
        local _, behind = process.read("README.md"):find(heading, 1, true)
        local _, begin = process.read("README.md"):find("```lua\n", behind, true)
        return process.read("README.md"):sub(begin + 1):match "^(.-)```"
    end

    it("offer README's accounts, a token and a client to README's own lines, with --demo", function()
        local hint = tenant.run(("TMPDIR='%s' '%sstart' --demo 2>&1 >'%s/exports'"):format(folder, scripts, folder))
        local exports = process.read(folder .. "/exports")
        local connection = hint:match "\n(    domain = .-,)\n#"
        assert.is_string(connection, hint)
        local line = hint:match "\n    (env %-u AUTH0_TOKEN auth0%-accounts .-)\n"
        local told, ended = tenant.run(("%s\nunset AUTH0_DOMAIN; %s 2>&1"):format(exports,
            line:gsub("auth0%-accounts", process.lua() .. " src/auth0_accounts/command.lua", 1)))
        assert.equal(0, ended, told)
        assert.truthy(told:find("email: ann@example.com", 1, true), told)
        for _, heading in ipairs { "## Ten lines that work", "## A tenant" } do
            local code, count = readme_block(heading):gsub('    domain = "acme%.eu%.auth0%.com",', connection)
            assert.equal(1, count)
            code = code .. '\nassert(identities, message)\nassert(require("auth0").unlink {' .. connection
                .. 'token = os.getenv "AUTH0_TOKEN", primary = "auth0|507f1f77bcf86cd799439020", '
                .. 'secondary = "google-oauth2|115015401343387192604" })'
            local output, status = process.run(code, {}, exports .. "\nenv")
            assert.equal(0, status, output)
        end
        tenant.run(("'%sstop' '%s'"):format(scripts, value(exports, "DIR")))
    end)

    it("keep nginx's log where --log says", function()
        local output = start("--log '" .. folder .. "/kept'")
        tenant.run(("'%sstop' '%s'"):format(scripts, value(output, "DIR")))
        assert.equal("kept\n", files())
        assert.matches("nginx", (tenant.run("cat '" .. folder .. "/kept/error.log'")))
    end)

    it("show nginx's own words when it does not start, and clean up", function()
        local real = tenant.run("PATH=$PATH:/usr/sbin command -v nginx"):gsub("%s+$", "")
        local file = assert(io.open(folder .. "/nginx", "w"))
        file:write('#!/bin/sh\n[ "$1" != -V ] || exec "', real, '" -V\n', 'echo "it is broken" >>"$6"\nexit 1\n')
        file:close()
        tenant.run("chmod +x '" .. folder .. "/nginx'")
        local output, status = tenant.run(("PATH='%s':$PATH TMPDIR='%s' '%sstart' 2>&1"):format(folder, folder,
            scripts))
        assert.equal(1, status)
        assert.matches("it is broken", output)
        assert.is_nil(value(output, "DIR"))
        assert.equal("nginx\n", files())
    end)

    it("name the package that is missing", function()
        local tools = "bash dirname mktemp sed tr openssl perl env"
        tenant.run(("for tool in %s; do ln -s \"$(command -v $tool)\" '%s/'; done"):format(tools, folder))
        local file = assert(io.open(folder .. "/nginx", "w"))
        file:write("#!/bin/sh\necho --modules-path=/nonexistent >&2\n")
        file:close()
        tenant.run("chmod +x '" .. folder .. "/nginx'")
        local output, status = tenant.run(("PATH='%s' '%sstart' 2>&1"):format(folder, scripts))
        assert.equal(1, status)
        assert.matches("libnginx-mod-http-lua", output, 1, true)
    end)

    it("refuse what they do not understand", function()
        assert.equal(2, select(2, start "--port 80"))
        assert.equal(2, select(2, start "--log"))
        assert.equal(2, select(2, start "--seed /nonexistent"))
        assert.equal(2, select(2, start "--workers none"))
        assert.equal(2, select(2, tenant.run(("env -u AUTH0_TENANT_DIR '%sstop' 2>&1"):format(scripts))))
        local output, status = tenant.run(("'%sstop' '%s' 2>&1"):format(scripts, folder))
        assert.equal(1, status)
        assert.matches("is no tenant's folder", output)
        assert.equal(0, select(2, tenant.run(("'%sstop' '%s/gone'"):format(scripts, folder))))
    end)
end)
