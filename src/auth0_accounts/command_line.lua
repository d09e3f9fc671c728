--- The command line as plain values: what help --json prints, and what the man page is made from.
--- argparse hands its elements out only as fields with an underscore; they are read here alone, and in arguments.lua.
local json = require "auth0.json"

local command_line = {}

---@class auth0_accounts.Argument
---@field name string what stands for it in the usage
---@field about string
---@field required boolean
---@field choices? string[]

---@class auth0_accounts.Option
---@field names string[] the short one first, where there is one
---@field value? string what stands for its value; absent where it takes none
---@field about string
---@field required boolean
---@field repeatable boolean
---@field choices? string[]

---@class auth0_accounts.CommandLine
---@field name string
---@field about string
---@field notes? string
---@field usage string
---@field arguments auth0_accounts.Argument[]
---@field options auth0_accounts.Option[]
---@field commands auth0_accounts.CommandLine[]

local function each(list, of)
    local values = {}
    for i, element in ipairs(list) do values[i] = of(element) end
    return json.array(values)
end

local function copied(choices)
    return choices and each(choices, function(choice) return choice end)
end

local function of_argument(argument)
    local choices = argument._choices and table.concat(argument._choices, "|")
    return { name = argument._argname or choices or argument._name, about = argument._description or "",
        required = argument._minargs > 0, choices = copied(argument._choices) }
end

local function of_option(option)
    return { names = copied(option._public_aliases), value = option._maxargs > 0 and option._argname or nil,
        about = option._description or "", required = option._mincount > 0, repeatable = option._maxcount > 1,
        choices = copied(option._choices) }
end

---@param parser table of argparse
---@return auth0_accounts.CommandLine
function command_line.of(parser)
    return { name = parser._name, about = parser._description or "", notes = parser._epilog, usage = parser:get_usage(),
        arguments = each(parser._arguments, of_argument), options = each(parser._options, of_option),
        commands = each(parser._commands, command_line.of) }
end

return command_line
