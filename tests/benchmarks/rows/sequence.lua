--- Links one after another, and the instructions that one takes.
local callgrind = require "benchmarks.callgrind"
local contenders = require "benchmarks.contenders"
local report = require "benchmarks.report"
local rounds = require "benchmarks.rounds"

local is_quick = os.getenv "AUTH0_BENCH_QUICK" == "yes"
local LINKS, ROUNDS = is_quick and 1000 or 2000, is_quick and 7 or 21

local budgets = { ["1.1"] = { rate = 0.85, cpu = 1.25 }, ["2"] = { rate = 0.86, cpu = 1.22 } }

local function field_of(http)
    local function contender(name, command, links, lua)
        return { name = name, command = command, links = links or LINKS,
            environment = contenders.environment(http, false, lua) }
    end
    local list = {
        contender("auth0.link", contenders.ours("lua5.4", "link", LINKS)),
        contender("bare", contenders.bare("sequential", LINKS)),
        contender("tenant:link", contenders.ours("lua5.4", "tenant", LINKS)),
    }
    for _, lua in ipairs { "luajit", "lua5.1" } do
        if contenders.has(lua) then
            list[#list + 1] = contender("auth0.link, " .. lua, contenders.ours(lua, "link", LINKS), LINKS, lua)
        end
    end
    for _, peer in ipairs(contenders.peers()) do
        local links = LINKS * peer.share
        if peer.command and peer.http[http] then
            list[#list + 1] = contender(peer.name, peer.command(links), links)
            list[#list].is_peer = true
        end
    end
    return list
end

local function add(job, name, runs, budget)
    for _, what in ipairs { "rate", "cpu" } do
        report.add_ratio({ what = ("%s: %s, %s"):format(job, name, what == "cpu" and "CPU" or what),
            format = "%.2fx", relation = what == "rate" and ">=" or "<=", budget = budget and budget[what] },
            rounds.ratio(runs[name], runs.bare, what))
    end
end

-- The other choice of a Lua user, in the same Lua.
local function add_ahead(job, runs, peer)
    local ours = runs["auth0.link, " .. (peer.lua or "")]
    if not ours or not runs[peer.name] then return end
    for _, what in ipairs { "rate", "cpu" } do
        local name = ("%s: auth0.link beside lua-curl, %s, %s"):format(job, peer.lua, what == "cpu" and "CPU" or what)
        report.add_ratio({ what = name, format = "%.2fx", relation = what == "rate" and ">=" or "<=", budget = 1 },
            rounds.ratio(ours, runs[peer.name], what))
    end
end

local has_budget = { ["auth0.link"] = true, ["tenant:link"] = true }

-- On the server's own core nothing is ever waited for: there the client's own cost shows, which is held against the
-- budgets. What of it shows where a client waits for a tenant that is elsewhere is told by the row of another core.
local function rates(http, place)
    local is_held = place == "same"
    local job = ("one after another, HTTP/%s%s"):format(http, is_held and ", on the server's core" or "")
    rounds.place(place)
    local list = field_of(http)
    local runs = rounds.run(list, ROUNDS)
    report.add { what = job .. ": bare libcurl, links per second", value = rounds.typical(runs.bare, "rate"),
        format = "%.0f", note = ("%.1f us of CPU"):format(rounds.typical(runs.bare, "cpu") * 1e6) }
    for _, each in ipairs(list) do
        local budget = is_held and has_budget[each.name] and budgets[http]
        if each.name ~= "bare" and runs[each.name] then add(job, each.name, runs, budget) end
    end
    for _, peer in ipairs(contenders.peers()) do
        local reason = peer.command and "it fails; its own words are on the error stream" or peer.reason
        if peer.http[http] and not runs[peer.name] then report.add_absent(job .. ": " .. peer.name, reason) end
        if is_held then add_ahead(job, runs, peer) end
    end
end

local function count_instructions()
    local WHAT = "instructions of a link above bare libcurl's, HTTP/1.1"
    if not callgrind.is_there() then return report.add_absent(WHAT, "there is no valgrind") end
    local _, bare = callgrind.count(function(links) return contenders.bare("sequential", links) end)
    for _, how in ipairs { "link", "tenant" } do
        local _, ours = callgrind.count(function(links) return contenders.ours("lua5.4", how, links) end)
        report.add { what = ("%s: %s"):format(WHAT, how == "link" and "auth0.link" or "tenant:link"),
            value = ours - bare, format = "%+.0f", note = ("bare: %.0f"):format(bare), relation = "<=", budget = 40000 }
    end
end

return function()
    for _, http in ipairs { "1.1", "2" } do
        rates(http, "others")
        rates(http, "same")
    end
    count_instructions()
end
