--- A script without an event loop: whoever waits turns the crank. Lanes (see lanes.lua) wait together: one turns it for
--- all.
local apart = require "auth0.apart"
local is_yieldable = require "auth0.waiting.yieldable"
local lanes = require "auth0.waiting.plain_lanes"
local turning = require "auth0.waiting.turning"

local plain = {}

function plain.is_here()
    return true
end

local function crank(calls, ticket)
    while not turning.is_over(calls, ticket) do turning.turn(calls, ticket.at) end
end

-- Only a lane's own coroutine yields. One that a lane's function made would have nobody to resume it: it blocks.
function plain.wait(calls, ticket)
    if lanes.is_lane() and is_yieldable() then return lanes.park(calls, ticket) end
    local done, fault = pcall(crank, calls, ticket)
    if done then return end
    calls:take_back(ticket)
    error(fault, 0)
end

plain.wake = lanes.wake

function plain.sleep(calls, seconds)
    plain.wait(calls, { at = calls.engine:now() + seconds })
end

plain.together = lanes.together

plain.shield = apart.call

return plain
