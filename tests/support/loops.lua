--- Running something in one of the event loops, from a script that has none.
local loops = {}

local function run_in_cqueues(body)
    local controller = require("cqueues").new()
    local auxlib = require "cqueues.auxlib"
    local good, fault
    controller:wrap(function() good, fault = auxlib.resume(coroutine.create(body)) end)
    assert(controller:loop())
    if not good then error(fault, 0) end
end

-- What is raised in a callback of luv's ends the process. A wait cannot yield through Lua 5.1's pcall.
local protect = pcall
if _VERSION == "Lua 5.1" and not rawget(_G, "jit") then
    protect = function(body) return true, body() end
end

local function run_in_luv(body)
    local uv = require "luv"
    local good, fault
    local thread = coroutine.create(function() good, fault = protect(body) end)
    local started, raised = coroutine.resume(thread)
    if not started then error(raised, 0) end
    uv.run()
    if good == false then error(fault, 0) end
    assert(good, "the loop ended before the test")
    uv.walk(function(handle) error("a handle is left: " .. tostring(handle)) end)
end

local function run_here(body) body() end

local runners = { cqueues = run_in_cqueues, luv = run_in_luv, nginx = run_here, plain = run_here }

---@param name "plain"|"cqueues"|"luv"|"nginx" nginx: the caller is in it already
---@param body fun()
function loops.run(name, body)
    assert(runners[name], "no loop is called " .. name)(body)
end

--- Whether this Lua has the module of a loop. busted forgets for each file what was loaded before it, and luv that is
--- loaded a second time uses a loop that was freed with the first: it stays.
---@param name string
---@return boolean
function loops.has(name)
    local found, module = pcall(require, name)
    if name == "luv" and found then package.preload[name] = function() return module end end
    return found
end

--- Calls a function for each loop that this Lua has here. One that it has not shows as pending.
---@param pending fun(name: string) busted's
---@param body fun(name: "plain"|"cqueues"|"luv")
function loops.each(pending, body)
    if os.getenv "AUTH0_LOOP" then return end -- all of it runs in one already
    for _, name in ipairs { "cqueues", "luv", "plain" } do
        if name == "plain" or loops.has(name) then
            body(name)
        else
            pending(("in the loop %s, which is not installed for %s"):format(name, _VERSION))
        end
    end
end

return loops
