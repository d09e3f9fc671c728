--- A token function in cqueues and luv: it may wait, in the loop's way, and makes no call of its own tenant. Where
--- nobody can wait it is asked all the same.
local linking = require "support.linking"
local loops = require "support.loops"
local process = require "support.process"

-- arg: loop, what the function does
local script = [[
local auth0, linking, tenant = require "auth0", require "support.linking", require "support.tenant"
local loops = require "support.loops"
local name, what = arg[1], arg[2]
linking.start()

local function sleep(seconds)
    if name == "cqueues" then return require("cqueues").sleep(seconds) end
    local uv, thread = require "luv", coroutine.running()
    local timer = uv.new_timer()
    timer:start(seconds * 1000, 0, function()
        timer:close()
        assert(coroutine.resume(thread))
    end)
    coroutine.yield()
end

loops.run(name, function()
    local own, told
    own = auth0.tenant { domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca, proxy = false,
        loop = name, attempt_timeout = 3, token = function()
            if what ~= "in a sort" then sleep(0.05) end
            if what == "a call" then told = select(2, pcall(own.user, own, linking.primary)) end
            return linking.token, 60
        end }
    local function ask() assert(own:user(linking.primary)) end
    if what == "in a sort" then
        table.sort({ 2, 1 }, function(a, b)
            ask()
            return a < b
        end)
    end
    for _ = 1, 2 do ask() end
    io.write("found ", tostring(told))
    own:close()
end)
linking.stop()
]]

loops.each(pending, function(name)
    if name ~= "plain" then
        describe("in the loop " .. name, function()
            setup(linking.start)
            teardown(linking.stop)
            before_each(function() linking.reset() end)

            local function run(what)
                return (process.run(script, { name, what }, linking.environment()))
            end

            it("a token function may wait", function()
                assert.equal("found nil", run "nothing else")
            end)

            it("a token function is asked also where nobody can wait", function()
                assert.equal("found nil", run "in a sort")
            end)

            it("a token function's call of its own tenant is refused at once", function()
                local output = run "a call"
                assert.truthy(output:find("^found auth0: a token function makes no call of its own tenant"), output)
            end)
        end)
    end
end)
