--- For busted's --helper: each test runs in the event loop that AUTH0_LOOP names, and what it makes waits in that
--- loop's way, though no spec says so. (In nginx the whole of busted runs in a timer: see tests/support/in_nginx.lua.)
local busted = require "busted"
local loops = require "support.loops"

local name = assert(os.getenv "AUTH0_LOOP", "AUTH0_LOOP names no loop")
local unpack = rawget(_G, "unpack") or rawget(table, "unpack")

if name ~= "nginx" then
    loops.has(name) -- so that luv is loaded once
    local loop = require "auth0.loop"
    local named = loop.named
    loop.named = function(given, ...) return named(given or name, ...) end
end

busted.subscribe({ "test", "start" }, function(element)
    local body = element.run
    element.run = function(...)
        local arguments = { ... }
        loops.run(name, function() body(unpack(arguments)) end)
    end
    return nil, true
end)
