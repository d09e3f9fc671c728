--- The end of a Lua state: finalizers that run after the library's own, and a process that just ends.
local linking = require "support.linking"
local process = require "support.process"

-- Before 5.2 tables have no finalizers.
local guard = [[
-- LuaJIT 2.1 may loop for ever where a loop over pairs becomes hot in a finalizer that runs while the state closes.
if rawget(_G, "jit") then jit.off() end
local function at_exit(action)
    local object = setmetatable({}, { __gc = action })
    if _VERSION ~= "Lua 5.1" then return object end
    local userdata = newproxy(true)
    getmetatable(userdata).__gc = action
    return userdata
end
local linking
guard = at_exit(function()
    local done, message = pcall(linking.%s)
    io.write(done and "called" or message, "\n")
end)
linking = require "support.linking"
linking.start()
local identities, message = linking.unlink { secondary = "github|7" }
io.write(identities and "unlinked" or message, "\n")
]]

-- The status first, with all that is known beside it: no output and a status above 128 is a crash, 124 and its 30
-- seconds a hang.
local function run(script, environment, expected)
    local begun = os.time()
    local output, status = process.run(script, {}, environment)
    assert(status == expected, ("status %s instead of %d after about %d s; its output was %q"):format(tostring(status),
        expected, os.time() - begun, output))
    return output
end

describe("when a Lua state closes", function()
    setup(linking.start)
    teardown(linking.stop)

    before_each(function() linking.reset() end)

    for _, goal in ipairs { "link", "unlink" } do
        it("a finalizer that calls " .. goal .. " is refused, and nothing crashes", function()
            local output = run(guard:format(goal), linking.environment(), 0)
            assert.truthy(output:find("^unlinked\n"), output)
            assert.truthy(output:find("this Lua state is closing; nothing was sent", 1, true), output)
        end)
    end

    it("os.exit ends the process with its status, connections or not", function()
        local output = run([[
local linking = require "support.linking"
linking.start()
assert(linking.unlink { secondary = "github|7" })
os.exit(7)
]], linking.environment() .. ' ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"', 7) -- it frees nothing
        assert.equal("", output)
    end)
end)
