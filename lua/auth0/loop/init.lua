--- How this library waits. A loop is a handful of functions, in a file of its own:
---
---   is_here()                  whether the running code is the loop's, and may wait in its way
---   can_wait()                 whether it may right here, too; else it blocks. May be absent: it may
---   wait(calls, ticket)        returns when `ticket.is_done`; others go on meanwhile. `calls` is nil where no engine
---                              has to do with it
---   wake(ticket)               `ticket` has just been done: the coroutine that waits for it may go on
---   sleep(calls, seconds)      others go on meanwhile
---   pause()                    lets the others go on to where they wait, and the loop look at its sockets
---   together(n, body, on_fault)  runs `body(1)` to `body(n)` side by side; returns when all have ended: true, or false
---                              and what the first raised. `on_fault(i)` is told at once when `body(i)` raises
---   has_thread                 true: engines get a thread of their own, whose news the loop waits for (see
---                              engine:descriptor and engine:hush in src/lua/bell.c) and hands on by `calls:hear()`
---   spawn(fn, calls)           runs `fn` beside whatever else runs; it may wait in the loop's way. With `has_thread`
---   shield(fn, one, two)       calls it as pcall does; it does not suspend its caller, unless `suspends` is true
---   protect(fn, calls, ticket) calls it as pcall does; it may wait in the loop's way. Where the loop can see that the
---                              running coroutine was ended meanwhile, it drops the ticket, if there is one
---   is_spawning()              whether `spawn` serves right here, though nothing can wait, as in a callback of the
---                              loop's; may be absent: a token function that is wanted there may not wait then
---   turned(calls)              a caller that could not yield has driven the engine itself, and has handed on records
---                              that the loop now never sees; may be absent
---   forget(calls)              the engine is about to be closed; may be absent
---   check(caller, level)       raises where code that runs here must not wait; may be absent
---
--- No file above them knows which loop there is. A new loop is such a file, and its name in `loop.names`.
local nginx = require "auth0.loop.nginx"
local plain = require "auth0.loop.plain"
local tasks = require "auth0.waiting.tasks"

local loop = {}

--- What the option `loop` may say.
---@type table<string, boolean>
loop.names = { plain = true, nginx = true, cqueues = true, luv = true }

local known = { plain = plain, nginx = nginx }
local asked_for = {} -- those that an option has named, which may be here

