--- This library beside libcurl alone, in strictly alternating rounds against one nginx that always gives the same
--- answer: its cost is the difference.
local nginx = require "support.nginx"
local process = require "support.process"
local support = require "benchmarks.support"
local tenant = require "support.tenant"

local here = debug.getinfo(1, "S").source:match("^@(.*/)")
local is_quick = support.is_quick
local ROUNDS = is_quick and 3 or 7

local IDENTITIES = [==[[{"provider":"auth0","user_id":"p","connection":"Username-Password-Authentication",]==]
    .. [==["isSocial":false},{"provider":"google-oauth2","user_id":"s","connection":"google-oauth2",]==]
    .. [==["isSocial":true,]==]
    .. [==["profileData":{"email":"ann@example.com","email_verified":true,"name":"Ann","picture":"https://e.co/a"}}]]==]

local conf = [[
    ssl_certificate @TENANT@/server.pem;
    ssl_certificate_key @TENANT@/server.key;
    keepalive_requests 1000000;
    http2_max_concurrent_streams 128;
    default_type application/json;
    server {
        listen 127.0.0.1:@PORT@ ssl http2 default_server;
        server_name tenant.test;
        location / { return 201 '@ANSWER@'; }
    }
    server {
        listen 127.0.0.1:@PORT@ ssl http2;
        server_name localhost;
        location / { content_by_lua_block { ngx.sleep(0.05) ngx.status = 201
            ngx.header["Content-Length"] = @SIZE@ ngx.print('@ANSWER@') } }
    }
]]

local server

local function build()
    local program = os.tmpname()
    local _, status = tenant.run(("cc -O2 -o %s %s $(pkg-config --cflags --libs libcurl)")
        :format(process.quoted(program), process.quoted(here .. "bare/loop.c")))
    assert(status == 0, "bare/loop.c cannot be built")
    return program
end

local function command(job, is_ours, program)
    local name = job.is_slow and "localhost" or "tenant.test"
    local environment = ("URL=https://%s:%s/api/v2/users/auth0%%7Cp/identities RESOLVE=%s:%s:127.0.0.1 CA=%s TOKEN=%s")
        :format(name, server.port, name, server.port, tenant.ca, server.token)
    local what = is_ours and process.lua() .. " " .. process.quoted(here .. "ours.lua") or program
    return ("env %s %s %s %s %s %d %d %s"):format(environment, job.under or "", what, job.mode, job.http, job.count,
        job.in_flight or 1, is_ours and job.threaded and "thread" or "")
end

-- Links a second, CPU microseconds a link, and the peak of memory in KiB.
local function measure(job, is_ours, program)
    local output, status = tenant.run(command(job, is_ours, program) .. " 2>&1")
    local rate, cpu, failures, peak = output:match "([%d.]+) ([%d.]+) (%d+) ?(%d*)\n"
    assert(status == 0 and failures == "0", output)
    return { rate = tonumber(rate), cpu = tonumber(cpu), peak = tonumber(peak) }
end

