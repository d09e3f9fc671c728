--- The table of what was measured against its budgets, while it is measured, and as Markdown at the end.
local budgets = require "benchmarks.budgets"

local report = { rows = {} }

local WIDTHS = { 92, 18, 22, 14, 6 }

function report.begin()
    budgets.line(WIDTHS, { "what", "measured", "spread", "budget", "" })
end

---@class bench.row
---@field what string
---@field value number
---@field format string of one value: "%.2fx"
---@field least number|nil
---@field most number|nil
---@field note string|nil instead of the spread
---@field relation ">="|"<="|nil
---@field budget number|nil nil: reported only

---@param row bench.row
function report.add(row)
    local spread, budget, verdict = row.note or "", "-", ""
    if row.least then spread = ("%s to %s"):format(row.format:format(row.least), row.format:format(row.most)) end
    if row.budget then
        budget = row.relation .. " " .. row.format:format(row.budget)
        verdict = budgets.verdict(row.value, row.relation, row.budget)
    end
    local values = { row.what, row.format:format(row.value), spread, budget, verdict }
    report.rows[#report.rows + 1] = values
    budgets.line(WIDTHS, values)
end

--- A ratio of alternating rounds, with its spread.
---@param row bench.row without its value
---@param ratio bench.ratio
function report.add_ratio(row, ratio)
    row.value, row.least, row.most = ratio.median, ratio.least, ratio.most
    report.add(row)
end

--- What cannot be measured here is said, never left out.
---@param what string
---@param reason string
function report.add_absent(what, reason)
    report.rows[#report.rows + 1] = { what, "not here", reason, "-", "" }
    print(("%-" .. WIDTHS[1] .. "snot here: %s"):format(what, reason))
    io.stdout:flush()
end

---@param machine string[]
function report.markdown(machine)
    print(("\n%s\n"):format(table.concat(machine, "; ")))
    print "| what | measured | spread | budget | |"
    print "|---|---|---|---|---|"
    for _, values in ipairs(report.rows) do print(("| %s |"):format(table.concat(values, " | "))) end
end

return report