--- The loop of a name. Raises, in the name of `caller`, where its library is not installed.
---@param name string|nil
---@param caller string
---@param level integer as error's second argument, from the caller of this
---@return table|nil loop nil: whichever is here
function loop.named(name, caller, level)
    if not name then return nil end
    if not known[name] then
        local found, module = pcall(require, "auth0.loop." .. name)
        if not found then
            package.loaded["auth0.loop." .. name] = nil -- 5.1 would take the next try for a loop of require's
            error(("%s: loop: %s"):format(caller, (tostring(module):gsub("\n.*", ""))), level + 1)
        end
        known[name] = module
        asked_for[#asked_for + 1] = module
    end
    return known[name]
end

local function current()
    if nginx.is_here() then return nginx end
    for _, each in ipairs(asked_for) do
        if each.is_here() then return each end
    end
    return plain
end

-- Where calls that were told to wait in the way of `chosen` wait.
local function at(chosen)
    if nginx.is_here() then return nginx end
    return chosen and chosen.is_here() and chosen or plain
end

local function of(calls)
    if not calls then return current() end
    return at(calls.loop)
end

-- A coroutine cannot yield out of a pcall of Lua 5.1's, for example: a caller that waits there blocks.
local function waiting(calls)
    local here = of(calls)
    if here.can_wait and not here.can_wait() then return plain end
    return here
end

--- What to add where something is missing that may have come from the environment.
---@return string words "" where nothing takes it away
function loop.about_environment()
    return nginx.is_here() and "; inside nginx, os.getenv knows only variables that nginx.conf names (env NAME;)" or ""
end

--- Whether a call for which no loop was named simply blocks.
---@return boolean
function loop.is_plain()
    return not tasks.running() and not nginx.is_here()
end

--- How a call that is about to be made is waited for. Raises where to wait would do harm.
---@param chosen table|nil the loop that was named
---@param caller string
---@param level integer as error's second argument, from the caller of this
---@param ticket auth0.Ticket what the call is going to be waited for by
---@return "wait"|"submit"|"thread" how on the spot; as `loop.wait` does; likewise, by an engine with a thread
function loop.how(chosen, caller, level, ticket)
    local here = at(chosen)
    if here.check then here.check(caller, level + 1) end
    if here.has_thread then return "thread" end
    local task = tasks.running()
    if not task then return "wait" end
    ticket.loop, ticket.task = here, task
    return "submit"
end

---@class auth0.Ticket what a coroutine waits for
---@field is_done? boolean
---@field loop? table whose wait it is
---@field task? auth0.Task

---@param calls auth0.Calls|nil nil: no engine has to do with it
---@param ticket auth0.Ticket
function loop.wait(calls, ticket)
    if ticket.is_done then return end
    local here = ticket.loop or waiting(calls)
    if calls and calls.is_virtual and here ~= plain then
        here.pause() -- a mock's time passes for all who wait: first the others make their calls
        here = plain
    end
    ticket.loop = here
    here.wait(calls, ticket)
end

---@param ticket auth0.Ticket
function loop.finish(ticket)
    ticket.is_done = true
    if ticket.loop then ticket.loop.wake(ticket) end
end

---@param calls auth0.Calls
---@param seconds number of the engine's clock
function loop.sleep(calls, seconds)
    if not calls.is_virtual then
        waiting(calls).sleep(calls, seconds)
    else
        loop.wait(calls, { at = calls.engine:now() + seconds }) -- no tail call: 5.1 could not yield out of it
    end
end

--- For code that works long without waiting: other coroutines may have a turn.
---@param calls auth0.Calls
function loop.give_way(calls)
    local here = waiting(calls)
    if here ~= plain and not calls.is_virtual then here.pause() end
end

--- The engine is about to be closed: no coroutine waits for its records any more.
---@param calls auth0.Calls
function loop.forget(calls)
    local here = nginx.is_here() and nginx or calls.loop or plain -- also where no coroutine could wait
    if here.forget then here.forget(calls) end
end

--- A caller drove the engine itself and handed records on: a loop that listens as well will not hear it.
---@param calls auth0.Calls
function loop.turned(calls)
    local named = calls.loop
    if named and named.turned then named.turned(calls) end
end

---@param count integer
---@param body fun(number: integer)
---@param on_fault fun(number: integer)
---@return boolean good
---@return any fault
function loop.together(count, body, on_fault)
    return waiting(nil).together(count, body, on_fault)
end

-- News is handed on in a callback of the loop's: what it begins goes on beside it all the same.
local function spawner(calls)
    local named = calls.loop
    return named and named.is_spawning and named.is_spawning() and named or of(calls)
end

---@param calls auth0.Calls
---@param fn fun()
function loop.spawn(calls, fn)
    spawner(calls).spawn(fn, calls)
end

--- Calls a function that may suspend its caller. Where the loop cannot catch errors then (luv in Lua 5.1), they are
--- raised.
---@param calls auth0.Calls
---@param fn function
---@param ticket? auth0.Ticket of a call that the running coroutine holds, and that is not to outlive it
---@return boolean good
---@return any ... what it returned; or what it raised
function loop.protect(calls, fn, ticket)
    return waiting(calls).protect(fn, calls, ticket)
end

--- Whether others go on while a shielded function runs.
---@param calls auth0.Calls
---@return boolean
function loop.suspends(calls)
    return of(calls).suspends or false
end

---@param calls auth0.Calls
---@param fn function
---@param one any its arguments
---@param two any
---@return boolean good
---@return any ... what it returned; or what it raised
function loop.shield(calls, fn, one, two)
    return of(calls).shield(fn, one, two)
end

return loop
