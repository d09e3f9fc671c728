--- A script without an event loop: the caller that waits drives the engine. The tasks of auth0.each wait together: one
--- driver does it for all.
local isolated = require "auth0.isolated"
local is_yieldable = require "auth0.waiting.yieldable"
local tasks = require "auth0.waiting.tasks"
local turning = require "auth0.waiting.turning"

local plain = {}

function plain.is_here()
    return true
end

local function drive(calls, ticket)
    while not turning.is_over(calls, ticket) do turning.turn(calls, ticket.at) end
end

-- Only a task's own coroutine yields. One that the task's function made would not be resumed: it blocks.
function plain.wait(calls, ticket)
    local task = ticket.task or tasks.running()
    if task and is_yieldable() then return tasks.park(task, calls, ticket) end
    local done, fault = pcall(drive, calls, ticket)
    if done then return end
    calls:drop(ticket)
    error(fault, 0)
end

plain.wake = tasks.wake

function plain.sleep(calls, seconds)
    plain.wait(calls, { at = calls.engine:now() + seconds })
end

plain.together = tasks.together

plain.shield = isolated.call
plain.protect = pcall

return plain
