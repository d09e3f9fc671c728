-- The same job as bare/loop.c's, by this library: same arguments, same environment, same answer. With a fifth argument
-- the engine has a thread of its own.
local auth0 = require "auth0"

local mode, http, count, in_flight, threaded = arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4]), arg[5]
local domain = os.getenv "URL":match "^https://([^/]+)"

local function options(more)
    local all = { domain = domain, resolve = { os.getenv "RESOLVE" }, ca_file = os.getenv "CA",
        token = os.getenv "TOKEN", proxy = false, http_version = http, check_scopes = true }
    for name, value in pairs(more or {}) do all[name] = value end
    return all
end

local PRIMARY, SECONDARY = "auth0|p", "google-oauth2|s"
local failures = 0

-- Seconds of the wall, by another process: /proc/uptime moves in steps of 10 ms, which is 1 % of a short run.
local function read_wall()
    local pipe = assert(io.popen "date +%s.%N")
    local seconds = tonumber((pipe:read "*l"))
    pipe:close()
    return seconds
end

local run
if mode == "sequential" then
    local order = options { primary = PRIMARY, secondary = SECONDARY }
    run = function(times)
        for _ = 1, times do
            if not auth0.link(order) then failures = failures + 1 end
        end
    end
else
    local tenant = auth0.tenant(options())
    if threaded then assert(tenant.calls.engine:start()) end
    run = function(times)
        local left = times
        auth0.each(function()
            left = left - 1
            return left >= 0 and left + 1 or nil
        end, in_flight, function()
            local identities, message = tenant:link(PRIMARY, SECONDARY)
            if not identities then
                failures = failures + 1
                io.stderr:write(message, "\n")
            end
        end)
    end
end

run(1)
-- CPU is that of this process with its threads; asking for the wall's time is no part of it.
local wall, cpu = read_wall(), os.clock()
run(count)
local cpu_after, wall_after = os.clock(), read_wall()
local peak = 0
for line in io.lines "/proc/self/status" do peak = tonumber(line:match "^VmHWM:%s+(%d+)") or peak end
io.write(("%.1f %.3f %d %d\n"):format(count / (wall_after - wall), (cpu_after - cpu) / count * 1e6,
    failures, peak))
