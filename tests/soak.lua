-- What tests/soak runs beside a tenant: many links in one process.
local auth0 = require "auth0"
local process = require "support.process"
local tenant = require "support.tenant"

local total, http = tonumber(arg[1]), arg[2]
local LINE, PERIOD, PAIRS, MEBIBYTE = math.max(1, math.floor(total / 10)), 1000, 50, 1024

local pid = process.id()

local function resident_kib()
    return tonumber(process.read("/proc/self/status"):match("VmRSS:%s*(%d+)"))
end

-- How many descriptors this process has, and how many of them are connections to the tenant: its port is the remote.
local function descriptors()
    local pipe = io.popen("ls -l /proc/" .. pid .. "/fd")
    local list = pipe:read("*a")
    pipe:close()
    local _, all = list:gsub(" %-> ", "")
    local connections, port = 0, (":%04X"):format(tenant.port)
    for line in process.read("/proc/" .. pid .. "/net/tcp"):gmatch("[^\n]+") do
        local remote, inode = line:match("^%s*%d+: %S+ %x+(:%x+) %S+ %S+ %S+ %S+%s+%S+%s+%S+ (%d+)")
        if remote == port and list:find("socket:[" .. inode .. "]", 1, true) then connections = connections + 1 end
    end
    return all, connections
end

local accounts = {}
for i = 1, PAIRS do
    accounts[#accounts + 1] = { user_id = "auth0|p" .. i, email = ("p%d@example.com"):format(i) }
    accounts[#accounts + 1] = { user_id = "google-oauth2|s" .. i }
end

-- A pair at a time; every answer is looked at.
local function link_and_unlink(i)
    local options = {
        domain = tenant.domain, token = os.getenv("AUTH0_TENANT_TOKEN"), ca_file = tenant.ca,
        resolve = { tenant.resolve }, http_version = http,
        primary = "auth0|p" .. i % PAIRS + 1, secondary = "google-oauth2|s" .. i % PAIRS + 1,
    }
    assert(#assert(auth0.link(options)) == 2)
    assert(#assert(auth0.unlink(options)) == 1)
end

-- Returns how many connections the tenant has seen. It forgets them, and its own record, before the next period.
local function period(from, to)
    tenant.reset(accounts)
    for i = from, to do
        link_and_unlink(i)
    end
    local record = tenant.record()
    assert(#record.changes == 2 * (to - from + 1), "the tenant did not record what was told")
    return record.connections
end

local function measure(from, to)
    local most = 0
    for first = from, to, PERIOD do
        most = math.max(most, period(first, math.min(to, first + PERIOD - 1)))
    end
    collectgarbage()
    collectgarbage()
    local open, connected = descriptors()
    return { links = to, memory = resident_kib(), open = open, connected = connected, seen = most }
end

tenant.start()
local before = descriptors()
print(("%s, libcurl %s, HTTP/%s, %d links, each followed by an unlink"):format(
    _VERSION, require("auth0.core").curl_version, http, total))
print("   links  VmRSS/KiB  descriptors  connections  seen by the tenant during 1000 links, at most")
local lines = {}
for from = 1, total, LINE do
    local line = measure(from, math.min(total, from + LINE - 1))
    lines[#lines + 1] = line
    print(("%8d  %9d  %11d  %11d  %4d"):format(line.links, line.memory, line.open, line.connected, line.seen))
    io.stdout:flush()
end
auth0.close()

local grown = lines[#lines].memory - lines[math.max(1, math.floor(#lines / 2))].memory
local is_flat, is_one = grown < MEBIBYTE, descriptors() == before
for _, line in ipairs(lines) do
    -- nginx ends a connection after so many requests, and a second one follows it
    is_one = is_one and line.connected <= 1 and line.seen <= 2
end
print(("memory is %s: the last half grew by %d KiB; %s"):format(is_flat and "flat" or "NOT flat", grown,
    is_one and "one connection at a time, and no descriptor after close" or "NOT one connection at a time"))
os.exit(is_flat and is_one and 0 or 1)
