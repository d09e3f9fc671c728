--- The commands: a file for each, which holds all that is its own.
---@class auth0_accounts.Command
---@field summary string a sentence, for the help
---@field define fun(parser: table) its arguments and options, to the command's argparse parser
---@field fault? fun(given: table): string|nil what argparse cannot know to be used wrongly
---@field needs_tenant boolean|fun(given: table): boolean
---@field options? fun(given: table): table more options of the tenant that is opened for it
--- What `tell` tells; or nil, a message and the failure. It may end by stop.raise as well. (tenant, given, said, world)
---@field call fun(tenant: auth0.Tenant|nil, given: table, said: auth0_accounts.Output, w: table): any, string?, table?
---@field tell fun(said: auth0_accounts.Output, value: any, facts: table, given: table): integer? exit code; 0
---@field changes? boolean it changes something at the tenant
---@field look? string where it changes something: what to do after an interrupt
---@field interrupted? fun(given: table): string where it changes nothing: what is said after an interrupt
---@field rehearse? fun(tenant: auth0.Tenant, given: table): any, string?, table for --dry-run, where that needs reads

-- Every file is loaded for every run, since the help needs all: what is heavy, or may be missing, `call` requires.
local commands = {}

--- In the order of the help. The command `name` is the module auth0_accounts.commands.name.
commands.NAMES = { "show", "candidates", "link", "unlink", "preview", "merge", "undo", "settle", "plan", "apply",
    "verify", "mapping", "journal", "audit", "report", "doctor", "mock", "help" }

---@param name string
---@return auth0_accounts.Command
function commands.get(name)
    return require("auth0_accounts.commands." .. name)
end

return commands
