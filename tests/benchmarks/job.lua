--- A job of many links that is killed in the middle and started again, while one request in ten suffers a fault. The
--- job keeps a journal of what it was told, as any job would; what it was not told, it does again.
local bench = require "benchmarks.support"
local linking = require "support.linking"
local matrix = require "support.matrix"
local process = require "support.process"
local tenant = require "support.tenant"

local json = tenant.json
local job = {}

local here = debug.getinfo(1, "S").source:match("^@(.*/)")
local SHARE, WINDOW = 0.1, 25

--- Every fault gets its turn, for a few requests each, over and over; a 401 once only: to a tenant that does not take
--- the tokens that it gives, a client is meant to come back ever more rarely.
local function arm(method, template, count)
    local orders = json.array({})
    for i = 0, math.ceil(count / WINDOW) - 1 do
        local fault = matrix.faults[i % #matrix.faults + 1][1]
        if i >= #matrix.faults and fault:find("401", 1, true) then fault = "reset-after" end
        orders[#orders + 1] = { fault = fault, method = method, template = template, count = WINDOW,
            probability = SHARE, seed = i + 1 }
    end
    tenant.control("POST", "/_tenant/arm", orders)
end

local function start(journal, count, most, pass)
    local command = ("%s %s '%sjob_pass.lua' %s %d %d %d >&2 & echo $!"):format(
        linking.environment(), process.lua(), here, process.quoted(journal), count, most, pass)
    return (tenant.run(command):match("%d+"))
end

local function is_running(pid)
    return select(2, tenant.run("kill -0 " .. pid .. " 2>/dev/null")) == 0
end

local function accounts()
    return tenant.control("GET", "/_tenant/users/count")
end

--- What the journal says: the calls that were told success, and those that were told that nothing was changed.
local function read(journal)
    local told = { done = {}, count = 0, none = {}, unknown = 0, failed = 0, already = 0, codes = {} }
    for line in io.lines(journal) do
        local word, id, call, code = line:match("^(%l+) (%d+) (%S+) (%S+)$")
        if word == "done" or word == "already" then
            if not told.done[id] then told.count = told.count + 1 end
            told.done[id] = true
            told.already = told.already + (word == "already" and 1 or 0)
        elseif word then -- the last line of a process that was killed may be cut
            told.failed = told.failed + 1
            told.codes[code] = (told.codes[code] or 0) + 1
            told.unknown = told.unknown + (word == "unknown" and 1 or 0)
            if word == "none" then told.none[call] = true end
        end
    end
    return told
end

---@param count integer links
---@param most integer in flight
---@return table result {told, seen, passes, killed_at, lost, doubled, lies}
function job.run(count, most)
    local journal = process.file("")
    bench.reset(count)
    arm("POST", "/api/v2/users/{id}/identities", 2 * count)
    arm("GET", "/api/v2/users/{id}", 2 * count)
    local result = { passes = 1 }
    local pid = start(journal, count, most, 1)
    while accounts() > 1.5 * count and is_running(pid) do end
    tenant.run("kill -KILL " .. pid)
    while is_running(pid) do process.sleep(0.02) end
    result.killed_at = read(journal).count
    -- What a pass was told that failed, the next one does again.
    repeat
        result.passes = result.passes + 1
        pid = start(journal, count, most, result.passes)
        while is_running(pid) do process.sleep(0.05) end
        result.told = read(journal)
    until result.told.count == count or result.passes > 12
    process.sleep(0.5) -- what comes late has come
    os.remove(journal)
    local seen = bench.look()
    result.seen, result.doubled = seen, seen.doubled
    result.lost, result.lies = count - seen.count, 0
    for id in pairs(result.told.done) do result.lies = result.lies + (seen.linked[id] and 0 or 1) end
    for call in pairs(result.told.none) do result.lies = result.lies + (seen.by_call[call] and 1 or 0) end
    return result
end

return job
