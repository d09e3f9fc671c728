--- Inside nginx a call would block the worker: it raises instead, saying why.
local auth0 = require "auth0"
local linking = require "support.linking"
local nginx = require "support.nginx"
local process = require "support.process"
local tenant = require "support.tenant"

describe("inside nginx", function()
    setup(linking.start)

    teardown(function()
        nginx.stop()
        linking.stop()
    end)

    before_each(function() linking.reset() end)
    after_each(function() rawset(_G, "ngx", nil) end)

    local function options_for(goal)
        if goal ~= "tenant" then return linking.options() end
        return linking.options { primary = linking.absent, secondary = linking.absent }
    end

    for _, goal in ipairs { "link", "unlink", "tenant" } do
        it(goal .. " raises, blames the caller's line, and sends nothing", function()
            rawset(_G, "ngx", { get_phase = function() return "content" end })
            local line
            local done, message = pcall(function()
                line = debug.getinfo(1, "l").currentline; auth0[goal](options_for(goal))
            end)
            rawset(_G, "ngx", nil)
            assert.is_false(done)
            local where = ("%s:%d: auth0.%s "):format(debug.getinfo(1, "S").short_src, line, goal)
            assert.equal(where, message:sub(1, #where))
            assert.truthy(message:find("nginx", 1, true), message)
            assert.truthy(message:find("block", 1, true), message)
            assert.falsy(message:find(linking.token, 1, true))
            assert.same({ changes = {}, connections = 0, requests = {} }, tenant.record())
        end)
    end

    it("something else that is called ngx is no hindrance", function()
        for _, other in ipairs { {}, "ngx", 1 } do
            rawset(_G, "ngx", other)
            linking.reset()
            local identities, message = linking.link()
            rawset(_G, "ngx", nil)
            assert.is_table(identities, message)
        end
    end)

    -- nginx's Lua is LuaJIT: it loads a module that was built for that or for Lua 5.1, and that needs no sanitizer's
    -- runtime.
    if _VERSION == "Lua 5.1" and (os.getenv "AUTH0_PRELOAD" or "") == "" then
        it("a content handler gets the error, and the worker lives on", function()
            local server = nginx.start(([[
    lua_package_path "%s";
    lua_package_cpath "%s";
    server {
        listen 127.0.0.1:@PORT@;
        location / { content_by_lua_block {
            local auth0 = require "auth0"
            local done, message = pcall(auth0.link, { domain = "%s", token = "x", primary = "auth0|1",
                secondary = "auth0|2", resolve = { "%s" } })
            ngx.print(tostring(done), " ", message)
        } }
    }]]):format(package.path, package.cpath, tenant.domain, tenant.resolve))
            for _ = 1, 2 do
                local output, status = tenant.run("curl -s -S --noproxy '*' http://127.0.0.1:" .. server.port)
                assert.equal(0, status)
                assert.truthy(output:find("^false .*auth0%.link .*nginx"), output)
            end
            assert.equal(0, tenant.record().connections)
        end)
    end

    it("loading the module alone raises nothing", function()
        local output, status = process.run([[ngx = { get_phase = function() return "init" end }
            io.write(type(require("auth0").link))]])
        assert.same({ "function", 0 }, { output, status })
    end)
end)
