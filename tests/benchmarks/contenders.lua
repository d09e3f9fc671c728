--- Who is measured, and how each is started. The token travels in the environment: arguments can be seen.
local telemetry = require "auth0.telemetry"
local process = require "support.process"
local tenant = require "support.tenant"

local contenders = {}

local build, here = os.getenv "AUTH0_BENCH_BUILD", os.getenv "AUTH0_BENCH_HERE"
local dir, port = os.getenv "AUTH0_BENCH_DIR", os.getenv "AUTH0_BENCH_PORT"
contenders.dir = dir

local function exists(name)
    local file = io.open(name)
    if file then file:close() end
    return file ~= nil
end

--- What all of them are told.
---@param http "1.1"|"2"
---@param is_slow boolean|nil the tenant that is 50 ms away
---@param lua "lua5.4"|"luajit"|"lua5.1"|nil whose module of ours; lua5.4's
---@return table<string, string>
function contenders.environment(http, is_slow, lua)
    local domain = ("%s.test:%s"):format(is_slow and "slow" or "tenant", port)
    return { AUTH0_BENCH_DOMAIN = domain, AUTH0_BENCH_RESOLVE = domain .. ":127.0.0.1",
        AUTH0_BENCH_CA = dir .. "/ca.pem", AUTH0_BENCH_HTTP = http, AUTH0_BENCH_USER_AGENT = telemetry.user_agent,
        AUTH0_BENCH_TELEMETRY = telemetry.header, NODE_EXTRA_CA_CERTS = dir .. "/ca.pem",
        NODE_PATH = build .. "/sdk/node_modules", LUA_CPATH = ("%s/%s/?.so;;"):format(build, lua or "lua5.4") }
end

---@param program "sequential"|"parallel"
---@param links integer
---@param most integer|nil
---@return string command
function contenders.bare(program, links, most)
    return ("%s %d %s"):format(process.quoted(build .. "/bare/" .. program), links, most or "")
end

---@param lua "lua5.4"|"luajit"|"lua5.1"
---@param how "link"|"tenant"|"each"|"thread"|"once"
---@param links integer
---@param most integer|nil
---@return string command
function contenders.ours(lua, how, links, most)
    return ("%s %s %s %d %s"):format(lua, process.quoted(here .. "/contenders/ours.lua"), how, links, most or "")
end

---@param lua "luajit"|"lua5.1"
---@return boolean
function contenders.has(lua)
    return exists(("%s/%s/auth0/core.so"):format(build, lua))
end

-- The first of the interpreters in which all of the modules load; or nil and why not.
local function interpreter(list, modules)
    local words = {}
    for _, name in ipairs(modules) do words[#words + 1] = ("require %q"):format(name) end
    for _, lua in ipairs(list) do
        local _, status = tenant.run(("env -u LUA_PATH -u LUA_CPATH %s -e %s >/dev/null 2>&1"):format(lua,
            process.quoted(table.concat(words, " "))))
        if status == 0 then return lua end
    end
    return nil, ("none of %s has %s"):format(table.concat(list, ", "), table.concat(modules, " and "))
end

---@class bench.peer
---@field name string
---@field http table<string, boolean> which it speaks
---@field command (fun(links: integer): string)|nil
---@field reason string|nil why it is not here
---@field share number how many of the links it is given: some take long
---@field lua string|nil the Lua that it runs in, where this library is held against it in the same one

local function script(lua, name)
    return function(links)
        return ("env -u LUA_PATH -u LUA_CPATH %s %s %d"):format(lua, process.quoted(here .. "/contenders/" .. name),
            links)
    end
end

local function lua_curl(lua)
    local found, reason = interpreter({ lua }, { "curl", "cjson" })
    return { name = "lua-curl 0.3 and cjson, " .. lua, http = { ["1.1"] = true }, share = 1,
        command = found and script(lua, "lua_curl.lua"), reason = reason, lua = lua }
end

local peers

--- The same ones for the whole run, though others may be installed meanwhile.
---@return bench.peer[]
function contenders.peers()
    if peers then return peers end
    local http, no_http = interpreter({ "lua5.4", "lua5.3", "lua5.1" }, { "http.client", "cjson" })
    local is_there = exists(build .. "/sdk/installed.json")
    peers = {
        lua_curl "lua5.1", lua_curl "luajit",
        { name = "lua-http and cjson" .. (http and ", " .. http or ""), http = { ["1.1"] = true, ["2"] = true },
            share = 0.5, command = http and script(http, "lua_http.lua"), reason = no_http },
        { name = "Auth0's SDK for Node", http = { ["1.1"] = true }, share = 0.2,
            command = is_there and function(links)
                return ("node %s %d"):format(process.quoted(here .. "/contenders/sdk.js"), links)
            end, reason = os.getenv "AUTH0_BENCH_SDK" },
    }
    return peers
end

return contenders
