-- What tests/soak --loop runs beside a tenant: fifty links at a time, each followed by an unlink, in one process whose
-- engine has a thread; a new tenant every round, so that threads and descriptors come and go.
local loops = require "support.loops"
local process = require "support.process"
local served = require "support.served"
local tenant = require "support.tenant"

local name, minutes = arg[1], tonumber(arg[2])
local PAIRS, ROUND, MEBIBYTE = 50, 2000, 1024

-- ---- where the rounds run: in this process, or in nginx's worker ----

local function here()
    local round = require "soak_round"
    return {
        pid = process.id(),
        round = function()
            loops.run(name, function()
                round({ domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca, loop = name,
                    token = os.getenv "AUTH0_TENANT_TOKEN" }, PAIRS, ROUND)
            end)
        end,
        collect = function()
            collectgarbage()
            collectgarbage()
        end,
    }
end

local function in_nginx()
    local server = served.start(os.getenv "AUTH0_TENANT_TOKEN", "", ([[
        location /round { content_by_lua_block {
            require "soak_round"(tenant_options {}, %d, %d)
            ngx.say "done"
        } }
        location /collect { content_by_lua_block {
            collectgarbage()
            collectgarbage()
            ngx.say "done"
        } }]]):format(PAIRS, ROUND))
    local function ask(path)
        local output = served.get(server, path)
        assert(output == "done\n", output)
    end
    return {
        pid = served.workers(server)[1],
        round = function() ask "/round" end,
        collect = function() ask "/collect" end,
    }
end

-- ---- what is measured ----

local place

-- A thread that was told to end does so soon, and a pump of nginx's lingers a moment.
local function measure()
    place.collect()
    tenant.run "sleep 0.5"
    local status = process.read(("/proc/%s/status"):format(place.pid))
    local threads, descriptors = served.open(place.pid)
    return { memory = tonumber(status:match "VmRSS:%s*(%d+)"), descriptors = descriptors, threads = threads }
end

local function round()
    served.seed(PAIRS)
    place.round()
    assert(#tenant.record(1, 10000).changes == 2 * ROUND, "the tenant did not record what was told")
end

tenant.start()
place = name == "nginx" and in_nginx() or here()
print(("%s, libcurl %s, loop %s, %g minutes"):format(_VERSION, require("auth0.core").curl_version, name, minutes))
print "   links  VmRSS/KiB  descriptors  threads"
local links = 0
local function show(facts)
    print(("%8d %10d %12d %8d"):format(links, facts.memory, facts.descriptors, facts.threads))
    io.stdout:flush()
    return facts
end

-- Some lines: the most of each that was there in any of them. What an allocator gives back for a moment is no less.
local function run(seconds)
    local most = { memory = 0, descriptors = 0, threads = 0 }
    local stop, line = os.time() + seconds, os.time()
    repeat
        round()
        links = links + ROUND
        if os.time() >= line then
            line = line + seconds / 5
            for what, value in pairs(show(measure())) do most[what] = math.max(most[what], value) end
        end
    until os.time() >= stop
    return most
end

local first = run(minutes * 30) -- by its end an allocator has what it keeps
local second = run(minutes * 30)
local grown = second.memory - first.memory
local is_flat = grown < MEBIBYTE and second.descriptors <= first.descriptors and second.threads <= first.threads
print(("%s: in the second half memory grew by %d KiB"):format(is_flat and "flat" or "NOT FLAT", math.max(grown, 0)))
require("support.nginx").stop()
tenant.stop()
if not is_flat then os.exit(1) end
