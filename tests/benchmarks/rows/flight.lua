--- Many links in flight, against curl_multi with as many.
local contenders = require "benchmarks.contenders"
local report = require "benchmarks.report"
local rounds = require "benchmarks.rounds"

local is_quick = os.getenv "AUTH0_BENCH_QUICK" == "yes"
local IN_FLIGHT = 50

local jobs = {
    { what = "50 in flight", links = is_quick and 3000 or 6000, rounds = is_quick and 7 or 21,
        budgets = { ["1.1"] = { rate = 0.82, cpu = 1.25 }, ["2"] = { rate = 0.85, cpu = 1.22 } } },
    { what = "50 in flight, tenant 50 ms away", is_slow = true, links = is_quick and 1000 or 3000,
        rounds = is_quick and 3 or 7, budgets = { ["1.1"] = { rate = 0.99 }, ["2"] = { rate = 0.99 } } },
}

local function measure(job, http)
    local function contender(name, command, lua)
        return { name = name, command = command, links = job.links,
            environment = contenders.environment(http, job.is_slow, lua) }
    end
    local list = {
        contender("auth0.each", contenders.ours("lua5.4", "each", job.links, IN_FLIGHT)),
        contender("bare", contenders.bare("parallel", job.links, IN_FLIGHT)),
    }
    if not job.is_slow then -- reported: it shares the cores that the others have for themselves
        local command = contenders.ours("lua5.4", "thread", job.links, IN_FLIGHT)
        list[#list + 1] = contender("auth0.each, by a thread", command)
    end
    if contenders.has "luajit" then
        list[#list + 1] = contender("auth0.each, luajit", contenders.ours("luajit", "each", job.links, IN_FLIGHT),
            "luajit")
    end
    local runs = rounds.run(list, job.rounds)
    local what = ("%s, HTTP/%s"):format(job.what, http)
    report.add { what = what .. ": bare curl_multi, links per second", value = rounds.typical(runs.bare, "rate"),
        format = "%.0f", note = ("%.1f us of CPU"):format(rounds.typical(runs.bare, "cpu") * 1e6) }
    for _, each in ipairs(list) do
        local name = each.name
        if name ~= "bare" then
            for _, field in ipairs { "rate", "cpu" } do
                report.add_ratio({ what = ("%s: %s, %s"):format(what, name, field == "cpu" and "CPU" or "rate"),
                    format = "%.3fx", relation = field == "rate" and ">=" or "<=",
                    budget = name == "auth0.each" and job.budgets[http][field] or nil },
                    rounds.ratio(runs[name], runs.bare, field))
            end
        end
    end
end

-- What a call costs must not grow with the number of others.
local function measure_many(http)
    local MANY, LINKS = 1000, is_quick and 3000 or 10000
    local list = {}
    for _, most in ipairs { IN_FLIGHT, MANY } do
        list[#list + 1] = { name = most, links = LINKS, environment = contenders.environment(http, true),
            command = contenders.ours("lua5.4", "each", LINKS, most) }
    end
    local runs = rounds.run(list, is_quick and 3 or 7)
    report.add_ratio({ what = ("%d in flight beside %d, HTTP/%s: CPU"):format(MANY, IN_FLIGHT, http), format = "%.2fx",
        relation = "<=", budget = 1.1 }, rounds.ratio(runs[MANY], runs[IN_FLIGHT], "cpu"))
end

return function()
    rounds.place "others"
    for _, job in ipairs(jobs) do
        measure(job, "1.1")
        measure(job, "2")
    end
    measure_many "1.1"
    measure_many "2"
    report.add_absent("50 in flight: lua-curl and cjson", "Debian's lua-curl (0.3) has no curl_multi")
end
