--- The tasks of auth0.each in a script without an event loop: coroutines that yield while they wait, and one driver,
--- which runs the engines for all of them.
local turning = require "auth0.waiting.turning"

local tasks = {}

local PARKED = {}
local SHORT = 0.005 -- seconds for each engine where several are waited for

---@class auth0.Task
---@field thread thread
---@field number integer
---@field group table
---@field ticket auth0.Ticket|false what it waits for

local resumed -- the task that was resumed last, and has not yielded since; its function may have resumed others

--- The task whose coroutine is running.
---@return auth0.Task|nil
function tasks.running()
    return resumed and coroutine.running() == resumed.thread and resumed or nil
end

--- Lets the others go on until the ticket is done.
---@param task auth0.Task the one that is running
---@param calls auth0.Calls|nil
---@param ticket auth0.Ticket
function tasks.park(task, calls, ticket)
    local waiting = task.group.waiting
    task.ticket, ticket.task, ticket.calls = ticket, task, calls
    if calls then waiting[calls] = (waiting[calls] or 0) + 1 end
    if ticket.at then task.group.asleep[ticket] = true end
    coroutine.yield(PARKED)
end

---@param ticket auth0.Ticket
function tasks.wake(ticket)
    local task, calls = ticket.task, ticket.calls
    if not task or task.ticket ~= ticket then return end
    local group = task.group
    local ready, waiting = group.ready, calls and group.waiting[calls]
    task.ticket = false
    if calls then group.waiting[calls] = waiting > 1 and waiting - 1 or nil end
    if ticket.at then group.asleep[ticket] = nil end
    ready[#ready + 1] = task
end

local function finish(task, fault)
    local group = task.group
    group.alive = group.alive - 1
    if fault == nil then return end
    if not group.fault then group.fault = fault end
    group.on_fault(task.number)
end

local function resume(task)
    local before = resumed
    resumed = task
    local good, told = coroutine.resume(task.thread)
    resumed = before
    if good and told == PARKED then return end
    if not good then
        finish(task, { told })
    elseif coroutine.status(task.thread) == "dead" then
        finish(task)
    else
        finish(task, { "auth0.each: the function yielded, and nothing would resume it: in it only this "
            .. "library's calls yield" })
    end
end

-- Those that these make ready are resumed as well.
local function resume_ready(group)
    local ready, count = group.ready, 0
    while ready[count + 1] do
        count = count + 1
        resume(ready[count])
    end
    for i = count, 1, -1 do ready[i] = nil end
    return count > 0
end

local function wake_sleepers(group)
    if not next(group.asleep) then return end
    local woken = {}
    for ticket in pairs(group.asleep) do
        if turning.is_over(ticket.calls, ticket) then woken[#woken + 1] = ticket end
    end
    table.sort(woken, function(a, b) return a.at < b.at end)
    for _, ticket in ipairs(woken) do tasks.wake(ticket) end
end

-- When the first of those that sleep by an engine's clock wants to go on.
local function soonest(group, calls)
    local at
    for ticket in pairs(group.asleep) do
        if ticket.calls == calls and (not at or ticket.at < at) then at = ticket.at end
    end
    return at
end

local function turn_each(group)
    local engines = {}
    for calls in pairs(group.waiting) do engines[#engines + 1] = calls end
    for _, calls in ipairs(engines) do
        local is_waited_for = group.waiting[calls] -- what another's news did may have ended it
        if is_waited_for then turning.turn(calls, soonest(group, calls), SHORT) end
    end
end

local function turn(group)
    local calls = next(group.waiting)
    if not calls then error("auth0.each: a task waits for nothing that could happen", 0) end
    if next(group.waiting, calls) then turn_each(group) else turning.turn(calls, soonest(group, calls)) end
    wake_sleepers(group)
end

local function drive(group)
    for _, task in ipairs(group.tasks) do resume(task) end
    while group.alive > 0 do
        if not resume_ready(group) then turn(group) end
    end
end

-- The driver itself was interrupted (a debug hook, a mock): its tasks end where they are.
local function abandon(group)
    for _, task in ipairs(group.tasks) do
        local ticket = task.ticket
        task.ticket = false
        if ticket and ticket.calls then ticket.calls:drop(ticket) end
    end
end

---@param count integer
---@param body fun(number: integer)
---@param on_fault fun(number: integer)
---@return boolean good
---@return any fault
function tasks.together(count, body, on_fault)
    local group = { alive = count, tasks = {}, waiting = {}, asleep = {}, ready = {}, on_fault = on_fault }
    for i = 1, count do
        local thread = coroutine.create(function() body(i) end)
        group.tasks[i] = { thread = thread, number = i, group = group, ticket = false }
    end
    local before = resumed
    local driven, fault = pcall(drive, group)
    resumed = before
    if not driven then
        abandon(group)
        error(fault, 0)
    end
    if group.fault then return false, group.fault[1] end
    return true
end

return tasks
