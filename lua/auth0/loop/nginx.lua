--- nginx and OpenResty: each coroutine that waits has a semaphore of its own. One pump for each engine (see
--- waiting/nginx_pump.lua) hears that there are records, and posts to the semaphores. What is in flight is counted in
--- C: a client that hangs up kills a coroutine in the middle of its wait.
local group = require "auth0.waiting.group"

local nginx = { has_thread = true }

local PATIENCE = 1 -- seconds; then a waiting coroutine looks whether the pump is still there

-- Where ngx.semaphore can wait.
local phases = { rewrite = true, server_rewrite = true, access = true, content = true, timer = true,
    ssl_cert = true, ssl_session_fetch = true, ssl_client_hello = true,
    precontent = true, proxy_ssl_cert = true } -- these two since lua-nginx-module 0.10.30

local function get_ngx()
    local ngx = rawget(_G, "ngx")
    return ngx and type(ngx) == "table" and type(ngx.get_phase) == "function" and ngx or nil
end

function nginx.is_here()
    return rawget(_G, "ngx") ~= nil and get_ngx() ~= nil
end

function nginx.check(caller, level)
    local phase = get_ngx().get_phase()
    if phases[phase] then return end
    error(("%s cannot wait for the tenant in nginx's phase %q, and nothing was sent: call it in rewrite, access or "
        .. "content, or in a timer (ngx.timer.at)"):format(caller, phase), level + 1)
end

-- Without a timer there is no pump: a coroutine that waits listens by itself.
local function listen(calls, ngx)
    calls:hear()
    ngx.sleep(0.001)
end

local spawned = {} -- what timers are to run, and have not begun: by the function that begins it, since when

-- nginx takes a timer, and drops it when it is due if too many are running (lua_max_running_timers).
local function begin_late(calls, ngx, late)
    local now = calls.engine:now() -- the clock of the day may be set back
    for begin, since in pairs(spawned) do
        if now - since >= late then
            ngx.thread.spawn(begin)
            return -- which may have spawned more
        end
    end
end

local spares, MOST_SPARES = {}, 64 -- semaphores of waits that have ended

local function take_semaphore()
    local count = #spares
    if count == 0 then return require("ngx.semaphore").new(0) end
    local semaphore = spares[count]
    spares[count] = nil
    return semaphore
end

local function wait_for_news(calls, ticket, ngx)
    local pump = require "auth0.waiting.nginx_pump"
    ticket.semaphore = take_semaphore()
    while not ticket.is_done do
        if calls and not pump.start(calls, ngx) then
            listen(calls, ngx)
        else
            ticket.semaphore:wait(PATIENCE)
        end
        if calls and not ticket.is_done then begin_late(calls, ngx, pump.LATE) end
    end
end

-- A coroutine cannot yield through a C function that called it back (table.sort, string.gsub, an iterator in C). The
-- call goes on without a coroutine that waits for it, and its caller has to know.
local function explain(fault)
    if not tostring(fault):find("attempt to yield", 1, true) then return fault end
    return "auth0: this call may have been carried out, but its answer cannot be waited for here: it was made inside a "
        .. "callback of a C function such as table.sort or string.gsub; make the call outside of it"
end

function nginx.wait(calls, ticket)
    local good, fault = pcall(wait_for_news, calls, ticket, get_ngx())
    if good then
        -- Nothing posts to it any more. A post that was not waited for ends the next wait once, and that begins again.
        if #spares < MOST_SPARES then spares[#spares + 1] = ticket.semaphore end
        return
    end
    if calls then calls:drop(ticket) end
    error(explain(fault), 0)
end

function nginx.wake(ticket)
    if ticket.semaphore then ticket.semaphore:post(1) end
end

--- Its news can be waited for on the spot: it comes at once.
function nginx.forget(calls)
    if calls.engine:pending() > 0 then calls.engine:bell_close() end
end

function nginx.sleep(_, seconds)
    get_ngx().sleep(seconds)
end

--- A sleep of no time would end among the timers that are due, before nginx looks at any socket. Phases that cannot
--- wait have no other coroutines to give way to. Inside a callback of a C function ngx.sleep would raise.
function nginx.pause()
    local ngx = get_ngx()
    if ngx.sleep and phases[ngx.get_phase()] then pcall(ngx.sleep, 0.001) end
end

--- Light threads. Their errors are caught within: ngx.thread.wait would log them.
function nginx.together(count, body, on_fault)
    local ngx, threads = get_ngx(), {}
    local running = group.new(count, body, pcall, on_fault) -- LuaJIT's pcall lets through who waits
    for i = 1, count do threads[i] = ngx.thread.spawn(running.task) end
    for _, thread in ipairs(threads) do ngx.thread.wait(thread) end
    return running.result()
end

--- In a timer, so that it belongs to no request. If nginx has no timer left, it runs at once; if nginx drops the timer,
--- it runs beside a coroutine that waits.
function nginx.spawn(fn, calls)
    local function begin()
        if not spawned[begin] then return end -- the timer came late
        spawned[begin] = nil
        fn()
    end
    spawned[begin] = calls.engine:now()
    if not get_ngx().timer.at(0, begin) then begin() end
end

local function outcome(thread, good, ...)
    if good and coroutine.status(thread) ~= "dead" then return false, "it yielded, and nothing here would resume it" end
    return good, ...
end

--- A coroutine of nginx's belongs to a request: none is kept for the next. Where the function waits in nginx's way, its
--- caller waits as well; the others do not.
function nginx.shield(fn, one, two)
    if not phases[get_ngx().get_phase()] then return pcall(fn, one, two) end -- no coroutines: nothing can wait, either
    local thread = coroutine.create(fn)
    return outcome(thread, coroutine.resume(thread, one, two))
end

-- ---- coroutines that are ended in the middle ----

local LOOK = 0.2 -- seconds between two looks
local watched = {} -- { calls =, ticket = } by the semaphore at which a light thread waits until its request ends
local is_looking = false

local function look()
    for semaphore, its in pairs(watched) do
        if semaphore:count() >= 0 then its.calls:drop(its.ticket) end
        if its.calls.tickets[its.ticket.id] ~= its.ticket then watched[semaphore] = nil end
    end
    is_looking = next(watched) ~= nil and get_ngx().timer.at(LOOK, look)
end

-- nginx ends the coroutines of a request whose client has hung up, and tells none of them. A light thread beside them
-- ends with them, and waits at its semaphore no more. (What closures share with a coroutine that was ended is lost.)
local function watch(ngx, calls, ticket)
    local semaphore = require("ngx.semaphore").new(0)
    watched[semaphore] = { calls = calls, ticket = ticket }
    local thread = ngx.thread.spawn(function()
        while watched[semaphore] do semaphore:wait(PATIENCE) end
    end)
    if not is_looking then is_looking = ngx.timer.at(LOOK, look) end
    return function(...)
        watched[semaphore] = nil
        ngx.thread.kill(thread)
        return ...
    end
end

function nginx.protect(fn, calls, ticket)
    local ngx = get_ngx()
    if not ticket or not phases[ngx.get_phase()] then return pcall(fn) end
    return watch(ngx, calls, ticket)(pcall(fn))
end

nginx.suspends = true

return nginx
