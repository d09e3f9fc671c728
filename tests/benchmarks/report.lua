--- The table of what was measured against its budgets, while it is measured, and as Markdown at the end.
local report = { rows = {}, absent = {}, short = 0 }

local WIDTHS = { 84, 18, 22, 14, 6 }

local function line(values)
    local words = {}
    for i, value in ipairs(values) do words[i] = ("%-" .. WIDTHS[i] .. "s"):format(value) end
    print((table.concat(words):gsub("%s+$", "")))
    io.stdout:flush()
end

function report.begin()
    line { "what", "measured", "spread", "budget", "" }
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
        local is_met = row.relation == ">=" and row.value >= row.budget or row.relation == "<=" and
            row.value <= row.budget
        budget = row.relation .. " " .. row.format:format(row.budget)
        verdict = is_met and "met" or "short"
        report.short = report.short + (is_met and 0 or 1)
    end
    local values = { row.what, row.format:format(row.value), spread, budget, verdict }
    report.rows[#report.rows + 1] = values
    line(values)
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
