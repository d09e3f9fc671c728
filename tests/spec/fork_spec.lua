--- After a fork the connections are the parent's: the child makes its own, and its end closes nothing of the parent's.
local fork = require "support.fork"
local linking = require "support.linking"
local tenant = require "support.tenant"

-- arg: the library with fork, and how the child ends
local script = [[
local fork = assert(package.loadlib(arg[1], "luaopen_fork"))()
local auth0 = require "auth0"
local linking = require "support.linking"
local tenant = require "support.tenant"

local ends = {
    ["os.exit"] = function() os.exit(0) end,
    ["os.exit with close"] = function() os.exit(0, true) end,
    ["the end of the script"] = function() end,
    ["auth0.close"] = function() auth0.close() os.exit(0) end,
    ["a collection"] = function() collectgarbage() collectgarbage() os.exit(0) end,
}
local at_once = arg[3] == "at once"

linking.start()
linking.reset "link"
assert(linking.link())
local before = tenant.last().connection
local child = fork.fork()
if child == 0 then
    if not at_once then
        assert(linking.unlink())
        assert(tenant.last().connection ~= before, "the parent's connection")
        assert(linking.link())
    end
    return ends[arg[2] ]()
end
assert(fork.wait(child) == 0, "the child failed")
assert(linking.unlink())
assert(tenant.last().connection == before, "another connection")
assert(tenant.record().connections == (at_once and 1 or 2), "connections")
linking.stop()
io.write("done")
]]

-- The child goes on while the parent uses its connection.
local together = [[
local fork = assert(package.loadlib(arg[1], "luaopen_fork"))()
local linking = require "support.linking"
local tenant = require "support.tenant"

linking.start()
linking.reset "link"
assert(linking.link())
local child = fork.fork()
local secondary = child == 0 and "github|7" or "github|8"
for _ = 1, 30 do assert(linking.unlink { secondary = secondary }) end
if child == 0 then os.exit(0) end
assert(fork.wait(child) == 0, "the child failed")
assert(tenant.record().connections == 2, "connections")
linking.stop()
io.write("done")
]]

describe("after a fork", function()
    local library

    setup(function()
        linking.start()
        library = fork.build()
    end)

    teardown(function()
        os.remove(library)
        linking.stop()
    end)

    for _, way in ipairs { "os.exit", "os.exit with close", "the end of the script", "auth0.close", "a collection" } do
        for _, when in ipairs { "after calls of its own", "at once" } do
            it(("the parent keeps its connection when the child ends %s by %s"):format(when, way), function()
                local output = fork.run(script, { library, way, when }, linking.environment())
                assert.equal("done", output)
            end)
        end
    end

    it("parent and child work at the same time", function()
        local output = fork.run(together, { library }, linking.environment())
        assert.equal("done", output)
        assert.equal(61, tenant.record().requests["DELETE /api/v2/users/{id}/identities/{provider}/{user_id}"]
            + tenant.record().requests["POST /api/v2/users/{id}/identities"])
    end)
end)
