--- A C module that is missing, or was built for another Lua: require says for which to build it, and how.
local process = require "support.process"
local tenant = require "support.tenant"

-- An interpreter, how people call its Lua, and what builds for it.
local others = {
    { "lua5.1", "Lua 5.1", "-DAUTH0_LUA=lua5.1 ", "--lua-version 5.1 " },
    { "lua5.3", "Lua 5.3", "-DAUTH0_LUA=lua5.3 ", "--lua-version 5.3 " },
    { "lua5.4", "Lua 5.4", "-DAUTH0_LUA=lua5.4 ", "--lua-version 5.4 " },
    { "luajit", "LuaJIT", "-DAUTH0_LUA=luajit (or openresty) ", "--lua-version 5.1 " },
}

local is_sanitized = (os.getenv "AUTH0_PRELOAD" or "") ~= ""

local function is_there(name)
    return select(2, tenant.run("command -v " .. name .. " >/dev/null")) == 0
end

local function required(interpreter, module, cpath, before)
    local script = ('%s local good, fault = pcall(require, "%s") io.write(good and "good" or fault)')
        :format(before or "", module)
    return (tenant.run(("%s %s -e %s 2>&1"):format(cpath and process.environment { LUA_CPATH = cpath } or "",
        interpreter, process.quoted(script))))
end

local function check(told, case, cause)
    assert.equal(("auth0: its C module %s"):format(cause), told:sub(1, 20 + #cause))
    for _, words in ipairs { "; this is " .. case[2] .. ": build it", case[3], case[4], "cmake --install build" } do
        assert.truthy(told:find(words, 1, true), told)
    end
end

describe("require, where the C module #plain", function()
    for _, case in ipairs(others) do
        if is_there(case[1]) then
            it("is missing, says how to build it for " .. case[1], function()
                for _, module in ipairs { "auth0", "auth0.mock" } do
                    local told = required(case[1], module, "/nonexistent/?.so")
                    check(told, case, "is missing")
                    assert.truthy(told:find("no file '/nonexistent/auth0/core.so'", 1, true), told)
                end
            end)

            it("is of another Lua, says so to " .. case[1], function()
                local told = required(case[1], "auth0")
                -- LuaJIT takes what was built for 5.1. What a sanitizer was built into needs its runtime first.
                if told == "good" or told:find "module .cjson." or is_sanitized then return end
                check(told, case, "was built for another Lua (") -- which symbol is missing, or what version is needed
            end)

            it("loads and finds another Lua, says so to " .. case[1], function()
                local words = "version mismatch: library needs Lua 504, this is Lua 505"
                check(required(case[1], "auth0", nil, ('package.preload["auth0.core"] = function() error("%s") end')
                    :format(words)), case, ("was built for another Lua (%s)"):format(words))
            end)

            it("of another Lua is in the working folder, says to remove it to " .. case[1], function()
                local told = required(case[1], "auth0", nil, 'package.preload["auth0.core"] = function() error("error '
                    .. "loading module 'auth0.core' from file './auth0/core.so':\\n\\t./auth0/core.so: undefined "
                    .. 'symbol: lua_rawgetp", 0) end')
                assert.equal("auth0: ./auth0/core.so was built for another Lua (undefined symbol: lua_rawgetp), and "
                    .. '"luarocks make" leaves it in the checkout: remove it\n', told:match "^[^\n]*\n")
            end)

            it("cannot be loaded for another reason, keeps its words for " .. case[1], function()
                local told = required(case[1], "auth0", nil,
                    'package.preload["auth0.core"] = function() error("libcurl.so.4: no such file", 0) end')
                assert.equal("libcurl.so.4: no such file", told)
            end)
        end
    end
end)

describe("require, where lua-cjson #plain", function()
    local function without(before)
        return required(process.lua(), "auth0", nil, before)
    end

    it("cannot be loaded, says how to install it for this Lua", function()
        local told = without 'package.preload.cjson = function() error("no cjson here", 0) end'
        assert.equal(('auth0: lua-cjson cannot be loaded: install it with "apt-get install lua-cjson" or "luarocks '
            .. '--lua-version %s install lua-cjson"\nno cjson here'):format(_VERSION:match "%d+%.%d+"), told)
    end)

    it("is another module, or too old, says so", function()
        assert.equal("auth0 needs lua-cjson; what is installed as cjson is another module",
            without "package.loaded.cjson = 5")
        assert.equal("auth0 needs lua-cjson 2.1 or newer; what is installed as cjson has no new()",
            without "package.loaded.cjson = {}")
    end)
end)
