--- Whether the running coroutine can yield here. Lua 5.3 and LuaJIT tell; of 5.1 and 5.2 the stack is asked.
local told = rawget(coroutine, "isyieldable")
if told then return told end

local getinfo = type(debug) == "table" and debug.getinfo
local is_5_1 = _VERSION == "Lua 5.1"

-- 5.2 yields across these.
local transparent = {}
if not is_5_1 then transparent = { [pcall] = true, [xpcall] = true } end

-- 5.1 yields only where Lua calls Lua by an ordinary call: not out of a metamethod, nor out of the iterator of a for.
local function is_ordinary(info)
    return info.what == "tail" or info.what == "main" or (info.namewhat ~= "" and info.name ~= "(for generator)")
end

local function lets_through(info, is_outermost)
    if info.what == "C" then return transparent[info.func] or false end
    return not is_5_1 or is_outermost or is_ordinary(info)
end

-- In case of doubt it says no, and the caller blocks.
return function()
    if not getinfo or not coroutine.running() then return false end
    local level = 2 -- 1 is this function
    local info = getinfo(level, "Snf")
    while info do
        local outer = getinfo(level + 1, "Snf")
        if not lets_through(info, outer == nil) then return false end
        level, info = level + 1, outer
    end
    return true
end
