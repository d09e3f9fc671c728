--- Files that this user alone can read.
local core = require "auth0.core"

local private_files = {}

--- Puts a text in the place of what the file holds, or leaves it as it is.
---@param path string
---@param text string
---@return true|nil is_replaced
---@return string|nil fault
function private_files.replace(path, text)
    local beside = path .. ".new"
    os.remove(beside)
    local made, fault = core.make_private_file(beside, text)
    if made then made, fault = os.rename(beside, path) end
    return made, fault
end

return private_files
