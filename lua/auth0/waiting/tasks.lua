--- The tasks of auth0.each in a script without an event loop: coroutines that yield while they wait, and one driver,
--- which runs the engines for all of them.
local turning = require "auth0.waiting.turning"

local tasks = {}

local PARKED = {}
local SHORT = 0.005 -- seconds for each engine where several are waited for

local groups = setmetatable({}, { __mode = "k" }) -- of each task's coroutine
local alive = 0 -- tasks, of all groups: most scripts have none, and each call asks

local function enter(group, thread)
    groups[thread] = group
    alive = alive + 1
end

local function leave(thread)
    if not groups[thread] then return end
    groups[thread] = nil
    alive = alive - 1
end

---@return boolean whether the running coroutine is a task
function tasks.is_task()
    if alive == 0 then return false end
    local thread = coroutine.running()
    return thread ~= nil and groups[thread] ~= nil
end

--- Lets the others go on until the ticket is done.
---@param calls auth0.Calls|nil
---@param ticket auth0.Ticket
function tasks.park(calls, ticket)
    local thread = coroutine.running()
    local group = groups[thread]
    ticket.task, ticket.calls = thread, calls
    group.parked[thread] = ticket
    if calls then group.waiting[calls] = (group.waiting[calls] or 0) + 1 end
    if ticket.at then group.asleep[ticket] = true end
    coroutine.yield(PARKED)
end

---@param ticket auth0.Ticket
function tasks.wake(ticket)
    local thread = ticket.task
    local group = thread and groups[thread]
    if not group or group.parked[thread] ~= ticket then return end
    local calls = ticket.calls
    group.parked[thread], group.asleep[ticket] = nil, nil
    if calls then group.waiting[calls] = group.waiting[calls] > 1 and group.waiting[calls] - 1 or nil end
    group.ready[#group.ready + 1] = thread
end

local function finish(group, thread, fault)
    leave(thread)
    group.alive = group.alive - 1
    if fault == nil then return end
    if not group.fault then group.fault = fault end
    group.on_fault(group.numbers[thread])
end

local function resume(group, thread)
    local good, told = coroutine.resume(thread)
    if not good then
        finish(group, thread, { told })
    elseif coroutine.status(thread) == "dead" then
        finish(group, thread)
    elseif told ~= PARKED then
        finish(group, thread, { "auth0.each: the function yielded, and nothing would resume it: in it only this "
            .. "library's calls yield" })
    end
end

-- Those that these make ready are resumed as well.
local function resume_ready(group)
    local ready, count = group.ready, 0
    while ready[count + 1] do
        count = count + 1
        resume(group, ready[count])
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

local function drive(group, threads)
    for _, thread in ipairs(threads) do resume(group, thread) end
    while group.alive > 0 do
        if not resume_ready(group) then turn(group) end
    end
end

-- The driver itself was interrupted (a debug hook, a mock): its tasks end where they are.
local function abandon(group, threads)
    for _, ticket in pairs(group.parked) do
        if ticket.calls then ticket.calls:drop(ticket) end
    end
    for _, thread in ipairs(threads) do leave(thread) end
end

---@param count integer
---@param body fun(number: integer)
---@param on_fault fun(number: integer)
---@return boolean good
---@return any fault
function tasks.together(count, body, on_fault)
    local group = { alive = count, parked = {}, waiting = {}, asleep = {}, ready = {}, on_fault = on_fault,
        numbers = {} }
    local threads = {}
    for i = 1, count do
        threads[i] = coroutine.create(function() body(i) end)
        group.numbers[threads[i]] = i
        enter(group, threads[i])
    end
    local driven, fault = pcall(drive, group, threads)
    if not driven then
        abandon(group, threads)
        error(fault, 0)
    end
    if group.fault then return false, group.fault[1] end
    return true
end

return tasks
