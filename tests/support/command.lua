--- The command auth0-accounts: in this process with a mock in the tenant's place, or in one of its own against the TLS
--- tenant.
local accounts = require "auth0_accounts"
local linking = require "support.linking"
local process = require "support.process"
local tenant = require "support.tenant"

local command = {}

local function collector(told)
    local parts = {}
    return { parts = parts, write = function(self, ...)
        for i = 1, select("#", ...) do parts[#parts + 1] = (select(i, ...)) end
        return self
    end, flush = function()
        if told then return nil, told end
        return true
    end }
end

---@class support.Told
---@field code integer
---@field out string
---@field err string

--- Runs it here.
---@param mock auth0.mock.Tenant
---@param arguments string[]
---@param environment? table<string, string>
---@param fault? string of standard output, when it is flushed
---@param columns? integer of the terminal that standard error leads to; there is none
---@return support.Told
function command.run(mock, arguments, environment, fault, columns)
    local values = environment or { AUTH0_DOMAIN = mock.domain, AUTH0_TOKEN = mock:token { kind = "machine" } }
    local out, err = collector(fault), collector()
    local code = accounts.run(arguments, { getenv = function(name) return values[name] end, out = out, err = err,
        mock = mock, columns = columns })
    return { code = code, out = table.concat(out.parts), err = table.concat(err.parts) }
end

--- The shell words that start it in a process of its own, for the TLS tenant.
---@param arguments string[]
---@param environment? table<string, string>
---@return string
function command.words(arguments, environment)
    local values = { AUTH0_DOMAIN = tenant.domain, AUTH0_TOKEN = linking.token, no_proxy = "*", AUTH0_CLIENT_ID = "",
        AUTH0_CLIENT_SECRET = "" }
    for name, value in pairs(environment or {}) do values[name] = value end
    local words = { process.environment(values), process.lua(), "src/auth0_accounts/command.lua" }
    local all = { "--ca-file", tenant.ca, "--resolve", tenant.resolve }
    for _, argument in ipairs(arguments) do all[#all + 1] = argument end
    for _, argument in ipairs(all) do words[#words + 1] = process.quoted(argument) end
    return table.concat(words, " ")
end

--- Runs it so.
---@param arguments string[]
---@param environment? table<string, string>
---@return support.Told
function command.start(arguments, environment)
    local out, err = os.tmpname(), os.tmpname()
    local _, code = tenant.run(("%s >%s 2>%s"):format(command.words(arguments, environment), out, err))
    local told = { code = code, out = process.read(out), err = process.read(err) }
    os.remove(out)
    os.remove(err)
    return told
end

--- A name for a file that is not there.
---@return string
function command.new_name()
    local name = os.tmpname()
    os.remove(name)
    return name
end

return command
