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

local function write_all(file, parts)
    local good, fault = true, nil
    for part in parts do
        if good then good, fault = file:write(part) end
    end
    local closed, closing = file:close()
    if not good or not closed then return nil, fault or closing end
    return true
end

--- The same, part by part, for what may be long.
---@param path string
---@param parts fun(): string|nil
---@return true|nil is_replaced
---@return string|nil fault
function private_files.replace_by(path, parts)
    local beside = path .. ".new"
    os.remove(beside)
    local made, fault = core.make_private_file(beside, "")
    local file = made and io.open(beside, "wb")
    if not file then return nil, fault end
    made, fault = write_all(file, parts)
    if made then return os.rename(beside, path) end
    os.remove(beside)
    return nil, fault
end

return private_files
