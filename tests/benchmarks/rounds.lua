--- Contenders in strictly alternating rounds: what else a machine does meanwhile meets all of them alike, and a ratio is
--- made within each round.
local process = require "support.process"
local tenant = require "support.tenant"

local rounds = {}

local stopwatch = process.quoted(os.getenv "AUTH0_BENCH_BUILD" .. "/bare/stopwatch")

---@class bench.contender
---@field name string
---@field command string shell words
---@field environment table<string, string>|nil
---@field links integer of one run

---@class bench.run
---@field rate number links per second
---@field cpu number seconds of CPU for a link
---@field peak number KiB
---@field whole number seconds that the process lived
---@field whole_cpu number

local function words(environment)
    local list = {}
    for name, value in pairs(environment or {}) do list[#list + 1] = ("%s=%s"):format(name, process.quoted(value)) end
    return table.concat(list, " ")
end

--- Runs a contender once.
---@param contender bench.contender
---@return bench.run
function rounds.once(contender)
    local output, status = tenant.run(("env %s %s %s"):format(words(contender.environment), stopwatch,
        contender.command))
    local seconds, cpu, peak, whole, whole_cpu, code = output:match("^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)\n$")
    if status ~= 0 or code ~= "0" then error(contender.name .. " did not come to its end; its own words are above", 0) end
    return { rate = contender.links / tonumber(seconds), cpu = tonumber(cpu) / contender.links, peak = tonumber(peak),
        whole = tonumber(whole), whole_cpu = tonumber(whole_cpu) }
end

---@param contenders bench.contender[]
---@param count integer
---@return table<string, bench.run[]> runs by the contender's name
function rounds.run(contenders, count)
    local runs = {}
    for _ = 1, count do
        for _, contender in ipairs(contenders) do
            local list = runs[contender.name] or {}
            runs[contender.name] = list
            list[#list + 1] = rounds.once(contender)
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
    return { median = rounds.median(ratios), least = math.min(table.unpack(ratios)),
        most = math.max(table.unpack(ratios)) }
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
