--- Servers that send as fast as they can, and never an answer: libcurl, or the TLS library, reads all of it within one
--- call. Each call ends all the same, others go on, and memory stays.
local linking = require "support.linking"
local loops = require "support.loops"
local nginx = require "support.nginx"
local ports = require "support.ports"
local process = require "support.process"
local served = require "support.served"
local tenant = require "support.tenant"

-- arg: loop, the tenant's domain and resolve, deadline, "shape=port" words. Prints a line for each shape, and one for
-- the neighbour, whose calls go on meanwhile. A shape's seconds do not count the time in which a busy machine gave this
-- process no processor.
local script = [[
local auth0 = require "auth0"

local function waited()
    local pipe, nanoseconds = io.popen "cat /proc/$PPID/task/*/schedstat", 0
    for line in pipe:lines() do nanoseconds = nanoseconds + tonumber(line:match "^%d+ (%d+)") end
    pipe:close()
    return nanoseconds / 1e9
end

local function memory()
    for line in io.lines "/proc/self/status" do
        if line:find "^VmRSS:" then return tonumber(line:match "%d+") end
    end
end

require("support.loops").run(arg[1], function()
    local function tenant_of(domain, resolve, deadline)
        return auth0.tenant { domain = domain, resolve = { resolve }, token = os.getenv "TOKEN", proxy = false,
            ca_file = os.getenv "AUTH0_TENANT_CA", loop = arg[1], deadline = deadline }
    end
    local neighbour, shapes, is_over = tenant_of(arg[2], arg[3]), {}, false
    for shape, port in arg[5]:gmatch "(%S+)=(%d+)" do shapes[#shapes + 1] = { shape, "tenant.test:" .. port } end
    assert(neighbour:identities "auth0|1")
    local before, took, failed = memory(), {}, "none"
    local function flooded(shape, domain)
        local flood = tenant_of(domain, domain .. ":127.0.0.1", tonumber(arg[4]))
        local waited_before, began = waited(), flood.calls.engine:now()
        local _, message, failure = flood:link("auth0|1", "google-oauth2|2")
        local seconds = flood.calls.engine:now() - began - math.max(0, waited() - waited_before)
        print(("%s %.3f %s %s %s %s"):format(shape, seconds, failure.code, failure.outcome, tostring(failure.cause),
            message))
        flood:close()
    end
    local lanes = { flooded = function()
        for _, shape in ipairs(shapes) do flooded(shape[1], shape[2]) end
        is_over = true
    end, neighbour = function()
        while not is_over do
            local began = neighbour.calls.engine:now()
            local identities, message = neighbour:identities "auth0|1"
            if not identities then failed = message end
            took[#took + 1] = neighbour.calls.engine:now() - began
        end
    end }
    auth0.each({ "flooded", "neighbour", "neighbour" }, 3, function(lane) lanes[lane]() end)
    table.sort(took)
    print(("neighbour %d %.3f %.3f %d %s"):format(#took, took[math.floor(#took / 2) + 1], took[#took],
        memory() - before, failed))
    neighbour:close()
end)
]]

local DEADLINE = 1

describe("a server that floods #load", function()
    local floods

    setup(function()
        linking.start()
        tenant.reset { { user_id = "auth0|1" } }
        floods = ports.floods(10, tenant.dir .. "/server.pem", tenant.dir .. "/server.key")
    end)

    teardown(function()
        ports.close()
        linking.stop()
    end)

    local function check(loop, shapes)
        local words = {}
        for shape, port in pairs(floods) do
            if not shapes or shapes[shape] then words[#words + 1] = shape .. "=" .. port end
        end
        local output, status = process.run(script, { loop, tenant.domain, tenant.resolve, tostring(DEADLINE),
            table.concat(words, " ") }, linking.environment() .. " TOKEN=" .. linking.token)
        assert.equal(0, status, output)
        local count = 0
        local line = "([%l_]+) (%-?[%d.]+) ([%l_]+) (%l+) ([%l_]+) [^\n]*"
        for shape, seconds, code, outcome, cause in output:gmatch(line) do
            count = count + 1
            assert.is_true(tonumber(seconds) < DEADLINE + 0.5, output)
            if shape == "hello_requests" then
                assert.same({ "timeout", "none" }, { code, outcome }, output)
            else
                assert.same({ "unknown_outcome", "unknown" }, { code, outcome }, output)
                assert.truthy(cause == "timeout" or cause == "connection_lost" or cause == "bad_response", output)
            end
        end
        assert.equal(#words, count, output)
        local calls, median, most, growth, failed = output:match "neighbour (%d+) ([%d.]+) ([%d.]+) (%-?%d+) ([^\n]+)"
        assert.equal("none", failed, output)
        assert.is_true(tonumber(calls) > 20 and tonumber(median) < 0.1 and tonumber(most) < 2, output)
        if not os.getenv "AUTH0_PRELOAD" then assert.is_true(tonumber(growth) < 8192, output) end
    end

    it("holds up no script that makes other calls at the same time", function()
        if not floods then return pending "cqueues and luaossl of Lua 5.4 are not here" end
        check "plain"
    end)

    loops.each(pending, function(loop)
        if loop == "plain" then return end
        it("holds up no call in the loop " .. loop, function()
            if not floods then return pending "cqueues and luaossl of Lua 5.4 are not here" end
            check(loop, { hello_requests = true, ping_acks = true, empty_data = true, resets = true })
        end)
    end)

    it("holds up no call inside nginx", function()
        if not served.is_possible then return pending "nginx's Lua is LuaJIT" end
        if not floods then return pending "cqueues and luaossl of Lua 5.4 are not here" end
        finally(nginx.stop)
        local server = served.start(linking.token, "", ([[
            location /flood { content_by_lua_block {
                local auth0, domain = require "auth0", "tenant.test:" .. ngx.var.arg_port
                local flood = auth0.tenant(tenant_options { domain = domain, resolve = { domain .. ":127.0.0.1" },
                    deadline = %g })
                local _, message, failure = flood:link("auth0|1", "google-oauth2|2")
                flood:close()
                ngx.say(failure.code, " ", failure.elapsed, " ", message)
            } }
            location /read { content_by_lua_block {
                shared_tenant = shared_tenant or require("auth0").tenant(tenant_options {})
                local identities, message, facts = shared_tenant:identities "auth0|1"
                ngx.say(identities and "read" or message, " ", facts.elapsed)
            } }
        ]]):format(DEADLINE))
        for _, shape in ipairs { "hello_requests", "ping_acks" } do
            local asking = ("curl -s --noproxy '*' 'http://127.0.0.1:%s/flood?port=%s'"):format(server.port,
                floods[shape])
            local output = tenant.run(("%s & for i in 1 2 3 4 5 6 7 8 9 10; do curl -s --noproxy '*' "
                .. "http://127.0.0.1:%s/read; sleep 0.1; done; wait"):format(asking, server.port))
            local read = 0
            for seconds in output:gmatch "read ([%d.]+)" do
                read = read + 1
                assert.is_true(tonumber(seconds) < 0.5, output)
            end
            assert.equal(10, read, output)
            local code, seconds = output:match "([%l_]+) ([%d.e-]+) tenant:link"
            assert.equal(shape == "ping_acks" and "unknown_outcome" or "timeout", code, output)
            assert.is_true(tonumber(seconds) < DEADLINE + 0.5, output)
        end
    end)
end)
