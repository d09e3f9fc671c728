--- Every fault that the tenant knows, at every point of a call: what the caller was told is what the tenant's record
--- holds. Calls go many at once over HTTP/1.1; outcomes_spec has single ones over HTTP/2, too. A refusal after the deed
--- (status-after with 400, say) is no row: it is a whole answer that lies, and no client sees through it.
---
--- All rows take half a minute: they are run under plain Lua 5.4, and some of them elsewhere; AUTH0_MATRIX=whole runs
--- all.
local linking = require "support.linking"
local matrix = require "support.matrix"

local function is_whole()
    local wish = os.getenv("AUTH0_MATRIX")
    if wish then return wish == "whole" end
    if _VERSION ~= "Lua 5.4" then return false end
    local pause = collectgarbage("setpause", 200)
    collectgarbage("setpause", pause)
    return pause > 0 and not os.getenv("AUTH0_PRELOAD") and not os.getenv("AUTH0_VALGRIND")
end

local rows, classes = {}, {}
for _, entry in ipairs(matrix.faults) do
    if is_whole() or matrix.few[entry[1]] then rows[#rows + 1] = entry[1] end
    classes[entry[1]] = entry[2]
end

local GOALS = { "link", "unlink", "update_user" }
local WHO = { "machine", "user" }
local MODES = { "alone", "once", "always", "answering", "reading", "pausing" }

local function judge(cells)
    local faults = {}
    for _, cell in ipairs(cells) do
        local fault = matrix.judge(cell)
        if fault then
            faults[#faults + 1] = ("%s, %s: %s (told %s, recorded %s; %d tries, %d reads, %d attempts)"):format(
                cell.who, cell.mode_name, fault, matrix.told(cell), matrix.recorded(cell), cell.tries, cell.reads,
                cell.facts.attempts)
        end
    end
    assert.same({}, faults)
end

--- Columns for a table of cells, by what makes their names.
local function columns_of(names, cell_of)
    local columns = {}
    for i, name in ipairs(names) do
        columns[i] = { name, function(row) return cell_of(row, name) end }
    end
    return columns
end

--- Every choice of one of each list.
local function each(...)
    local lists, count = { ... }, select("#", ...)
    local function walk(depth, chosen)
        if depth > count then return coroutine.yield(chosen[1], chosen[2], chosen[3], chosen[4]) end
        for _, value in ipairs(lists[depth]) do
            chosen[depth] = value
            walk(depth + 1, chosen)
        end
    end
    return coroutine.wrap(function() walk(1, {}) end)
end

--- Cells by the names that pick them, all run at once.
local function board()
    local cells, place = {}, {}
    return {
        add = function(cell, ...)
            cells[#cells + 1] = cell
            place[table.concat({ ... }, "/")] = cell
        end,
        at = function(...) return place[table.concat({ ... }, "/")] end,
        run = function() matrix.run(cells) end,
    }
end

describe("what the caller is told is what the tenant did:", function()
    local made = board()

    setup(function()
        linking.start()
        for fault, goal, who, mode in each(rows, GOALS, WHO, MODES) do
            made.add({ fault = fault, class = classes[fault], goal = goal, who = who, mode_name = mode,
                mode = matrix.modes[mode] }, fault, goal, who, mode)
        end
        made.run()
        for goal, who in each(GOALS, WHO) do
            matrix.print(("%s, token of a %s: told / recorded"):format(goal, who), rows,
                columns_of(MODES, function(fault, mode) return made.at(fault, goal, who, mode) end))
        end
    end)
    teardown(linking.stop)

    for fault, goal in each(rows, GOALS) do
        it(("%s, %s"):format(goal, fault), function()
            local cells = {}
            for who, mode in each(WHO, MODES) do cells[#cells + 1] = made.at(fault, goal, who, mode) end
            assert.equal(#WHO * #MODES, #cells)
            judge(cells)
        end)
    end
end)

describe("what the caller is told is what the tenant did, the read that settles it is hit, too:", function()
    local DEEDS, HITS, SETTLED = { "reset-before", "reset-after" }, { "read_once", "read_always" }, { "link", "unlink" }
    local made = board()

    --- Another read would tell: not where the tenant refused this one, or answered more than is taken. The read asks
    --- for identities alone: it has no email_verified to spoil, and that fault is a 500.
    local function is_readable(fault, hit)
        if classes[fault] == "done" and not fault:find("email_verified", 1, true) then return true end
        local is_final = classes[fault] == "refused" and not fault:find("429", 1, true) or fault == "large"
        return hit == "read_once" and not is_final
    end

    setup(function()
        linking.start()
        for fault, goal, deed, hit in each(rows, SETTLED, DEEDS, HITS) do
            made.add({ fault = deed, class = "unclear", goal = goal, who = "machine", mode_name = deed .. ", " .. hit,
                mode = matrix.modes[hit], read = fault, is_readable = is_readable(fault, hit) }, fault, goal, deed, hit)
        end
        made.run()
        for goal in each(SETTLED) do
            local columns = {}
            for deed, hit in each(DEEDS, HITS) do
                columns[#columns + 1] = { deed .. ", " .. hit, function(fault)
                    return made.at(fault, goal, deed, hit)
                end }
            end
            matrix.print(goal .. ", the fault befalls the read: told / recorded", rows, columns)
        end
    end)
    teardown(linking.stop)

    for fault, goal in each(rows, SETTLED) do
        it(("%s, %s"):format(goal, fault), function()
            local cells = {}
            for deed, hit in each(DEEDS, HITS) do cells[#cells + 1] = made.at(fault, goal, deed, hit) end
            assert.equal(#DEEDS * #HITS, #cells)
            judge(cells)
        end)
    end
end)

describe("a call whose time is over before it is sent", function()
    setup(linking.start)
    teardown(linking.stop)

    for goal, who in each(GOALS, WHO) do
        it(("changes nothing, and says so: %s, token of a %s"):format(goal, who), function()
            local cell = matrix.wait(goal, who)
            assert.equal("no: rate_limited / -, 1 tries", ("%s / %s, %d tries"):format(matrix.told(cell),
                matrix.recorded(cell), cell.tries))
        end)
    end
end)
