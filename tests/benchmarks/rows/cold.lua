--- Many callers at once where there is no connection yet: with a tenant that is there, and with one that is not.
local contenders = require "benchmarks.contenders"
local process = require "support.process"
local report = require "benchmarks.report"
local rounds = require "benchmarks.rounds"
local tenant = require "support.tenant"

local ROUNDS = os.getenv "AUTH0_BENCH_QUICK" == "yes" and 3 or 9
local BURST, ROUND_TRIP, CONNECT_TIMEOUT = 64, 0.05, 1

local here = os.getenv "AUTH0_BENCH_HERE"

local function burst(environment, how)
    local output, status = tenant.run(("%s lua5.4 %s %s %d %g"):format(process.environment(environment),
        process.quoted(here .. "/contenders/burst.lua"), how, BURST, CONNECT_TIMEOUT))
    assert(status == 0, "the burst did not come to its end; its own words are above")
    local last, handshake = output:match("^(%S+) (%S+)\n$")
    return tonumber(last), tonumber(handshake)
end

local function add(what, values, budget)
    local least, most = rounds.range(values)
    report.add { what = what, value = rounds.median(values), least = least, most = most, format = "%.0f",
        relation = "<=", budget = budget }
end

local function measure_up(http)
    local values, budgets = {}, {}
    for i = 1, ROUNDS do
        local last, handshake = burst(contenders.environment(http, true), "up")
        values[i], budgets[i] = 1e3 * last, 1e3 * (3 * ROUND_TRIP + handshake)
    end
    add(("cold burst of %d, tenant 50 ms away, HTTP/%s: p99, ms"):format(BURST, http), values, rounds.median(budgets))
end

-- The kernel makes the connection, and the server never says a word.
local function measure_down()
    local values = {}
    local listener = here .. "/../support/listener.pl"
    local port, pid = tenant.run(("perl %s silent"):format(process.quoted(listener))):match("(%d+)%s+(%d+)")
    local environment = contenders.environment("2")
    environment.AUTH0_BENCH_DOMAIN = "tenant.test:" .. port
    environment.AUTH0_BENCH_RESOLVE = environment.AUTH0_BENCH_DOMAIN .. ":127.0.0.1"
    for i = 1, ROUNDS do values[i] = 1e3 * burst(environment, "down") end
    tenant.run("kill " .. pid)
    add(("telling %d callers that the tenant is down, connect_timeout %d s: the last, ms"):format(BURST,
        CONNECT_TIMEOUT), values, 1e3 * CONNECT_TIMEOUT * 1.1)
end

return function()
    measure_up "1.1"
    measure_up "2"
    measure_down()
end