local function median(values)
    table.sort(values)
    return values[math.floor(#values / 2) + 1], values[1], values[#values]
end

local rows, is_met = {}, true

local function add(name, ratio, least, most, budget, is_least, format)
    local good = budget == nil or (is_least and ratio >= budget) or (not is_least and ratio <= budget)
    is_met = is_met and good
    format = format or "%.2f"
    rows[#rows + 1] = { name, format:format(ratio), format:format(least) .. " - " .. format:format(most),
        budget and (is_least and ">= " or "<= ") .. format:format(budget) or "", budget == nil and "" or
        good and "met" or "short" }
    io.write((" %-58s %9s  (%s)  %s  %s\n"):format(rows[#rows][1], rows[#rows][2], rows[#rows][3], rows[#rows][4],
        rows[#rows][5]))
end

local function compare(job, program)
    local rates, cpus, peaks = {}, {}, {}
    for i = 1, ROUNDS do
        local ours = measure(job, true, program)
        local bare = measure(job, false, program)
        rates[i], cpus[i] = ours.rate / bare.rate, ours.cpu / bare.cpu
        peaks[i] = ours.peak / 1024
    end
    local rate, slowest, fastest = median(rates)
    add(job.name .. ": rate", rate, slowest, fastest, job.rate, true)
    local cpu, least, most = median(cpus)
    add(job.name .. ": CPU", cpu, least, most, job.cpu, false)
    if not job.memory then return end
    local _, smallest, largest = median(peaks)
    add(job.name .. ": peak of memory, MB", largest, smallest, largest, job.memory, false, "%.1f")
end

-- Instructions a link, by callgrind: the difference of two runs, so that what is done once does not count.
local function instructions(is_ours, program)
    local counts = {}
    local few, many = is_quick and 20 or 100, is_quick and 220 or 1100
    for i, count in ipairs { few, many } do
        local job = { mode = "sequential", http = "1.1", count = count,
            under = "valgrind --tool=callgrind --callgrind-out-file=/dev/null" }
        local output = tenant.run(command(job, is_ours, program) .. " 2>&1")
        counts[i] = tonumber((assert(output:match "Collected : (%d+)", output)))
    end
    return (counts[2] - counts[1]) / (many - few)
end

local times = is_quick and 1 or 4

local JOBS = {
    { name = "one after another, HTTP/1.1", mode = "sequential", http = "1.1", count = 1500 * times, rate = 0.92,
        cpu = 1.15 },
    { name = "one after another, HTTP/2", mode = "sequential", http = "2", count = 1500 * times, rate = 0.96,
        cpu = 1.10 },
    { name = "50 in flight, HTTP/1.1", mode = "multi", http = "1.1", count = 3000 * times, in_flight = 50, rate = 0.92,
        memory = 18 },
    { name = "50 in flight, HTTP/2", mode = "multi", http = "2", count = 3000 * times, in_flight = 50, rate = 0.92,
        memory = 18 },
    { name = "50 in flight, HTTP/2, by a thread", mode = "multi", http = "2", count = 3000 * times, in_flight = 50,
        threaded = true },
    { name = "50 in flight, a tenant 50 ms away, HTTP/1.1", mode = "multi", http = "1.1", count = 2000, in_flight = 50,
        is_slow = true, rate = 0.99 },
    { name = "50 in flight, a tenant 50 ms away, HTTP/2", mode = "multi", http = "2", count = 2000, in_flight = 50,
        is_slow = true, rate = 0.99 },
}

local function read_load()
    return (tenant.run "cat /proc/loadavg"):match "%S+"
end

local function measure_all(program)
    tenant.start()
    server = nginx.start((conf:gsub("@%u+@", { ["@TENANT@"] = tenant.dir, ["@SIZE@"] = tostring(#IDENTITIES),
        ["@ANSWER@"] = IDENTITIES })))
    server.token = tenant.token { kind = "machine" }
    for _, job in ipairs(JOBS) do compare(job, program) end
    require("benchmarks.neighbour").compare(server, ROUNDS, is_quick and 1000 or 4000, add)
    local above = instructions(true, program) - instructions(false, program)
    add("instructions a link above libcurl's, HTTP/1.1", above, above, above, 40000, false, "%.0f")
end

-- With the load: on a machine that others use as well, rates say less than instructions do.
local function describe_machine(load_before)
    return ("%s cores, %s, libcurl %s, load %s before and %s after, %s\n"):format((tenant.run "nproc"):match "%d+",
        (tenant.run "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1"):match "[^\n]*",
        require("auth0.core").curl_version, load_before, read_load(), os.date "%Y-%m-%d")
end

local program, load_before = build(), read_load()
-- What was started here ends also where a row fails.
local is_done, message = xpcall(function() measure_all(program) end, debug.traceback)
nginx.stop()
tenant.stop()
os.remove(program)
assert(is_done, message)
io.write(describe_machine(load_before))
if not is_met then os.exit(1) end
