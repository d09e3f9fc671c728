--- The command auth0-accounts.
local arguments = require "auth0_accounts.arguments"
local commands = require "auth0_accounts.commands"
local dry_run = require "auth0_accounts.dry_run"
local output = require "auth0_accounts.output"
local stop = require "auth0_accounts.stop"
local tenants = require "auth0_accounts.tenants"
local wording = require "auth0_accounts.wording"

local accounts = {}

--- What a run has to do with.
---@class auth0_accounts.World
---@field getenv fun(name: string): string|nil
---@field out file*
---@field err file*
---@field mock? auth0.Mock takes the tenant's place: with --mock, and in tests

local function told_as(failure)
    local copy = {}
    for name, value in pairs(failure) do copy[name] = value end
    copy.message = wording.of(copy.message)
    copy.receipt = nil -- it is in its file
    return { failure = copy }
end

local function end_as(said, message, failure)
    said:value(told_as(failure))
    said:complain("%s", message)
    return stop.code_of(failure)
end

local function needs_tenant(command, given)
    if type(command.needs_tenant) == "function" then return command.needs_tenant(given) end
    return command.needs_tenant
end

-- What a mock's file holds is read before a command, and written after it, also where the command failed.
local function with_mock(command, given, world, carry)
    if not given.mock_file then return carry(world) end
    local mock_tenant = require "auth0_accounts.mock_tenant"
    local own = setmetatable({ mock = mock_tenant.open(given.mock_file) }, { __index = world })
    local good, code = pcall(carry, own)
    local saved, fault = true, nil
    if command.changes and not given.dry_run then saved, fault = pcall(mock_tenant.save, own.mock, given.mock_file) end
    if not good or not saved then error(good and fault or code, 0) end
    return code
end

local function carry_out(command, given, said, world)
    local tenant = needs_tenant(command, given) and tenants.open(given, world, command) or nil
    local value, message, facts = tenants.ask(tenant, command, given, said, world)
    if value == nil then return end_as(said, message, facts or {}) end
    return command.tell(said, value, facts, given) or stop.DONE
end

local function print_request(command, given, said, world)
    local form = require("auth0_accounts.forms." .. (given.as or "curl"):gsub("-", "_"))
    local requests, way = dry_run.requests(command, given, world)
    if requests[1] then said:text(form.of(requests, way)) else said:note "there is nothing to change" end
    return stop.DONE
end

local AFTER_INTERRUPT = "interrupted; the change may have been made, or may still be: %s"

local function interrupted(command, given)
    if not command.changes then return command.interrupted and command.interrupted(given) or "interrupted" end
    return AFTER_INTERRUPT:format(command.look or "show the primary before you try again")
end

-- A mistake in what was given is the caller's, and the library names its own function for it.
local function end_by_error(said, fault, command, given)
    if stop.is(fault) then
        said:complain("%s", fault.message)
        return fault.code
    end
    local text = tostring(fault)
    if text:find "interrupted!$" then
        said:complain("%s", interrupted(command, given))
        return stop.INTERRUPTED
    end
    local configuration, usage = text:match "auth0%.tenant: .*", text:match "tenant:[%w_]+: .*"
    said:complain("%s", configuration or usage or text)
    return configuration and stop.CONFIGURATION or usage and stop.USAGE or stop.FAILED
end

---@param list string[] of the command line
---@param world auth0_accounts.World
---@return integer code to exit with
function accounts.run(list, world)
    local given, early = arguments.parse(list)
    if not given then
        (early.code == stop.DONE and world.out or world.err):write(early.text)
        return early.code
    end
    local said, command = output.new(world, given), commands.get(given.command)
    local carry = given.dry_run and print_request or carry_out
    local good, code = pcall(with_mock, command, given, world, function(own)
        return carry(command, given, said, own)
    end)
    if not good then code = end_by_error(said, code, command, given) end
    if not said:finish() and code == stop.DONE then return stop.FAILED end
    return code
end

return accounts
