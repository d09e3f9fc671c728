--- auth0-accounts plan
local definitions = require "auth0_accounts.definitions"
local primaries = require "auth0_accounts.plan.primaries"
local settings = require "auth0_accounts.settings"
local stop = require "auth0_accounts.stop"
local tenants = require "auth0_accounts.tenants"
local watch = require "auth0_accounts.watch"

local plan = { summary = "Finds accounts with the same address in an export, and writes down which to link and "
    .. "which to leave alone. It changes nothing." }

local function define_choice_of_primary(parser)
    parser:option("--primary", "Which account of a group is the primary: oldest (default), newest, most-logins or "
        .. "connection=NAME,NAME."):argname "RULE":convert(primaries.rule)
    parser:option("--primary-file", "A file of ids, one a line, that are to be primaries."):argname "IDS"
    parser:option("--choose", "A Lua file that returns a function(group): it returns the primary's id, or nil and why "
        .. "there is none. It runs with your rights."):argname "RULES.lua"
end

local function define_evidence(parser)
    parser:option("--trust-connection", "A connection whose verified addresses count; repeatable. Without any, nothing "
        .. "is linked."):argname "NAME":count "*"
    parser:flag("--password-merge", "Also link accounts with a password. An attacker may have registered one with "
        .. "the victim's address.")
    parser:flag("--enterprise-merge", "Also link in groups in which a company's account meets a private one, which "
        .. "lives on after the company has closed its own.")
end

local function rate(text)
    local number = tonumber(text)
    if number and number > 0 and number < math.huge then return number end
    return nil, ("'%s': expected requests a second, more than 0"):format(text)
end

function plan.define(parser)
    definitions.export(parser)
    parser:option("-o --output", "The plan's file; without it, only the summary is printed."):argname "FILE"
    parser:flag("--overwrite", "Replace the plan's file if there is one.")
    define_evidence(parser)
    define_choice_of_primary(parser)
    definitions.metadata(parser)
    parser:option("--rate", "Requests a second that your tenant grants: the summary says how long apply takes with "
        .. "them."):argname "N"
        :convert(rate)
    parser:option("--diff", "Print what has changed since an earlier plan."):argname "OLD"
end

function plan.fault(given)
    if not given.users and not given.export then return "plan takes an export, or --export" end
    if given.overwrite and not given.output then return "--overwrite goes with -o" end
end

function plan.needs_tenant(given)
    return given.export == true
end

function plan.interrupted(given)
    local plan_is = given.is_finishing and ("if the plan %s is new, it is whole"):format(given.output)
        or "no plan was written"
    return "interrupted: " .. plan_is .. require("auth0_accounts.exports").after_interrupt(given)
end

local function options_of(given, world)
    return { domain = tenants.domain(settings.read(given, world)), rule = given.primary or primaries.rule "oldest",
        trusted_connections = given.trust_connection, password_merge = given.password_merge,
        enterprise_merge = given.enterprise_merge, user_metadata = given.user_metadata,
        app_metadata = given.app_metadata, union = given.union[1] and given.union or nil,
        primary_file = given.primary_file, choose = given.choose and primaries.load(given.choose),
        choose_path = given.choose, output = given.output, overwrites = given.overwrite, diff = given.diff,
        on_finish = function() given.is_finishing = true end, watch = watch.new(world, given.quiet) }
end

function plan.call(tenant, given, _, world)
    local options = options_of(given, world)
    local made, diff, failure = require("auth0_accounts.exports").use(tenant, given, world, function(source)
        return require("auth0_accounts.plan").make(source, options)
    end)
    if not made then return nil, diff, failure end
    return made, nil, diff
end

local function tell_changes(said, diff)
    local words, count = require("auth0_accounts.plan.diff").words, 0
    for change in diff:changes() do
        count = count + 1
        said:value(change)
        said:lines { words(change) }
    end
    diff:close()
    return count
end

function plan.tell(said, made, diff, given)
    local changes = diff and tell_changes(said, diff) or 0
    said:value(made:value(given.rate))
    said:lines(made:lines(given.rate, function(file)
        return require("auth0_accounts.apply.approval").first_command(given, file)
    end))
    return changes > 0 and stop.FAILED or nil
end

return plan
