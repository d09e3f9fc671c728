--- The terminal, if standard error leads to one.
local terminal = {}

local DEFAULT = 80

local function is_good(result)
    return result == true or result == 0 -- Lua 5.1 gives the exit code
end

local function columns()
    local pipe = io.popen("stty size <&2 2>/dev/null")
    local text = pipe and pipe:read "*a" or ""
    if pipe then pipe:close() end
    local wide = tonumber(text:match "^%d+ (%d+)")
    return wide and wide > 0 and wide or DEFAULT
end

--- Asks the user at a terminal, if that shows all that is printed. A shell reads the answer, since Ctrl-C ends it.
---@param world auth0_accounts.World
---@param question string
---@return string|nil answer nil: there is no terminal
function terminal.ask(world, question)
    if world.err ~= io.stderr or not is_good(os.execute "test -t 0 && test -t 1 && test -t 2") then return nil end
    world.err:write(question)
    world.err:flush()
    local pipe = io.popen 'IFS= read -r line && printf %s "$line"'
    local text = pipe and pipe:read "*a" or ""
    if pipe then pipe:close() end
    return text
end

--- Whether a terminal would obey what is written to it, and not show it.
---@param world auth0_accounts.World
---@return boolean
function terminal.obeys(world)
    return world.getenv "TERM" ~= "dumb"
end

---@param world auth0_accounts.World
---@return integer|nil columns nil: there is no terminal on which a line can be written over
function terminal.width(world)
    if not terminal.obeys(world) then return nil end
    if world.columns ~= nil then return world.columns or nil end
    if world.err ~= io.stderr or not is_good(os.execute "test -t 2") then return nil end
    return columns()
end

return terminal
