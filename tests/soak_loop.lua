-- What tests/soak --loop runs beside a tenant: fifty links at a time, each followed by an unlink, in one process whose
-- engine has a thread; a new tenant every round, so that threads and descriptors come and go.
local auth0 = require "auth0"
local loops = require "support.loops"
local process = require "support.process"
local tenant = require "support.tenant"

local name, minutes = arg[1], tonumber(arg[2])
local PAIRS, ROUND, MEBIBYTE = 50, 2000, 1024

local pid = process.id()

local function count(folder)
    return tonumber((tenant.run(("ls /proc/%s/%s | wc -l"):format(pid, folder)):match "%d+"))
end

-- A thread that was told to end does so soon.
local function measure()
    collectgarbage()
    collectgarbage()
    tenant.run "sleep 0.5"
    local status = process.read "/proc/self/status"
    return { memory = tonumber(status:match "VmRSS:%s*(%d+)"), descriptors = count "fd", threads = count "task" }
end

local accounts = {}
for i = 1, PAIRS do
    accounts[#accounts + 1] = { user_id = "auth0|p" .. i }
    accounts[#accounts + 1] = { user_id = "google-oauth2|s" .. i }
end

local function round()
    tenant.reset(accounts)
    tenant.configure { rates = { global = { rate = 100000, per = 1, burst = 100000 } } }
    loops.run(name, function()
        local own = auth0.tenant { domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca,
            loop = name, token = os.getenv "AUTH0_TENANT_TOKEN" }
        local lane, left = 0, ROUND
        local function lanes()
            lane = lane + 1
            return lane <= PAIRS and lane or nil
        end
        auth0.each(lanes, PAIRS, function(i)
            while left > 0 do
                left = left - 1
                assert(#assert(own:link("auth0|p" .. i, "google-oauth2|s" .. i)) == 2)
                assert(#assert(own:unlink("auth0|p" .. i, "google-oauth2|s" .. i)) == 1)
            end
        end)
        own:close()
    end)
    assert(#tenant.record(1, 10000).changes == 2 * ROUND, "the tenant did not record what was told")
end

tenant.start()
print(("%s, libcurl %s, loop %s, %g minutes"):format(_VERSION, require("auth0.core").curl_version, name, minutes))
print "   links  VmRSS/KiB  descriptors  threads"
round() -- what is loaded and allocated once
local first, links = measure(), ROUND
local function show(facts)
    print(("%8d %10d %12d %8d"):format(links, facts.memory, facts.descriptors, facts.threads))
end
show(first)
local stop, line = os.time() + minutes * 60, os.time() + minutes * 6
local half = os.time() + minutes * 30 -- by then an allocator has what it keeps
repeat
    round()
    links = links + ROUND
    if half and os.time() >= half then first, half = measure(), nil end
    if os.time() >= line then
        line = os.time() + minutes * 6
        show(measure())
    end
until os.time() >= stop
local last = measure()
show(last)
local grown = last.memory - first.memory
local is_flat = grown < MEBIBYTE and last.descriptors <= first.descriptors + 2 and last.threads <= first.threads
print(("%s: in the second half memory grew by %d KiB"):format(is_flat and "flat" or "NOT FLAT", grown))
tenant.stop()
if not is_flat then os.exit(1) end
