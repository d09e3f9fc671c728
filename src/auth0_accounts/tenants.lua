--- The tenant that is configured.
local auth0 = require "auth0"
local settings = require "auth0_accounts.settings"
local stop = require "auth0_accounts.stop"

local tenants = {}

local NO_DOMAIN = "no domain: set AUTH0_DOMAIN, or give --domain: it is the tenant's, such as acme.eu.auth0.com"
local NO_TOKEN = "no token: set AUTH0_TOKEN; or AUTH0_CLIENT_ID (or --client-id) and AUTH0_CLIENT_SECRET"

---@param values auth0_accounts.Settings
---@return string domain
function tenants.domain(values)
    return values.domain or stop.raise(stop.CONFIGURATION, NO_DOMAIN)
end

--- Whether it is all that a tenant needs: raises where it is not.
---@param values auth0_accounts.Settings
function tenants.check(values)
    tenants.domain(values)
    if not values.token and not (values.client_id and values.client_secret) then
        stop.raise(stop.CONFIGURATION, NO_TOKEN)
    end
end

---@param given table arguments
---@param world auth0_accounts.World
---@param command auth0_accounts.Command
---@return auth0.Tenant
function tenants.open(given, world, command)
    local options = command.options and command.options(given) or {}
    local values = settings.read(given, world)
    tenants.check(values)
    for name, value in pairs(values) do options[name] = value end
    options.mock = world.mock
    return auth0.tenant(options)
end

--- What a command asks of the tenant, which is closed then, also by an error.
---@param tenant auth0.Tenant|nil
---@param command auth0_accounts.Command
---@param given table arguments
---@param said auth0_accounts.Output|nil
---@param world auth0_accounts.World|nil
---@return any value nil where it failed
---@return string|nil message
---@return table|nil facts
function tenants.ask(tenant, command, given, said, world)
    local good, value, message, facts = pcall(command.call, tenant, given, said, world)
    if tenant then tenant:close() end
    if not good then error(value, 0) end
    return value, message, facts
end

return tenants
