--- The command auth0-accounts.
local arguments = require "auth0_accounts.arguments"
local commands = require "auth0_accounts.commands"
local dry_run = require "auth0_accounts.dry_run"
local output = require "auth0_accounts.output"
local stop = require "auth0_accounts.stop"
local tenants = require "auth0_accounts.tenants"

local accounts = {}

--- What a run has to do with.
---@class auth0_accounts.World
---@field getenv fun(name: string): string|nil
---@field out file*
---@field err file*
---@field mock? auth0.Mock takes the tenant's place, in tests

local function told_as(failure)
    local copy = {}
    for name, value in pairs(failure) do copy[name] = value end
    copy.receipt = nil -- it is in its file
    return { failure = copy }
end

local function end_as(said, message, failure)
    said:value(told_as(failure))
    said:complain("%s", message)
    if failure.outcome == "unknown" then return stop.UNKNOWN end
    return failure.code == "guarded" and stop.REFUSED or stop.FAILED
end

local function carry_out(command, given, said, world)
    local value, message, facts = tenants.ask(tenants.open(given, world), command, given, said)
    if value == nil then return end_as(said, message, facts) end
    return command.tell(said, value, facts, given) or stop.DONE
end

local function print_request(command, given, said, world)
    local form = require("auth0_accounts.forms." .. (given.as or "curl"):gsub("-", "_"))
    local requests = dry_run.requests(command, given, world)
    if requests[1] then said:text(form.of(requests)) else said:complain "there is nothing to change" end
    return stop.DONE
end

local AFTER_INTERRUPT = "interrupted; the change may have been made, or may still be: %s"
local LOOK = { merge = "if the receipt's file is there, ask settle about it", undo = "ask for the undo again" }

-- A mistake in what was given is the caller's, and the library names its own function for it.
local function end_by_error(said, fault, command, given)
    if stop.is(fault) then
        said:complain("%s", fault.message)
        return fault.code
    end
    local text = tostring(fault)
    if text:find "interrupted!$" then
        if not command.changes then said:complain "interrupted"
        else said:complain(AFTER_INTERRUPT, LOOK[given.command] or "show the primary before you try again") end
        return stop.INTERRUPTED
    end
    local wrong = text:match "auth0%.tenant: .*" or text:match "tenant:[%w_]+: .*"
    said:complain("%s", wrong or text)
    return wrong and stop.REFUSED or stop.FAILED
end

---@param list string[] of the command line
---@param world auth0_accounts.World
---@return integer code to exit with
function accounts.run(list, world)
    local given, usage = arguments.parse(list)
    if not given then
        world.err:write(usage)
        return stop.REFUSED
    end
    local said, command = output.new(world, given.json), commands[given.command]
    local good, code = pcall(given.dry_run and print_request or carry_out, command, given, said, world)
    if not good then code = end_by_error(said, code, command, given) end
    if not said:finish() and code == stop.DONE then return stop.FAILED end
    return code
end

return accounts
