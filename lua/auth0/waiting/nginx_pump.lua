--- The pump of an engine inside nginx: a timer that hears of news through a Unix socket, which a cosocket can read, and
--- hands it on. It ends when nothing is in flight, so that a worker can end.
local pump = {}

local LINGER = 0.2 -- seconds: calls one after another should not make a socket each
local FOREVER = 2147483 * 1000 -- milliseconds; news comes by every call's deadline
local SHORT = 0.001 -- seconds between two looks where no socket can be had

--- Seconds after which a timer that was asked for will not come.
pump.LATE = 0.9

local running = setmetatable({}, { __mode = "k" }) -- of each Calls: its pump's state
local dropped = setmetatable({}, { __mode = "k" }) -- Calls whose last pump never came

local function open_line(engine, ngx)
    local path = engine:bell_open()
    if not path then return nil end
    local line = ngx.socket.tcp()
    line:settimeouts(1000, 1000, FOREVER)
    if line:connect("unix:" .. path) and engine:bell_accept() then return line end
    line:close()
    engine:bell_close()
    return nil
end

-- Whether something is in flight again before long. No timer rings to end this wait: nginx might drop it, and the pump
-- would keep a worker that exits.
local function lingers(calls, state, ngx)
    if not state.line or ngx.worker.exiting() then return false end
    state.is_idle = true
    state.semaphore:wait(LINGER)
    state.is_idle = false
    if not calls:is_open() then return false end
    calls:hear()
    return calls:is_open() and calls.engine:pending() > 0
end

local function listen(state, ngx)
    if not state.line then return ngx.sleep(SHORT) end
    if state.line:receive(1) then return end
    state.line:close() -- its other end is gone, and rings no more
    state.line = nil
end

local function work(calls, state, ngx)
    state.line = open_line(calls.engine, ngx)
    state.semaphore = require("ngx.semaphore").new(0)
    calls:hear() -- what another could not tell, nothing rings for
    while calls:is_open() and (calls.engine:pending() > 0 or lingers(calls, state, ngx)) do
        listen(state, ngx)
        if calls:is_open() then calls:hear() end
    end
end

local function run(calls, state, ngx)
    state.is_on, dropped[calls] = true, nil
    local done, fault = pcall(work, calls, state, ngx)
    if running[calls] == state then running[calls] = nil end
    if state.line then state.line:close() end
    if calls:is_open() then calls.engine:bell_close() end
    if not done then ngx.log(ngx.ERR, "auth0: ", fault) end -- a coroutine that waits starts another
end

-- nginx takes a timer, and drops it when it is due if too many are running (lua_max_running_timers).
local function drop_late(calls)
    local state = running[calls]
    if not state or state.is_on or calls.engine:now() - state.asked_at < pump.LATE then return end
    running[calls], dropped[calls] = nil, true
end

-- For a call that has just been made.
local function wake(state)
    if not state.is_idle then return end
    state.is_idle = false
    state.semaphore:post(1)
end

--- Sees to it that there is a pump. False where the coroutine that waits has to listen by itself: nginx has no timer
--- left, or dropped the pump's.
---@param calls auth0.Calls
---@param ngx table
---@return boolean
function pump.start(calls, ngx)
    drop_late(calls)
    local state = running[calls]
    if state then
        wake(state)
        return not dropped[calls]
    end
    state = { asked_at = calls.engine:now() } -- the clock of the day may be set back
    running[calls] = state
    local started = ngx.timer.at(0, function() run(calls, state, ngx) end)
    if not started then running[calls] = nil end
    return started and not dropped[calls] or false
end

return pump
