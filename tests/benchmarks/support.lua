--- What the rows share: clients in processes of their own, what the tenant's record says of them.
local budgets = require "benchmarks.budgets"
local linking = require "support.linking"
local process = require "support.process"
local tenant = require "support.tenant"

local json = tenant.json
local support = { is_quick = os.getenv "AUTH0_BENCH_QUICK" == "yes", has_sdk = os.getenv "NODE_PATH" ~= nil }

local here = debug.getinfo(1, "S").source:match("^@(.*/)")

support.LINK = "POST /api/v2/users/{id}/identities"
support.READ = "GET /api/v2/users/{id}"
support.TOKEN = "POST /oauth/token"

---@param count integer
function support.reset(count)
    local accounts = json.array({})
    for i = 1, count do
        accounts[#accounts + 1] = { user_id = ("auth0|%d"):format(i) }
        accounts[#accounts + 1] = { user_id = ("google-oauth2|%d"):format(i) }
        if #accounts >= 10000 or i == count then
            if i <= 5000 then tenant.reset(accounts) else tenant.control("POST", "/_tenant/users", accounts) end
            accounts = json.array({})
        end
    end
end

---@class bench.client
---@field is_sdk boolean|nil
---@field processes integer|nil 1
---@field most integer|nil in flight, of all of them; 50
---@field reserve number|nil
---@field http "1.1"|"2"|nil
---@field token_file string|nil

local function command(client, from, to, most)
    if client.is_sdk then
        return ("NODE_EXTRA_CA_CERTS='%s' node %ssdk.js %d %d %d"):format(tenant.ca, here, from, to, most)
    end
    return ("%s '%sclient.lua' %d %d %d %g %s %s"):format(process.lua(), here, from, to, most, client.reserve or 0.1,
        client.http or "2", client.token_file and process.quoted(client.token_file) or "")
end

--- Lets a client link the pairs from 1 to `count`, its processes at once. Returns what they were told, as one.
---@param client bench.client
---@param count integer
---@param meanwhile fun()|nil done while they are at it
function support.drive(client, count, meanwhile)
    local processes = client.processes or 1
    local words = {}
    for i = 1, processes do
        words[i] = command(client, math.floor(count * (i - 1) / processes) + 1, math.floor(count * i / processes),
            math.floor((client.most or 50) / processes)) .. " &"
    end
    -- LeakSanitizer's own process crashes now and then where many processes end at once on a busy machine.
    local environment = linking.environment() .. ' ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"'
    local pipe = assert(io.popen(("exec env -u LD_PRELOAD %s sh -c %s"):format(environment,
        process.quoted(table.concat(words, " ") .. " wait"))))
    if meanwhile then meanwhile() end
    local output = pipe:read("*a")
    pipe:close()
    local all, ended = { done = 0, failed = 0, codes = {}, failures = {}, none = {}, blind = 0 }, 0
    for line in output:gmatch("[^\n]+") do
        local told = assert(json.decode(line))
        ended = ended + 1
        all.done, all.failed = all.done + told.done, all.failed + told.failed
        all.blind = all.blind + (told.blind or 0)
        for code, times in pairs(told.codes) do all.codes[code] = (all.codes[code] or 0) + times end
        for _, list in ipairs { "failures", "none" } do
            for _, id in ipairs(told[list]) do table.insert(all[list], id) end
        end
    end
    assert(ended == processes, "a client did not come to its end")
    return all
end

--- The tenant's record of links, in pages.
---@return table record {linked = set of pairs, count, doubled, conflicts: links refused since they were there, first,
---last: seconds, requests, by_call = set of correlation ids}
function support.look()
    local seen = { linked = {}, count = 0, doubled = 0, by_call = {} }
    local from = 1
    while from do
        local page = tenant.record(from, 5000)
        for _, change in ipairs(page.changes) do
            assert(change.kind == "link")
            local id = change.primary:match("|(.*)$")
            if seen.linked[id] then seen.doubled = seen.doubled + 1 end
            assert(change.user_id == id, "the wrong account was linked")
            seen.linked[id], seen.count = true, seen.count + 1
            seen.by_call[change.correlation or ""] = true
            seen.first, seen.last = seen.first or change.time, change.time
        end
        seen.requests, seen.conflicts, from = page.requests, page.conflicts, page.next
    end
    return seen
end

---@param codes table<string, integer>
---@return string
function support.codes(codes)
    local words = {}
    for code, times in pairs(codes) do words[#words + 1] = ("%s %dx"):format(code, times) end
    table.sort(words)
    return table.concat(words, ", ")
end

--- What was measured, and the budget: "99.3 % (>= 99) met".
---@param text string
---@param value number
---@param relation ">="|"<="
---@param budget number|nil nil: reported only
function support.held(text, value, relation, budget)
    if not budget then return text end
    return ("%s (%s %g) %s"):format(text, relation, budget, budgets.verdict(value, relation, budget))
end

return support
