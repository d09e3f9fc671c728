--- The peak of a process's memory, with 50 in flight and with 1,050.
local contenders = require "benchmarks.contenders"
local report = require "benchmarks.report"
local rounds = require "benchmarks.rounds"

local FEW, MANY = 50, 1050

local function peak(http, most)
    return rounds.once({ name = "auth0.each", links = 2 * most, environment = contenders.environment(http, true),
        command = contenders.ours("lua5.4", "each", 2 * most, most) }).peak
end

return function()
    for _, http in ipairs { "1.1", "2" } do
        local few, many = peak(http, FEW), peak(http, MANY)
        report.add { what = ("memory with 50 in flight, HTTP/%s, MB"):format(http), value = few * 1024 / 1e6,
            format = "%.1f", relation = "<=", budget = 18 }
        report.add { what = ("memory for each one more in flight, to 1,050, HTTP/%s, KiB"):format(http),
            value = (many - few) / (MANY - FEW), format = "%.1f", relation = "<=", budget = 16 }
    end
end
