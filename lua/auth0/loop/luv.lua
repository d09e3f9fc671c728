--- luv, libuv's loop: a coroutine that waits yields, and the callback of a poll handle resumes it. Each engine has one
--- poll handle, and only while something is in flight, so that uv.run can end.
local isolated = require "auth0.isolated"
local group = require "auth0.waiting.group"
local is_yieldable = require "auth0.waiting.yieldable"
local plain = require "auth0.loop.plain"
local tasks = require "auth0.waiting.tasks"

local found, uv = pcall(require, "luv")
if not found then error("luv is not installed: apt-get install lua-luv, or luarocks install luv", 0) end

local luv = { has_thread = true }

-- A coroutine inside a controller of cqueues yields to that controller, which knows nothing of luv.
local function is_in_controller()
    local cqueues = package.loaded.cqueues
    return type(cqueues) == "table" and cqueues.running() ~= nil
end

function luv.is_here()
    local thread, is_main = coroutine.running()
    return thread ~= nil and not is_main and not tasks.running() and not isolated.is_here() and
        not is_in_controller()
end

luv.can_wait = is_yieldable

-- ---- resuming ----

local ready, is_flushing, timer = {}, false, nil
local is_hearing = false -- in a callback, which is no coroutine's

local guarded = setmetatable({}, { __mode = "k" }) -- functions to tell what a coroutine raises, by the coroutine

-- What a coroutine raises goes on to uv.run, after all the others have been resumed.
local function flush()
    local fault
    is_flushing = true
    while ready[1] do
        local thread = table.remove(ready, 1)
        if coroutine.status(thread) == "suspended" then
            local good, raised = coroutine.resume(thread)
            if not good and guarded[thread] then
                guarded[thread](false, raised)
            elseif not good then
                fault = fault or { raised }
            end
        end
    end
    is_flushing = false
    if fault then error(fault[1], 0) end
end

local later = {} -- those that go on when the loop has looked at its sockets

-- Outside of a poll's callback nothing may come that resumes them: a timer does.
local function flush_later()
    if timer then return end
    timer = uv.new_timer()
    timer:start(0, 0, function()
        timer:close()
        timer = nil
        for _, thread in ipairs(later) do ready[#ready + 1] = thread end
        later = {}
        flush()
    end)
end

local function resume_soon(thread)
    ready[#ready + 1] = thread
    if not is_flushing then flush_later() end
end

function luv.wake(ticket)
    if ticket.thread then resume_soon(ticket.thread) end
end

-- ---- waiting ----

local function stop(calls)
    if not calls.poll then return end
    calls.poll:stop()
    calls.poll:close()
    calls.poll = nil
end

local function watch(calls)
    if calls.poll then return end
    calls.poll = uv.new_poll(calls.engine:descriptor())
    calls.poll:start("r", function()
        local good, fault = true, nil
        is_flushing, is_hearing = true, true -- what is woken here is resumed below, when all has been handed on
        if not calls.is_closed then good, fault = pcall(calls.hear, calls) end
        is_flushing, is_hearing = false, false
        if calls.is_closed or calls.engine:pending() == 0 then stop(calls) end
        flush()
        if not good then error(fault, 0) end -- after a host that goes on from here, as Neovim does, others are heard
    end)
end

local function suspend(ticket)
    ticket.thread = coroutine.running()
    while not ticket.is_done do coroutine.yield() end
end

function luv.wait(calls, ticket)
    if calls then watch(calls) end
    suspend(ticket)
end

luv.forget = stop

--- Nothing will be heard that would stop the poll handle.
function luv.turned(calls)
    if calls.engine:pending() == 0 then stop(calls) end
end

function luv.sleep(_, seconds)
    local ticket, sleep = {}, uv.new_timer()
    sleep:start(math.ceil(seconds * 1000), 0, function()
        sleep:close()
        ticket.is_done = true
        luv.wake(ticket)
    end)
    suspend(ticket)
end

function luv.pause()
    later[#later + 1] = coroutine.running()
    flush_later()
    coroutine.yield()
end

-- ---- side by side ----

-- A coroutine cannot yield through Lua 5.1's pcall. There the body has a coroutine of its own, whose end its caller
-- waits for. What it raises after a callback that is not ours has resumed it, that
-- callback is told alone.
local function protect_apart(body)
    local its = {}
    local function finish(...)
        its.count, its.results, its.is_done = select("#", ...), { ... }, true
        luv.wake(its)
    end
    local thread = coroutine.create(function() finish(true, body()) end)
    guarded[thread] = finish
    local good, raised = coroutine.resume(thread)
    if not good then finish(false, raised) end
    suspend(its)
    return rawget(_G, "unpack")(its.results, 1, its.count)
end

local protect = _VERSION == "Lua 5.1" and not rawget(_G, "jit") and protect_apart or pcall

function luv.together(count, body, on_fault)
    local all = {}
    local running = group.new(count, body, protect, on_fault, function()
        all.is_done = true
        luv.wake(all)
    end)
    for _ = 1, count do luv.spawn(running.task) end
    suspend(all)
    return running.result()
end

function luv.spawn(fn)
    resume_soon(coroutine.create(fn))
end

--- Whether `spawn` serves where nothing can wait.
function luv.is_spawning()
    return is_hearing
end

luv.shield, luv.protect = plain.shield, protect

return luv
