--- Files that this user alone can read.
local core = require "auth0.core"

local private_files = {}

local NAMES = 100

--- Makes a file beside another one, which is to take its place. No file that is there is touched.
---@param path string of the other one
---@param text string
---@return string|nil beside its path
---@return string|nil fault
function private_files.make_beside(path, text)
    local made, fault
    for i = 1, NAMES do
        local beside = ("%s.new%s"):format(path, i > 1 and i or "")
        made, fault = core.make_private_file(beside, text)
        if made then return beside end
        local taken = io.open(beside, "rb")
        if not taken then break end
        taken:close()
    end
    return nil, fault
end

local function put(beside, path)
    local good, fault = os.rename(beside, path)
    if not good then os.remove(beside) end
    return good, fault
end

--- Puts a text in the place of what the file holds, or leaves it as it is.
---@param path string
---@param text string
---@return true|nil is_replaced
---@return string|nil fault
function private_files.replace(path, text)
    local beside, fault = private_files.make_beside(path, text)
    if not beside then return nil, fault end
    return put(beside, path)
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
    local beside, fault = private_files.make_beside(path, "")
    local file = beside and io.open(beside, "wb")
    if not file then return nil, fault end
    local made
    made, fault = write_all(file, parts)
    if made then return put(beside, path) end
    os.remove(beside)
    return nil, fault
end

return private_files
