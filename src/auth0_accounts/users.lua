--- The accounts of an export, line by line.
local core = require("auth0_accounts.database").core()
local stop = require "auth0_accounts.stop"

local users = {}

local EVERY = 20000 -- lines, after which the watch is told

local NOT_THERE = ": is read twice, and was another one the second time: give a file that stays as it is"

local NO_ACCOUNT = "; an export has one account a line, as JSON (format: json, not csv): make or download it again"

local function open(source)
    local reader, fault = core.users(source.path, source.name)
    return reader or stop.raise(stop.USAGE, "%s", fault)
end

local function fail(message, kind)
    stop.raise(stop.USAGE, "%s%s", message, kind == "line" and NO_ACCOUNT or "")
end

--- Goes through them. A line that is no account ends the command: an export that is damaged may lack any account.
---
---     for line, id, folded, reader, count, size in users.file(source, watch, addresses) do ... end
---
---@param source auth0_accounts.Source NDJSON, or the gzip of it
---@param watch auth0_accounts.Watch
---@param addresses userdata of auth0_accounts.core: those of the accounts are noted
---@return fun(): integer|nil, string, string|nil, table, integer, integer iterator of the line's number, the id, the
---folded address, the reader, the number of identities and the bytes of the line
function users.file(source, watch, addresses)
    local reader, number = open(source), 0
    return function()
        local id, message, folded, count, size = reader:next(addresses)
        number = number + 1
        if number % EVERY == 0 then watch:say("reading " .. source.name, reader:position()) end
        if id then return reader:line(), id, folded, reader, count, size end
        if message then fail(message, folded) end -- without an id, `folded` is the kind of failure
        reader:close()
        return nil
    end
end

--- Notes the folded address of each account that has one.
---@param source auth0_accounts.Source NDJSON, or the gzip of it
---@param watch auth0_accounts.Watch
---@param hashes boolean
---@return userdata addresses of auth0_accounts.core
---@return integer accounts that the file has, with an address or without
---@return string|nil digest SHA-256 of the file's bytes
function users.addresses(source, watch, hashes)
    local addresses, reader, count = core.addresses(), open(source), 0
    if hashes then reader:hash() end
    repeat
        local more, message, kind = reader:note(addresses, EVERY)
        if not more then fail(message, kind) end
        count = count + more
        if more == EVERY then watch:say("reading " .. source.name, reader:position()) end
    until more < EVERY
    local digest = hashes and reader:digest() or nil
    reader:close()
    return addresses, count, digest
end

--- Goes through some lines of a file that was read before.
---@param source auth0_accounts.Source
---@param lines fun(): integer|nil iterator of their numbers, which grow
---@return fun(): integer|nil, string, string, string iterator of the number, the id, the line and the folded address
function users.lines(source, lines)
    local reader = open(source)
    return function()
        local line = lines()
        if not line then
            reader:close()
            return nil
        end
        local id, message, folded = reader:find(line)
        if not folded then stop.raise(stop.USAGE, "%s", not id and message or source.name .. NOT_THERE) end
        return line, id, reader:text(), folded
    end
end

return users
