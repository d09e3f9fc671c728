--- The tenant that is configured.
local auth0 = require "auth0"
local core = require "auth0.core"
local settings = require "auth0_accounts.settings"
local stop = require "auth0_accounts.stop"

local tenants = {}

local NO_DOMAIN = "no domain: set AUTH0_DOMAIN, or give --domain: it is the tenant's, such as acme.eu.auth0.com"
local NO_TOKEN = "no token: set AUTH0_TOKEN; or AUTH0_CLIENT_ID (or --client-id), and AUTH0_CLIENT_SECRET or "
    .. "AUTH0_SIGNING_KEY_FILE (or --signing-key-file)"
local TWO_KEYS = "a client has a secret or a signing key: give one of AUTH0_CLIENT_SECRET and AUTH0_SIGNING_KEY_FILE"
local NO_CLIENT = "an audience goes with a client, which gets a token for it: leave it out beside AUTH0_TOKEN"

---@param values auth0_accounts.Settings
---@return string domain
function tenants.domain(values)
    return values.domain or stop.raise(stop.CONFIGURATION, NO_DOMAIN)
end

--- Whether it is all that a tenant needs: raises where it is not.
---@param values auth0_accounts.Settings
function tenants.check(values)
    tenants.domain(values)
    if not values.token and not (values.client_id and (values.client_secret or values.signing_key_file)) then
        stop.raise(stop.CONFIGURATION, NO_TOKEN)
    end
    if values.client_secret and values.signing_key_file then stop.raise(stop.CONFIGURATION, TWO_KEYS) end
    if values.audience and not values.client_id then stop.raise(stop.CONFIGURATION, NO_CLIENT) end
end

local function key_of(path)
    local text, fault = core.read_private_file(path)
    return text or stop.raise(stop.CONFIGURATION, "%s: %s", path, fault)
end

-- What is wrong with an option of auth0.tenant, by where its value comes from.
local function explained(fault, sources)
    local name, what = tostring(fault):match "auth0%.tenant: ([%l_]+)(.*)"
    if not name then error(fault, 0) end
    local source = sources[name == "signing_key" and "signing_key_file" or name]
    if not source then return name .. what end
    return (source:find "^%-%-" or source:find "^AUTH0_") and source .. what or ("%s: %s%s"):format(source, name, what)
end

--- Raises where it cannot be made of these values.
---@param values auth0_accounts.Settings
---@param sources table<string, string>
---@param world auth0_accounts.World
---@param options table more of the tenant's options
---@return auth0.Tenant
function tenants.make(values, sources, world, options)
    for name, value in pairs(values) do options[name] = value end
    if values.signing_key_file then
        options.signing_key, options.signing_key_file = key_of(values.signing_key_file), nil
    end
    options.mock = world.mock
    local good, tenant = pcall(auth0.tenant, options)
    return good and tenant or stop.raise(stop.CONFIGURATION, "%s", explained(tenant, sources))
end

---@param given table arguments
---@param world auth0_accounts.World
---@param command auth0_accounts.Command
---@return auth0.Tenant
function tenants.open(given, world, command)
    local values, sources = settings.read(given, world)
    tenants.check(values)
    return tenants.make(values, sources, world, command.options and command.options(given) or {})
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
