--- Regular files, which can be read more than once, written to, or replaced. A pipe cannot, and to open one may wait
--- for ever.
local stop = require "auth0_accounts.stop"

local regular = {}

--- Whether a name stands for a regular file.
---@param path string
---@return boolean|nil is_regular nil: nothing is there, or nothing that can be looked at
function regular.is(path)
    local good, core = pcall(require, "auth0_accounts.core")
    if good then return core.is_regular(path) end
    local handle = io.open(path, "rb")
    if not handle then return nil end
    handle:close()
    return true
end

--- Refuses a name that stands for something else.
---@param path string
---@return boolean is_there
function regular.check(path)
    local is_regular = regular.is(path)
    if is_regular == false then
        stop.raise(stop.USAGE, "%s: expected a regular file, got a pipe, a device or a folder", path)
    end
    return is_regular ~= nil
end

return regular
