--- Where the instructions of a link go: by room, libcurl, TLS, Lua itself, beside what the bare loop takes.
local callgrind = require "benchmarks.callgrind"
local contenders = require "benchmarks.contenders"
local report = require "benchmarks.report"

local PLACES = { "Lua itself", "lua", "engine", "token", "http", "os", "pure", "the module's other code", "libcurl",
    "TLS", "libc and the rest" }

return function()
    if not callgrind.is_there() then return report.add_absent("instructions of a link", "there is no valgrind") end
    local bare = callgrind.count(function(links) return contenders.bare("sequential", links) end)
    for _, how in ipairs { "link", "tenant" } do
        local ours = callgrind.count(function(links) return contenders.ours("lua5.4", how, links) end)
        local name = how == "link" and "auth0.link" or "tenant:link"
        for _, place in ipairs(PLACES) do
            report.add { what = ("%s, instructions of a link: %s"):format(name, place), value = ours[place] or 0,
                format = "%.0f", note = ("bare: %.0f"):format(bare[place] or 0) }
        end
    end
end
