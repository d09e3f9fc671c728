--- What the command line may say.
local auth0 = require "auth0"
local commands = require "auth0_accounts.commands"
local definitions = require "auth0_accounts.definitions"
local printable = require "auth0_accounts.printable"
local stop = require "auth0_accounts.stop"

local arguments = {}

local INSTALL = "auth0-accounts: argparse is missing: install it with \"apt-get install lua-argparse\" or "
    .. "\"luarocks --lua-version %s install argparse\"%s"

-- Needed by this command alone, so it is no dependency of the library.
local function argparse()
    local good, found = pcall(require, "argparse")
    if good then return found end
    local is_absent = tostring(found):find "^module 'argparse' not found"
    error({ code = stop.CONFIGURATION, text = INSTALL:format(_VERSION:match "%d+%.%d+",
        is_absent and "" or "\n" .. tostring(found)) .. "\n" }, 0)
end

local ABOUT = 'Accounts of an Auth0 tenant. "auth0-accounts COMMAND --help" explains a command.'

local EPILOG = [[
The tenant and the token: AUTH0_DOMAIN, and AUTH0_TOKEN or AUTH0_CLIENT_ID with
AUTH0_CLIENT_SECRET or AUTH0_SIGNING_KEY_FILE, from the environment or from the
file of --config. A flag overrides the environment, and the environment
overrides the file.

Exit codes: 0 done; 1 failed, or something was found; 2 used wrongly, or an
approval is wanted; 3 configuration or authentication; 4 the tenant cannot be
reached; 130 interrupted.]]

local WIDTH = 80 -- of the help

local function of_every_command(parser)
    parser:option("--config", "File with settings, which this user alone can read: name = value, or JSON.")
        :argname "FILE"
    parser:option("--domain", "The tenant's domain, instead of AUTH0_DOMAIN."):argname "DOMAIN"
    parser:option("--client-id", "The application that asks for a token, instead of AUTH0_CLIENT_ID."):argname "ID"
    parser:option("--signing-key-file", "PEM file with the client's private key, instead of a client secret.")
        :argname "FILE"
    parser:option("--mock", "Instead of a tenant: the accounts of this file, which keeps what is changed; see mock.")
        :argname "FILE":target "mock_file" -- argparse sets given.mock where mock is the command
    parser:option("--ca-file", "PEM file with the certificates to trust instead of the system's."):argname "FILE"
    parser:option("--resolve", "Where a host is, without asking the resolver; repeatable."):argname "HOST:PORT:ADDRESS"
        :count "*"
    parser:option("--audience", "The token's audience, if the domain is a custom domain: "
        .. "https://CANONICAL-DOMAIN/api/v2/"):argname "URL"
    parser:option("--deadline", "Seconds for all that a call does (default: 60)."):argname "SECONDS"
        :convert(definitions.seconds)
    parser:option("--correlation-id", "A text that the tenant's logs show."):argname "TEXT"
    parser:flag("--json", "Print the result, or the failure, as JSON: one object a line.")
    parser:flag("--quiet", "Print no result for people, and no progress; failures and the exit code tell.")
    parser:flag("--no-color", "No colors on a terminal. The variable NO_COLOR, or TERM=dumb, says the same.")
    parser:flag("--version", "Print the version."):action(function()
        error({ text = ("auth0-accounts %s\n"):format(auth0._VERSION), code = stop.DONE }, 0)
    end)
    parser:flag("--no-input", "Do not ask at a terminal for the approval that apply and undo need.")
end

-- What ends the parsing early is raised: a help that was asked for, or a mistake and where it was made.
local function with_help(parser)
    parser:add_help { description = "Print this help.", action = function()
        error({ text = parser:get_help() .. "\n", code = stop.DONE }, 0)
    end }
    table.insert(parser._options, 1, table.remove(parser._options)) -- a help lists it first
end

-- What the help calls an element.
local function label(element, text)
    element._get_label_lines = function() return { text } end
end

-- The help of argparse gives arguments other names than its usage, and a line to each name of an option; and argparse
-- does not say of which option it could not convert the value.
local function with_names(parser)
    for _, argument in ipairs(parser._arguments) do
        if argument._argname then label(argument, argument._argname) end
    end
    for _, option in ipairs(parser._options) do
        local names = table.concat(option._public_aliases, ", ")
        if option._maxargs > 0 then label(option, names .. " " .. option._argname) end
        local convert = option._convert
        if convert then
            option:convert(function(text)
                local value, fault = convert(text)
                return value, fault and ("%s %s"):format(option._name, fault)
            end)
        end
    end
end

-- What each command has beside its own options and arguments, and each command of a command.
local function with_help_and_names(parser)
    with_help(parser)
    with_names(parser)
    for _, own in ipairs(parser._commands) do with_help_and_names(own) end
end

local function with_commands(parser)
    for _, name in ipairs(commands.NAMES) do
        local command = commands.get(name)
        command.define(parser:command(name):description(command.summary))
    end
end

---@return table parser of argparse
function arguments.parser()
    local parser = argparse()("auth0-accounts", ABOUT, EPILOG)
    parser:help_max_width(WIDTH):command_target "command":require_command(true)
    of_every_command(parser)
    with_commands(parser)
    with_help_and_names(parser)
    return parser
end

local function element_of(parser, message)
    local kind, name = message:match "(%l+) '([%w_-]+)'"
    for _, element in ipairs(kind == "option" and parser._options or kind == "argument" and parser._arguments or {}) do
        if element._name == name then return element end
    end
end

-- "missing argument 'primary'" says little: it gets its name in the help, whose own line follows.
local function explained(parser, message)
    if message == "a command is required" then return message .. ": " .. parser:_get_commands():gsub(" ", ", ") end
    local element = element_of(parser, message)
    if not element or message:find "must be one of" then
        return printable.line((message:gsub("\nDid you mean", "; did you mean")))
    end
    local name = element._argname or element._name
    return ("%s\n%s: %s"):format(message:gsub("argument '[^']+'", "argument " .. name, 1),
        message:match "option '([^']+)'" or name, element._description)
end

local function misuse(parser, message)
    error({ code = stop.USAGE, text = ('%s\n\nauth0-accounts: %s\n"%s --help" says more\n'):format(parser:get_usage(),
        explained(parser, message), parser:_get_fullname()) }, 0)
end

local function parser_of(parser, name)
    for _, command in ipairs(parser._commands) do
        if command._name == name then return command end
    end
end

local function parsed(list)
    local parser = arguments.parser()
    parser.error = misuse
    local given = parser:parse(list)
    local command = commands.get(given.command)
    local fault = given.as and not given.dry_run and "--as is a form of --dry-run: add --dry-run"
        or command.fault and command.fault(given)
    if fault then misuse(parser_of(parser, given.command), fault) end
    return given
end

---@class auth0_accounts.Early
---@field text string a help, or what is wrong or missing
---@field code integer to exit with

---@param list string[]
---@return table|nil given by name; `command` is the command's
---@return auth0_accounts.Early|nil early what to print instead of doing something
function arguments.parse(list)
    local good, given = pcall(parsed, list)
    if good then return given end
    if type(given) ~= "table" then error(given, 0) end
    return nil, given
end

return arguments
