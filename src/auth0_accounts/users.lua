--- The accounts of an export, line by line.
local core = require("auth0_accounts.database").core()
local stop = require "auth0_accounts.stop"

local users = {}

--- Goes through them. A line that is no account ends the command: an export that is damaged may lack any account.
---
---     for line, id, folded, reader, count, size in users.file(path) do ... end
---
---@param path string NDJSON, or the gzip of it
---@return fun(): integer|nil, string, string|nil, table, integer, integer iterator of the line's number, the id, the
---folded address, the reader, the number of identities and the bytes of the line
function users.file(path)
    local reader, fault = core.users(path)
    if not reader then stop.raise(stop.USAGE, "%s", fault) end
    return function()
        local id, message, folded, count, size = reader:next()
        if id then return reader:line(), id, folded, reader, count, size end
        if message then stop.raise(stop.USAGE, "%s", message) end
        return nil
    end
end

return users
