--- For busted's --helper: each test runs in the event loop that AUTH0_LOOP names, and what it makes waits in that
--- loop's way, though no spec says so. (In nginx the whole of busted runs in a timer: see tests/support/in_nginx.lua.)
local busted = require "busted"

local unpack = rawget(_G, "unpack") or rawget(table, "unpack")
local name = assert(os.getenv "AUTH0_LOOP", "AUTH0_LOOP names no loop")

local function run_in_cqueues(body)
    local controller = require("cqueues").new()
    local auxlib = require "cqueues.auxlib"
    local good, fault
    controller:wrap(function() good, fault = auxlib.resume(coroutine.create(body)) end)
    assert(controller:loop())
    if not good then error(fault, 0) end
end

-- What is raised in a callback of luv's ends the process.
local protect = pcall
if _VERSION == "Lua 5.1" and not rawget(_G, "jit") then
    protect = function(body) return true, body() end
end

local function run_in_luv(body)
    local uv = require "luv"
    local good, fault
    local thread = coroutine.create(function() good, fault = protect(body) end)
    local started, raised = coroutine.resume(thread)
    if not started then error(raised, 0) end
    uv.run()
    if good == false then error(fault, 0) end
    assert(good, "the loop ended before the test")
    uv.walk(function(handle) error("a handle is left: " .. tostring(handle)) end)
end

local runners = { cqueues = run_in_cqueues, luv = run_in_luv, nginx = function(body) body() end }
local run = assert(runners[name], "AUTH0_LOOP names an unknown loop")

if name ~= "nginx" then
    local loop = require "auth0.loop"
    local named = loop.named
    loop.named = function(given, ...) return named(given or name, ...) end
end

busted.subscribe({ "test", "start" }, function(element)
    local body = element.run
    element.run = function(...)
        local arguments = { ... }
        run(function() body(unpack(arguments)) end)
    end
    return nil, true
end)
