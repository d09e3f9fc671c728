--- cqueues (and lua-http, which is built on it): one of the coroutines that wait for an engine polls its descriptor,
--- and hands on what there is to tell; each of the others sleeps on a condition of its own.
local isolated = require "auth0.isolated"
local group = require "auth0.waiting.group"
local is_yieldable = require "auth0.waiting.yieldable"
local plain = require "auth0.loop.plain"
local tasks = require "auth0.waiting.tasks"

local found, library = pcall(require, "cqueues")
if not found then
    error("cqueues is not installed: apt-get install lua-cqueues, or luarocks install cqueues", 0)
end
local auxlib = require "cqueues.auxlib"
local condition = require "cqueues.condition"

local cqueues = { has_thread = true }

local PATIENCE = 1 -- seconds; then a waiting coroutine looks whether another still polls

function cqueues.is_here()
    return library.running() ~= nil and not isolated.is_here() and not tasks.running()
end

cqueues.can_wait = is_yieldable

-- Polls until its own ticket is done. If that coroutine is abandoned meanwhile (its controller is stepped no more), the
-- others do not wait for it.
local function lead(calls, ticket)
    local descriptor = calls.engine:descriptor()
    local news = { pollfd = descriptor, events = "r" }
    calls.leader = ticket
    while not ticket.is_done and calls.leader == ticket and not calls.is_closed do
        calls.led_at = library.monotime()
        library.poll(news, PATIENCE) -- ends also where the tenant is closed meanwhile: see `forget`
        if not calls.is_closed then calls:hear() end
    end
    library.cancel(descriptor) -- the engine may be closed before the next poll: another file has its number then
    if calls.leader == ticket then calls.leader = nil end
    for _, other in pairs(calls.tickets) do
        if other.condition then return other.condition:signal() end
    end
end

function cqueues.forget(calls)
    if calls.leader then library.cancel(calls.engine:descriptor()) end
end

--- The leader polls, and its own ticket may be done.
function cqueues.turned(calls)
    if calls.leader and calls.leader.is_done then cqueues.forget(calls) end
end

local function is_led(calls)
    return calls.leader ~= nil and library.monotime() - calls.led_at < 2 * PATIENCE
end

function cqueues.wait(calls, ticket)
    ticket.condition = condition.new()
    while not ticket.is_done do
        if calls and not is_led(calls) then
            lead(calls, ticket)
        else
            ticket.condition:wait(PATIENCE)
        end
    end
end

function cqueues.wake(ticket)
    if ticket.condition then ticket.condition:signal() end
end

function cqueues.sleep(_, seconds)
    library.sleep(seconds)
end

function cqueues.pause()
    library.poll(0)
end

-- cqueues' own resume: polls go through to the controller, in every Lua.
local function protect(body)
    return auxlib.resume(coroutine.create(body))
end

function cqueues.together(count, body, on_fault)
    local controller, all = library.running(), condition.new()
    local running = group.new(count, body, protect, on_fault, function() all:signal() end)
    for _ = 1, count do controller:wrap(running.task) end
    while running.left > 0 do all:wait() end
    return running.result()
end

function cqueues.spawn(fn)
    library.running():wrap(fn)
end

cqueues.shield = plain.shield
cqueues.protect = protect

return cqueues
