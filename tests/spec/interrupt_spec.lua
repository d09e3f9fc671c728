--- Ctrl-C ends a call that waits: the interpreter's own handler speaks, and the state stays usable.
local linking = require "support.linking"
local process = require "support.process"
local tenant = require "support.tenant"

-- It says what was interrupted, and that the next call works. Without an interruption the delay would outlast the
-- patience of the person who runs it.
local script = [[
local linking = require "support.linking"
linking.start()
local goal, overrides = arg[1], { correlation_id = "fault=delay;seconds=20" }
if arg[2] ~= "tenant" then overrides.domain = "127.0.0.1:" .. arg[2] end
overrides.connect_timeout, overrides.attempt_timeout = 30, 30
print("ready")
io.stdout:flush()
local done, message = pcall(linking[goal], overrides)
print(tostring(done) .. " " .. tostring(message))
local identities
identities, message = linking.unlink { secondary = "github|7" }
print(identities and "and on" or message)
linking.stop()
]]

local bare = [[
local linking = require "support.linking"
linking.start()
print("ready")
io.stdout:flush()
linking.link { correlation_id = "fault=delay;seconds=20", attempt_timeout = 30 }
print("returned")
]]

-- Ctrl-C comes while the token function is at work.
local in_token_function = [[
local auth0 = require "auth0"
local times = 0
local tenant = auth0.tenant { domain = "127.0.0.1:1", proxy = false, token = function()
    times = times + 1
    if times > 1 then return nil, "the second" end
    print("ready")
    io.stdout:flush()
    local ends = os.time() + 3
    while os.time() < ends do end
    return "token-of-it"
end }
local began = os.time()
local done, message = pcall(tenant.identities, tenant, "auth0|1")
print(tostring(done) .. " " .. tostring(message) .. " " .. os.time() - began)
local _, why = tenant:identities "auth0|1"
print(why)
]]

-- Starts it, waits until it waits, sends SIGINT, and gives it ten seconds of patience.
local runner = [[
%s %s >%s 2>&1 &
pid=$!
for try in $(seq 200); do
    if %s; then break; fi
    sleep 0.05
done
sleep 0.2
kill -INT $pid
for try in $(seq 100); do
    kill -0 $pid 2>/dev/null || break
    sleep 0.1
done
kill -KILL $pid 2>/dev/null
wait $pid
echo "status $?"
]]

describe("Ctrl-C", function()
    local ports = require "support.ports"

    setup(linking.start)

    teardown(function()
        ports.close()
        linking.stop()
    end)

    before_each(function() linking.reset() end)

    local function interrupt(text, arguments)
        local name, output = process.file(text), os.tmpname()
        local command = linking.environment() .. " " .. process.lua() .. " " .. process.quoted(name)
        local wait = "grep -q ready " .. process.quoted(output)
        local told = tenant.run(runner:format(command, arguments, process.quoted(output), wait))
        local file = assert(io.open(output))
        local said = file:read("*a")
        file:close()
        os.remove(name)
        os.remove(output)
        return said, tonumber(told:match("status (%d+)"))
    end

    for _, goal in ipairs { "link", "unlink" } do
        it("ends a " .. goal .. " that waits for its answer, and the next call works", function()
            local said, status = interrupt(script, goal .. " tenant")
            assert.truthy(said:find("^ready\nfalse [^\n]*interrupted!"), said)
            assert.truthy(said:find("\nand on\n$"), said)
            assert.equal(0, status)
        end)
    end

    it("ends a link that waits for its connection", function()
        local said, status = interrupt(script, "link " .. ports.silent())
        assert.truthy(said:find("^ready\nfalse [^\n]*interrupted!"), said)
        assert.equal(0, status)
    end)

    it("in a token function ends the call that waits for it, under LuaJIT at once", function()
        local said = interrupt(in_token_function, "")
        local seconds = said:match "^ready\nfalse [^\n]*interrupted! (%d+)\n"
        assert.is_string(seconds, said)
        if rawget(_G, "jit") then assert.is_true(tonumber(seconds) < 3, said) end
        assert.truthy(said:find("the token function was interrupted", 1, true), said)
    end)

    it("ends a script as it ends any other: with a traceback, not by a crash", function()
        local said, status = interrupt(bare, "")
        assert.truthy(said:find("interrupted!", 1, true), said)
        assert.falsy(said:find("returned", 1, true), said)
        assert.equal(1, status)
    end)
end)
