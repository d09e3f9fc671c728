--- Whether what was measured keeps to its budget, and how a table of it is written.
local budgets = {}

local short = 0

--- The verdict on one figure; what falls short is counted.
---@param value number
---@param relation ">="|"<="
---@param budget number
---@return "met"|"short"
function budgets.verdict(value, relation, budget)
    local is_met = relation == ">=" and value >= budget or relation == "<=" and value <= budget
    if is_met then return "met" end
    short = short + 1
    return "short"
end

--- One line of a table, shown at once.
---@param widths integer[]
---@param values string[]
function budgets.line(widths, values)
    local words = {}
    for i, value in ipairs(values) do words[i] = ("%-" .. widths[i] .. "s"):format(value) end
    print((table.concat(words):gsub("%s+$", "")))
    io.stdout:flush()
end

--- Ends the process: 0 where every budget was met.
function budgets.finish()
    print(short == 0 and "every budget was met" or ("%d budgets were not met"):format(short))
    os.exit(short == 0 and 0 or 1)
end

return budgets
