--- auth0-accounts help
local commands = require "auth0_accounts.commands"
local command_line = require "auth0_accounts.command_line"
local definitions = require "auth0_accounts.definitions"

local help = { needs_tenant = false, summary = "Prints the help of a command, or of all. "
    .. "With --json: all options and arguments, as JSON." }

local SHELLS = { "bash", "zsh", "fish" }

function help.define(parser)
    parser:argument("topic", "The command to explain."):argname "COMMAND":args "?"
    parser:flag("--man", "Print the man page, for man -l.")
    definitions.choice(parser, "--completion", "Print the completions for a shell: %s.", SHELLS):argname "SHELL"
end

function help.fault(given)
    local count = 0
    for _, name in ipairs { "topic", "man", "completion" } do count = count + (given[name] and 1 or 0) end
    if count > 1 then return "help takes one of a command, --man and --completion" end
    for _, name in ipairs(commands.NAMES) do
        if not given.topic or name == given.topic then return end
    end
    return ("there is no command '%s': the commands are %s"):format(given.topic, table.concat(commands.NAMES, ", "))
end

local function of_topic(parser, topic)
    for _, command in ipairs(parser._commands) do
        if command._name == topic then return command end
    end
    return parser
end

function help.call(_, given)
    local parser = require("auth0_accounts.arguments").parser()
    if given.man then return { text = require("auth0_accounts.man_page").of(command_line.of(parser)) } end
    if given.completion then return { text = parser["get_" .. given.completion .. "_complete"](parser) } end
    local topic = of_topic(parser, given.topic)
    return { text = topic:get_help() .. "\n", defined = command_line.of(topic) }
end

function help.tell(said, value)
    if said.is_json and value.defined then return said:value(value.defined) end
    said:text(value.text)
end

return help
