-- Links whose answers are lost after the deed, each with a chance of its own. A doubled request is one for a link that
-- is there already: the tenant refused it with a 409. A blind one was sent again without a read that said that the one
-- before it had not been carried out.
local bench = require "benchmarks.support"
local budgets = require "benchmarks.budgets"
local tenant = require "support.tenant"

local LINKS = bench.is_quick and 500 or 5000

local clients = {
    { name = "HTTP/1.1", http = "1.1", calls = { [1] = 1.03, [10] = 1.25 } },
    -- There a connection that dies takes all with it that is under way on it: more is lost until fewer share one.
    -- The read, on another one, may pass a link that is still on its way into the tenant, and that is carried out after
    -- it; no client can know, and the repetition is refused. So what is held is that none is blind.
    { name = "HTTP/2", http = "2", calls = { [1] = 1.05, [10] = 1.35 } },
}
if bench.has_sdk then clients[#clients + 1] = { name = "Node SDK, HTTP/1.1", is_sdk = true } end

local WIDTHS = { 16, 22, 24, 20, 18, 18, 18, 22, 10 }

local function measure(percent, client)
    bench.reset(LINKS)
    tenant.arm { fault = "reset-after", method = "POST", template = "/api/v2/users/{id}/identities", count = 1e9,
        probability = percent / 100, seed = 7 }
    local told = bench.drive(client, LINKS)
    local seen = bench.look()
    local links, reads = seen.requests[bench.LINK], seen.requests[bench.READ] or 0
    local per_link = (links + reads) / LINKS
    local doubled, lost, lies = seen.conflicts, LINKS - seen.count, 0
    for _, id in ipairs(told.none) do lies = lies + (seen.linked[id] and 1 or 0) end
    local is_ours = not client.is_sdk
    local unknown = told.codes.unknown_outcome or 0
    budgets.line(WIDTHS, { ("%d %% lost"):format(percent), client.name,
        bench.held(("%.4f"):format(per_link), per_link, "<=",
            client.calls and client.calls[percent]),
        bench.held(("%d"):format(doubled), doubled, "<=", client.http == "1.1" and 0 or nil),
        is_ours and bench.held(("%d"):format(told.blind), told.blind, "<=", 0) or "-",
        bench.held(("%d"):format(unknown), unknown, "<=", is_ours and 0.002 * LINKS or nil),
        bench.held(("%d"):format(lost), lost, "<=", is_ours and 0 or nil),
        bench.held(("%d"):format(lies), lies, "<=", is_ours and 0 or nil),
        ("%.1f s"):format(seen.last - seen.first) })
    if told.failed > 0 then print("    told as failures: " .. bench.codes(told.codes)) end
end

tenant.start()
print(("%d links, 50 in flight, no limits; in brackets the budget"):format(LINKS))
budgets.line(WIDTHS, { "answers", "client", "calls per link", "doubled requests", "blind requests", "told unknown",
    "lost links", "told none, are there", "took" })
for _, percent in ipairs { 1, 10 } do
    for _, client in ipairs(clients) do measure(percent, client) end
end
budgets.finish()
