--- Servers that send as fast as they can, and never an answer: libcurl, or the TLS library, reads all of it within one
--- call. Each call ends all the same, others go on, and memory stays.
local linking = require "support.linking"
local loops = require "support.loops"
local ports = require "support.ports"
local process = require "support.process"
local tenant = require "support.tenant"

-- arg: loop, the tenant's domain and resolve, deadline, "shape=port" words. Prints a line for each shape, and one for
-- the neighbour, whose calls go on meanwhile.
local script = [[
local auth0 = require "auth0"

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
        local began = flood.calls.engine:now()
        local _, message, failure = flood:link("auth0|1", "google-oauth2|2")
        print(("%s %.3f %s %s %s %s"):format(shape, flood.calls.engine:now() - began, failure.code, failure.outcome,
            tostring(failure.cause), message))
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

describe("a server that floods", function()
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
        for shape, seconds, code, outcome, cause in output:gmatch "([%l_]+) ([%d.]+) ([%l_]+) (%l+) ([%l_]+) [^\n]*" do
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
end)
