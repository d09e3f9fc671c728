--- The option `loop`: what it may say, and what it says where a library is missing.
local loops = require "support.loops"
local process = require "support.process"

local script = [[
package.preload[arg[1] ] = function() error("not here", 0) end
local auth0 = require "auth0"
for _ = 1, 2 do
    print(select(2, pcall(auth0.tenant, { domain = "tenant.test", token = "x", loop = arg[1] })))
end
print(select(2, pcall(auth0.link, { domain = "tenant.test", token = "x", loop = arg[1], primary = "auth0|1",
    secondary = "auth0|2" })))
]]

-- arg: the loops that are named, in this order; whose tenant the calls are. Port 1 refuses connections.
local in_a_controller = [[
local auth0, cqueues = require "auth0", require "cqueues"
local own = {}
for i = 1, 2 do own[arg[i] ] = auth0.tenant { domain = "127.0.0.1:1", token = "x", loop = arg[i], proxy = false } end
local controller = cqueues.new()
controller:wrap(function()
    io.write(auth0.each({ 1, 2, 3 }, 2, function()
        local _, _, failure = own[arg[3] ]:link("auth0|1", "auth0|2")
        io.write(failure.code, " ")
    end))
end)
assert(controller:loop())
]]

local function has_both() return loops.has "cqueues" and loops.has "luv" end

describe("the option loop", function()
    for _, name in ipairs { "cqueues", "luv" } do
        it(name .. ", whose library is missing, says how to install it, each time", function()
            local output, status = process.run(script, { name })
            assert.equal(0, status, output)
            local _, times = output:gsub(name .. " is not installed: apt%-get install lua%-" .. name
                .. ", or luarocks install " .. name, "")
            assert.equal(3, times, output)
            assert.truthy(output:find("auth0.tenant: loop: ", 1, true), output)
            assert.truthy(output:find("auth0.link: loop: ", 1, true), output)
        end)
    end

    it("of another name lists those that there are", function()
        local output = process.run [[print(select(2, pcall(require("auth0").tenant, { domain = "tenant.test",
            token = "x", loop = "libev" })))]]
        assert.truthy(output:find("loop: expected one of cqueues, luv, nginx, plain", 1, true), output)
    end)

    if has_both() then
        for _, order in ipairs { { "luv", "cqueues" }, { "cqueues", "luv" } } do
            for _, whose in ipairs(order) do
                it(("in a process that names %s and %s, in a controller: a tenant of %s"):format(order[1], order[2],
                    whose), function()
                    local output = process.run(in_a_controller, { order[1], order[2], whose })
                    assert.equal("unreachable unreachable unreachable 3", output)
                end)
            end
        end
    else
        pending("in a process that names two loops: one of them is not installed for " .. _VERSION)
    end
end)
