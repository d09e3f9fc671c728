-- Links against a limit: a global bucket that fills continuously, full at the beginning, of which the client knows
-- nothing. The share is of what the bucket gave between the first link and the last, less the reserve that is kept.
local bench = require "benchmarks.support"
local budgets = require "benchmarks.budgets"
local tenant = require "support.tenant"

local LINKS = bench.is_quick and 250 or 1000
--- A part of the names of the rows to run.
local only = os.getenv "AUTH0_BENCH_ROWS" or ""

local buckets = {
    { name = "50/s, burst 100", rate = 50, burst = 100, share = 99 },
    { name = "50/s, burst 50", rate = 50, burst = 50, share = 97 },
    { name = "16.67/s, burst 50", rate = 1000, per = 60, burst = 50, share = 97 },
}

local clients = {
    { name = "reserve 0", reserve = 0 },
    { name = "reserve 0.1", reserve = 0.1 },
    { name = "4 processes, reserve 0", reserve = 0, processes = 4, most = 200 },
    { name = "4 processes", reserve = 0.1, processes = 4, most = 200 },
    { name = "4 processes, 12 each", reserve = 0.1, processes = 4, most = 48 },
    { name = "8 processes, reserve 0", reserve = 0, processes = 8, most = 400 },
    { name = "8 processes", reserve = 0.1, processes = 8, most = 400 },
    { name = "beside another, reserve 0", reserve = 0, competitor = 1 / 3 },
    { name = "beside another", reserve = 0.1, competitor = 1 / 3 },
}
if bench.has_sdk then
    clients[#clients + 1] = { name = "Node SDK", is_sdk = true }
    clients[#clients + 1] = { name = "Node SDK, 4 processes", is_sdk = true, processes = 4, most = 200 }
    clients[#clients + 1] = { name = "Node SDK beside another", is_sdk = true, competitor = 1 / 3 }
end

local WIDTHS = { 20, 28, 26, 24, 16, 10 }

local function measure(bucket, client)
    local rate = bucket.rate / (bucket.per or 1)
    local others = rate * (client.competitor or 0)
    bench.reset(LINKS)
    tenant.configure { rates = { global = { rate = bucket.rate, per = bucket.per, burst = bucket.burst,
        competitor = others } } }
    local told = bench.drive(client, LINKS)
    local seen = bench.look()
    local calls = seen.requests[bench.LINK] + (seen.requests[bench.READ] or 0)
    local refused = 100 * (calls - seen.count) / calls
    local reserved = math.floor(bucket.burst * (client.reserve or 0))
    local share = 100 * seen.count / (bucket.burst - reserved + (rate - others) * (seen.last - seen.first))
    local lost = LINKS - seen.count
    local is_ours = not client.is_sdk
    -- What another client takes, and is refused, is reported.
    local has_budget = is_ours and not client.competitor
    local least = client.processes and math.min(bucket.share, 97) or bucket.share
    budgets.line(WIDTHS, { bucket.name, client.name,
        bench.held(("%.1f %%"):format(share), share, ">=", has_budget and least or nil),
        bench.held(("%.2f %%"):format(refused), refused, "<=", has_budget and 0.5 or nil),
        bench.held(("%d"):format(lost), lost, "<=", is_ours and 0 or nil),
        ("%.1f s"):format(seen.last - seen.first), })
    if told.failed > 0 then print("    told as failures: " .. bench.codes(told.codes)) end
end

tenant.start()
print(("%d links, 50 in flight in each process; in brackets the budget"):format(LINKS))
budgets.line(WIDTHS, { "bucket", "client", "share of the bucket", "429 of calls", "lost links", "took" })
for _, bucket in ipairs(buckets) do
    for _, client in ipairs(clients) do
        if (bucket.name .. ", " .. client.name):find(only, 1, true) then measure(bucket, client) end
    end
end
budgets.finish()
