--- The engines behind auth0.link and auth0.unlink where an event loop runs: one for each transport profile, a few kept.
--- (In a plain script they are in C: src/lua/engines.c.)
local calls = require "auth0.calls"
local core = require "auth0.core"

local hidden = {}

local KEPT = 8

local kept = {} -- the most recently used first

local function close(entry)
    if not entry.calls.engine:is_own() then return end -- after a fork it is the parent's
    entry.calls:close()
    entry.calls.engine:close()
end

local function is_idle(entry)
    return next(entry.calls.tickets) == nil
end

-- More than are kept: the longest unused, unless a call of it is under way.
local function make_room()
    for i = #kept, KEPT, -1 do
        if is_idle(kept[i]) then close(table.remove(kept, i)) end
    end
end

local function find(profile, named)
    for i, entry in ipairs(kept) do
        if entry.profile == profile and entry.calls.loop == named then
            table.remove(kept, i)
            if entry.calls.engine:is_own() then return entry end
            return nil
        end
    end
end

-- Each call brings its own.
local function tokenless(checked)
    local copy = {}
    for name, value in pairs(checked) do copy[name] = value end
    copy.token = nil
    return copy
end

--- The calls of the profile that the options say.
---@param checked table options, checked
---@param named table|nil the loop that was named
---@param goal "link"|"unlink" what is to be done: a mistake in the options raises before anything is opened
---@param level integer as error's second argument, from the caller of this
---@return auth0.Calls
function hidden.calls(checked, named, goal, level)
    local profile = core.profile(checked)
    local entry = find(profile, named)
    if not entry then
        core.check(goal, checked, level + 1)
        make_room()
        entry = { profile = profile, calls = calls.of(core.engine(tokenless(checked), level + 1), false, named) }
    end
    table.insert(kept, 1, entry)
    return entry.calls
end

--- Closes those without a call under way.
function hidden.close()
    for i = #kept, 1, -1 do
        if not kept[i].calls.engine:is_own() or is_idle(kept[i]) then close(table.remove(kept, i)) end
    end
end

return hidden
