--- The option `loop`: what it may say, and what it says where a library is missing.
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
end)
