--- Contenders in strictly alternating rounds: what else a machine does meanwhile meets all of them alike, and a ratio
--- is made within each round.
local process = require "support.process"
local tenant = require "support.tenant"

local rounds = {}

local stopwatch = process.quoted(os.getenv "AUTH0_BENCH_BUILD" .. "/bare/stopwatch")

-- Where a scheduler puts the two ends of a connection decides more than what is compared here: on one core a round trip
-- took 38 us, on two of the same machine 160, and it changed from run to run.
local has_taskset = select(2, tenant.run "command -v taskset >/dev/null") == 0
local has_two = tonumber((tenant.run "nproc")) > 1
local prefix = ""

--- Puts the server on the first core, and the contenders from now on beside it, or on the others. Where links go one
--- after another, only one of the two ends has something to do at a time.
---@param where "same"|"others"|"anywhere" the last: wherever the scheduler likes
function rounds.place(where)
    if not (has_taskset and has_two) then return end
    local last = tonumber((tenant.run "nproc")) - 1
    tenant.run(("for pid in $(pgrep -P %s); do taskset -pc %s $pid >/dev/null; done"):format(
        os.getenv "AUTH0_BENCH_SERVER", where == "anywhere" and "0-" .. last or "0"))
    prefix = where == "same" and "taskset -c 0" or where == "others" and "taskset -c 1-" .. last or ""
end

---@class bench.contender
---@field name string
---@field command string shell words
---@field environment table<string, string>|nil
---@field links integer of one run
---@field is_peer boolean|nil it may fail: that is told, and it is left out

---@class bench.run
---@field rate number links per second
---@field cpu number seconds of CPU for a link
---@field peak number KiB
---@field whole number seconds that the process lived
---@field whole_cpu number

--- Runs a contender once.
---@param contender bench.contender
---@return bench.run
function rounds.once(contender)
    local output, status = tenant.run(("%s %s %s %s"):format(process.environment(contender.environment or {}), prefix,
        stopwatch, contender.command))
    local seconds, cpu, peak, whole, whole_cpu, code = output:match("^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)\n$")
    if status ~= 0 or code ~= "0" then
        error(contender.name .. " did not come to its end; its own words are above", 0)
    end
    return { rate = contender.links / tonumber(seconds), cpu = tonumber(cpu) / contender.links, peak = tonumber(peak),
        whole = tonumber(whole), whole_cpu = tonumber(whole_cpu) }
end

local function add(runs, name, run)
    runs[name] = runs[name] or {}
    table.insert(runs[name], run)
end

--- A peer that fails has no runs: it speaks for itself on the error stream.
---@param contenders bench.contender[]
---@param count integer
---@return table<string, bench.run[]> runs by the contender's name
function rounds.run(contenders, count)
    local runs = {}
    for _ = 1, count do
        for _, contender in ipairs(contenders) do
            local name = contender.name
            if contender.is_peer and not runs[name .. " failed"] then
                local good, run = pcall(rounds.once, contender)
                if good then add(runs, name, run) else runs[name], runs[name .. " failed"] = nil, true end
            elseif not contender.is_peer then
                add(runs, name, rounds.once(contender))
            end
        end
    end
    return runs
end

---@param values number[]
---@return number
function rounds.median(values)
    local sorted = {}
    for i, value in ipairs(values) do sorted[i] = value end
    table.sort(sorted)
    local middle = (#sorted + 1) / 2
    return (sorted[math.floor(middle)] + sorted[math.ceil(middle)]) / 2
end

---@param values number[]
---@return number least
---@return number most
function rounds.range(values)
    local least, most = values[1], values[1]
    for _, value in ipairs(values) do least, most = math.min(least, value), math.max(most, value) end
    return least, most
end

---@class bench.ratio
---@field median number
---@field least number
---@field most number

--- One contender's against another's, round by round.
---@param ours bench.run[]
---@param theirs bench.run[]
---@param what string a field of the runs
---@return bench.ratio
function rounds.ratio(ours, theirs, what)
    local ratios = {}
    for i, run in ipairs(ours) do ratios[i] = run[what] / theirs[i][what] end
    local least, most = rounds.range(ratios)
    return { median = rounds.median(ratios), least = least, most = most }
end

--- The median of a field.
---@param runs bench.run[]
---@param what string
---@return number
function rounds.typical(runs, what)
    local values = {}
    for i, run in ipairs(runs) do values[i] = run[what] end
    return rounds.median(values)
end

return rounds
