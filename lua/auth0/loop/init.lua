--- How this library waits. A loop is a handful of functions, in a file of its own:
---
---   is_here()                  whether the running code is the loop's
---   wait(calls, ticket)        returns when `ticket.is_done`; an error in the wait takes the ticket back
---   wake(ticket)               `ticket` has just been done: whoever waits for it may go on
---   sleep(calls, seconds)      of the engine's clock
---   together(n, body, on_fault)  runs `body` n times, side by side; returns when all have ended: true, or false and
---                              what the first raised. `on_fault()` is told at once when one raises
---
--- Above them nobody knows which loop there is.
local plain = require "auth0.loop.plain"

local loop = {}

local loops = { plain } -- the first that is here

local function current()
    for _, each in ipairs(loops) do
        if each.is_here() then return each end
    end
end

--- Raises where to wait would do harm.
---@param caller string
---@param level integer as error's second argument, from the caller of this
function loop.check(caller, level)
    local ngx = rawget(_G, "ngx")
    if type(ngx) == "table" and ngx.get_phase then
        error(caller .. " would block this nginx worker, and every request that it serves, until the tenant has "
            .. "answered: call it from a plain Lua process", level + 1)
    end
end

---@class auth0.Ticket what somebody waits for
---@field is_done? boolean
---@field loop? table whose wait it is

---@param calls auth0.Calls|nil nil: no engine has to do with it
---@param ticket auth0.Ticket
function loop.wait(calls, ticket)
    if ticket.is_done then return end
    local here = current()
    ticket.loop = here
    here.wait(calls, ticket)
end

---@param ticket auth0.Ticket
function loop.finish(ticket)
    ticket.is_done = true
    if ticket.loop then ticket.loop.wake(ticket) end
end

---@param calls auth0.Calls
---@param seconds number
function loop.sleep(calls, seconds)
    current().sleep(calls, seconds)
end

---@param count integer
---@param body fun()
---@param on_fault fun()
---@return boolean good
---@return any fault
function loop.together(count, body, on_fault)
    return current().together(count, body, on_fault)
end

return loop
