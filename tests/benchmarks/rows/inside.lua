--- Inside nginx, one worker, 64 in flight, the tenant 50 ms away: what a neighbour notices, and what the worker's own
--- thread spends, against a bare loop over cosockets at the same rate.
local contenders = require "benchmarks.contenders"
local nginx = require "support.nginx"
local process = require "support.process"
local report = require "benchmarks.report"
local rounds = require "benchmarks.rounds"
local tenant = require "support.tenant"

local is_quick = os.getenv "AUTH0_BENCH_QUICK" == "yes"
local ROUNDS, SECONDS = is_quick and 3 or 9, is_quick and 2 or 4
local LANES, RATE, NEIGHBOURS = 64, 800, 200 -- at 50 ms, 64 in flight would make 1,280

local build = os.getenv "AUTH0_BENCH_BUILD"

local conf = [[
    lua_package_path "@PATH@;;";
    lua_package_cpath "@CPATH@;;";
    lua_ssl_trusted_certificate @CA@;
    lua_ssl_verify_depth 2;
    init_by_lua_block {
        reach = { domain = "@DOMAIN@", resolve = { "@DOMAIN@:127.0.0.1" }, ca_file = "@CA@", proxy = false,
            token = "@TOKEN@" }
        lanes = require "benchmarks.inside.lanes"
        auth0 = require "auth0"
        makers = {
            ours = function()
                local own = auth0.tenant(reach)
                return function(primary, secondary) return own:link(primary, secondary) end
            end,
            bare = function() return require("benchmarks.inside.cosocket").new(reach) end,
        }
        links = {}
    }
    server {
        listen 127.0.0.1:@PORT@;
        keepalive_requests 1000000;
        location = /neighbour { content_by_lua_block { return ngx.exit(204) } }
        location = /run { content_by_lua_block {
            local how = ngx.var.arg_how
            links[how] = links[how] or makers[how]()
            local done, fault = lanes.run(links[how], tonumber(ngx.var.arg_lanes), tonumber(ngx.var.arg_rate),
                tonumber(ngx.var.arg_seconds))
            ngx.say(done, " ", fault or "no fault")
        } }
    }
]]

-- Seconds that the thread which serves requests was on a processor.
local function main_thread(pid)
    local file = assert(io.open(("/proc/%s/task/%s/schedstat"):format(pid, pid)))
    local nanoseconds = file:read("*n")
    file:close()
    return nanoseconds / 1e9
end

local function run(client, how, seconds)
    local command = ("curl -q -s --noproxy '*' 'http://127.0.0.1:%s/run?how=%s&lanes=%d&rate=%d&seconds=%g' & "
        .. "%s %s %d %g; wait"):format(client.port, how, LANES, RATE, seconds,
        process.quoted(build .. "/bare/neighbour"), client.port, NEIGHBOURS, seconds)
    local before = main_thread(client.worker)
    local output = tenant.run(command)
    local cpu = main_thread(client.worker) - before
    local middle, p99 = output:match("(%d+%.%d+) (%d+%.%d+) %d+%.%d+\n")
    local done, fault = output:match("(%d+) (%D[^\n]*)\n")
    if fault ~= "no fault" or not p99 then
        error(("%s inside nginx: %s"):format(how, fault or output), 0)
    end
    return { links = tonumber(done), p99 = tonumber(p99), p50 = tonumber(middle), cpu = cpu / tonumber(done) }
end

local function measure(client)
    local runs = { ours = {}, bare = {} }
    for _, how in ipairs { "ours", "bare" } do run(client, how, 1) end -- the first of each shakes hands
    for i = 1, ROUNDS do
        for _, how in ipairs { "ours", "bare" } do runs[how][i] = run(client, how, SECONDS) end
    end
    local what = ("in nginx, %d in flight, tenant 50 ms away, %d links a second: "):format(LANES, RATE)
    report.add { what = what .. "bare cosockets, a neighbour's p99, ms", value = rounds.typical(runs.bare, "p99"),
        format = "%.2f", note = ("%.1f us of CPU a link"):format(rounds.typical(runs.bare, "cpu") * 1e6) }
    for _, row in ipairs { { "a neighbour's p99", "p99", 1.0 }, { "CPU of the worker's thread", "cpu", 0.8 } } do
        report.add_ratio({ what = what .. row[1], format = "%.2fx", relation = "<=", budget = row[3] },
            rounds.ratio(runs.ours, runs.bare, row[2]))
    end
end

return function()
    if not contenders.has "luajit" then
        return report.add_absent("in nginx: a neighbour's p99, CPU of the worker's thread", "no LuaJIT to build for")
    end
    rounds.place "anywhere"
    local environment = contenders.environment("2", true)
    local words = { PATH = package.path, CPATH = build .. "/luajit/?.so", CA = environment.AUTH0_BENCH_CA,
        DOMAIN = environment.AUTH0_BENCH_DOMAIN, TOKEN = os.getenv "AUTH0_BENCH_TOKEN" }
    local client = nginx.start((conf:gsub("@(%u+)@", words)))
    client.worker = tenant.run("pgrep -P " .. client.pid):match("%d+")
    local good, fault = pcall(measure, client)
    if not good then io.stderr:write(tenant.run(("tail -n 5 %s/error.log"):format(client.dir)), "\n") end
    nginx.stop()
    if not good then error(fault, 0) end
end
