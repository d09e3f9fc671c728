--- Calls a user's function (a mock, a token function, on_event) in a coroutine of its own, so that it can neither break
--- nor suspend the code that calls it.
local isolated = {}

local FINISHED = {}
local YIELDED = "it yielded, and nothing here would resume it"

local function serve(...)
    return coroutine.yield(FINISHED, ...)
end

local function worker(call, one, two)
    while true do call, one, two = serve(call(one, two)) end
end

local workers = setmetatable({}, { __mode = "k" })

local spare -- a worker that has nothing to do

-- What a signal handler sets on Ctrl-C speaks in whatever runs under LuaJIT, which has one hook for all coroutines. It
-- is no word about that function, but about the call that waits for it; any other Lua says it there by itself.
local function is_interruption(fault)
    return rawget(_G, "jit") ~= nil and type(fault) == "string" and fault:find("interrupted!", -12, true) ~= nil
end

local function outcome(thread, good, first, ...)
    if not good and is_interruption(first) then error(first, 0) end
    if not good then return false, first end
    if first ~= FINISHED then return false, YIELDED end
    spare = thread
    return true, ...
end

---@param call function
---@param one any its arguments
---@param two any
---@return boolean good false: it raised, or yielded; Ctrl-C is raised
---@return any ... what it returned; or what it raised
function isolated.call(call, one, two)
    local thread = spare or coroutine.create(worker)
    workers[thread] = true
    spare = nil -- it may be called in the middle of itself
    return outcome(thread, coroutine.resume(thread, call, one, two))
end

--- Whether the running coroutine is one of these: if it yielded, nothing would resume it.
---@return boolean
function isolated.is_here()
    local thread = coroutine.running()
    return thread ~= nil and workers[thread] ~= nil
end

return isolated
