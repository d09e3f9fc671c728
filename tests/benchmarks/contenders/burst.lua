-- burst.lua up|down <callers> <connect timeout>: all of them link at once, cold. Prints after how many seconds the last
-- but one of a hundred had its answer, and how long the one handshake took that went before the first of them.
local auth0 = require "auth0"

local how, callers, connect_timeout = arg[1], tonumber(arg[2]), tonumber(arg[3])

local tenant = auth0.tenant {
    domain = os.getenv "AUTH0_BENCH_DOMAIN", resolve = { os.getenv "AUTH0_BENCH_RESOLVE" },
    ca_file = os.getenv "AUTH0_BENCH_CA", proxy = false, http_version = os.getenv "AUTH0_BENCH_HTTP",
    token = os.getenv "AUTH0_BENCH_TOKEN", connect_timeout = connect_timeout, attempts = 1,
}

local items, times, handshake = {}, {}, 0
for i = 1, callers do items[i] = ("auth0|%024d"):format(i) end
auth0.each(items, callers, function(primary)
    local identities, message, facts = tenant:link(primary, "google-oauth2|115015401343387192604")
    assert((identities ~= nil) == (how == "up"), message)
    times[#times + 1] = facts.elapsed
    if identities then handshake = math.max(handshake, facts.timings.tls) end
end)
table.sort(times)
print(("%.6f %.6f"):format(times[math.ceil(#times * 0.99)], handshake))
