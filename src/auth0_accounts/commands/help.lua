--- auth0-accounts help
local command_line = require "auth0_accounts.command_line"
local definitions = require "auth0_accounts.definitions"

local help = { needs_tenant = false, summary = "Prints the help of a command, or of all. "
    .. "With --json: all options and arguments, as JSON." }

local SHELLS = { "bash", "zsh", "fish" }

function help.define(parser)
    parser:argument("topic", "The command to explain, such as link, or journal prune."):argname "COMMAND":args "*"
    parser._is_help_command = true -- argparse's completions offer the commands after it
    parser:flag("--man", "Print the man page, for man -l.")
    definitions.choice(parser, "--completion", "Print the completions for a shell: %s.", SHELLS):argname "SHELL"
end

local function whole_parser()
    return require("auth0_accounts.arguments").parser()
end

-- The parser of a command of this one; or nil, and the commands that there are.
local function inner_of(parser, name)
    local names = {}
    for i, own in ipairs(parser._commands) do
        if own._name == name then return own end
        names[i] = own._name
    end
    return nil, names
end

-- The parser that the words name; or nil, and what is wrong with them.
local function of_topic(topic)
    local parser = whole_parser()
    for _, name in ipairs(topic) do
        local inner, names = inner_of(parser, name)
        if not inner and not names[1] then return nil, ("%s has no commands of its own"):format(parser._name) end
        if not inner then
            return nil, ("there is no command '%s': the commands are %s"):format(name, table.concat(names, ", "))
        end
        parser = inner
    end
    return parser
end

function help.fault(given)
    local count = (given.topic[1] and 1 or 0) + (given.man and 1 or 0) + (given.completion and 1 or 0)
    if count > 1 then return "help takes one of a command, --man and --completion" end
    return select(2, of_topic(given.topic))
end

function help.call(_, given)
    local parser = whole_parser()
    if given.man then return { text = require("auth0_accounts.man_page").of(command_line.of(parser)) } end
    if given.completion then return { text = parser["get_" .. given.completion .. "_complete"](parser) } end
    local topic = of_topic(given.topic)
    return { text = topic:get_help() .. "\n", defined = command_line.of(topic) }
end

function help.tell(said, value)
    if said.is_json and value.defined then return said:value(value.defined) end
    said:text(value.text)
end

return help
