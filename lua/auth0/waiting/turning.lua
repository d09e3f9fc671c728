--- Driving an engine, turn by turn, until something has happened.
local turning = {}

local TURN = 1 -- seconds; a signal ends a turn, too

--- Whether a wait is over: its call is done, or the time has come.
---@param calls auth0.Calls|nil
---@param ticket auth0.Ticket
---@return boolean
function turning.is_over(calls, ticket)
    return ticket.is_done or (ticket.at ~= nil and (calls.is_closed or ticket.at <= calls.engine:now()))
end

--- One turn. Raises where nothing can ever happen.
---@param calls auth0.Calls
---@param at? number the engine's time at which a coroutine wants to go on
---@param longest? number seconds
function turning.turn(calls, at, longest)
    if calls.is_closed then return end
    local left = at and math.max(at - calls.engine:now(), 0)
    longest = longest or TURN
    local had_news = calls:turn(left and left < longest and left or longest)
    if had_news or not calls.is_virtual then return end
    -- A virtual clock passes by itself from event to event, and has run out of them.
    if not at then error("auth0: this mock's engine owes nothing: is it another mock's as well?", 0) end
    calls.engine:advance(math.max(at - calls.engine:now(), 0) + 1e-6) -- what is less than a microsecond is none
end

return turning
