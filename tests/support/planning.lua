--- For the specs of plan: plans of accounts, with every connection of theirs trusted.
local command = require "support.command"
local core = require "auth0.core"
local exported = require "support.exported"
local mock_tenant = require "auth0.mock"
local process = require "support.process"

local planning = {}

planning.DOMAIN = "acme.eu.auth0.com"
planning.TRUSTED = { "--trust-connection", "google-oauth2", "--trust-connection", "github", "--trust-connection",
    "apple", "--trust-connection", "Users", "--trust-connection", "corp", "--trust-connection", "samlp" }

--- Runs the command.
---@param arguments string[]
---@param environment? table<string, string>
---@return support.Told
function planning.run(arguments, environment)
    return command.run(mock_tenant.new(), arguments, environment or { AUTH0_DOMAIN = planning.DOMAIN })
end

---@param ... any[]
---@return any[]
function planning.concat(...)
    local list = {}
    for _, part in ipairs { ... } do
        for _, entry in ipairs(part) do list[#list + 1] = entry end
    end
    return list
end

---@param path string of a plan
---@return table[] lines
---@return table header
function planning.lines_of(path)
    local list = {}
    for line in io.lines(path) do list[#list + 1] = assert(core.decode(line)) end
    local header = table.remove(list, 1)
    return list, header
end

--- The lines of the plan of these accounts, with everything trusted.
---@param accounts (table|string)[]
---@param ... string arguments
---@return table[] lines
---@return table header
---@return string text
function planning.planned(accounts, ...)
    local output = exported.name()
    local told = planning.run(planning.concat({ "plan", exported.file(accounts), "-o", output }, planning.TRUSTED,
        { ... }))
    if told.code ~= 0 or told.err ~= "" then error(("plan ended with %d: %s"):format(told.code, told.err), 2) end
    local lines, header = planning.lines_of(output)
    return lines, header, process.read(output)
end

--- "primary <- secondary" of a link; "code: accounts" of what is left alone.
---@param lines table[]
---@return string[]
function planning.short(lines)
    local list = {}
    for i, line in ipairs(lines) do
        list[i] = line.line and ("%s <- %s"):format(line.primary.user_id, line.secondary.user_id)
            or ("%s: %s"):format(line.skipped, table.concat(line.accounts, " "))
    end
    return list
end

--- The same of the plan of these accounts.
---@param accounts (table|string)[]
---@param ... string arguments
---@return string[]
function planning.decided(accounts, ...)
    return planning.short((planning.planned(accounts, ...)))
end

return planning
