--- The tenant that the environment names. A secret is never an argument: other users of the machine see those.
local auth0 = require "auth0"
local stop = require "auth0_accounts.stop"

local tenants = {}

local function value_of(world, name)
    local value = world.getenv(name)
    return value ~= "" and value or nil
end

---@param world auth0_accounts.World
---@return string domain
function tenants.domain(world)
    return value_of(world, "AUTH0_DOMAIN") or stop.raise(stop.REFUSED,
        "AUTH0_DOMAIN is not set: it is the tenant's domain, such as acme.eu.auth0.com")
end

local function check(options)
    if options.token and (options.client_id or options.client_secret) then
        stop.raise(stop.REFUSED, "AUTH0_TOKEN does not go with AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET: unset the one "
            .. "or the others")
    elseif not options.token and not (options.client_id and options.client_secret) then
        stop.raise(stop.REFUSED, "no token: set AUTH0_TOKEN, or AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET")
    end
end

---@param given table arguments
---@param world auth0_accounts.World
---@return auth0.Tenant
function tenants.open(given, world)
    local options = { domain = tenants.domain(world), token = value_of(world, "AUTH0_TOKEN"),
        client_id = value_of(world, "AUTH0_CLIENT_ID"), client_secret = value_of(world, "AUTH0_CLIENT_SECRET"),
        audience = given.audience, ca_file = given.ca_file, resolve = given.resolve, deadline = given.deadline,
        mock = world.mock }
    check(options)
    return auth0.tenant(options)
end

--- What a command asks of the tenant, which is closed then, also by an error.
---@param tenant auth0.Tenant
---@param command auth0_accounts.Command
---@param given table arguments
---@param said auth0_accounts.Output|nil
---@return any value nil where it failed
---@return string|nil message
---@return table facts
function tenants.ask(tenant, command, given, said)
    local good, value, message, facts = pcall(command.call, tenant, given, said)
    tenant:close()
    if not good then error(value, 0) end
    return value, message, facts
end

return tenants
