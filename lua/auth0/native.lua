--- The C module, auth0.core. If it is missing, or was built for another Lua, this raises an error that says how to
--- build it.
local CMAKE = "cmake -B build -DAUTH0_LUA=%s && cmake --build build && cmake --install build"
local ROCKS = "luarocks --lua-version %s make rockspec/lua-auth0-dev-1.rockspec"

-- The name of this Lua in sentences, for CMake and for LuaRocks.
local function names()
    local number = _VERSION:match "%d+%.%d+"
    if rawget(_G, "jit") then return "LuaJIT", "luajit (or openresty)", number end
    return "Lua " .. number, "lua" .. number, number
end

-- What is wrong with the module, if it is missing or was built for another Lua; else nil.
local function cause_of(fault)
    if fault:find "^module 'auth0%.core' not found" then return "is missing" end
    local symbol = fault:match "undefined symbol: (luaL?_%w+)" or fault:match "symbol not found.*_(luaL?_%w+)"
    if symbol then return ("was built for another Lua (undefined symbol: %s)"):format(symbol) end
    local mismatch = fault:match "version mismatch.*" or fault:match "core and library have incompatible.*"
    return mismatch and ("was built for another Lua (%s)"):format(mismatch)
end

local good, core = pcall(require, "auth0.core")
if not good then
    local fault = tostring(core)
    local cause = cause_of(fault)
    if not cause then error(fault, 0) end
    local stray = fault:match "from file '(%./auth0/core%.so)'"
    if stray then
        error(('auth0: %s %s, and "luarocks make" leaves it in the checkout: remove it\n%s')
            :format(stray, cause, fault), 0)
    end
    local people, cmake, number = names()
    error(('auth0: its C module %s; this is %s: build it in the checkout with "%s", or with "%s"\n%s'):format(cause,
        people, CMAKE:format(cmake), ROCKS:format(number), fault), 0)
end

return core
