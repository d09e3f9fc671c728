--- The request that a command would send, from the code that would send it: an engine without a network hands it out.
local auth0 = require "auth0"
local core = require "auth0.core"
local stop = require "auth0_accounts.stop"
local tenants = require "auth0_accounts.tenants"

local dry_run = {}

-- Stands where the token would: each form has its own way to name one.
local TOKEN = "AUTH0_TOKEN"

local function recorder()
    local recorded = { engine = core.engine() }
    function recorded:answer(request)
        self.request = request
        return { how = "unreached" }
    end
    return recorded
end

---@param command auth0_accounts.Command
---@param given table arguments
---@param world auth0_accounts.World
---@return auth0.Request request without its token
function dry_run.request(command, given, world)
    local recorded = recorder()
    local tenant = auth0.tenant { mock = recorded, domain = tenants.domain(world), token = TOKEN, attempts = 1 }
    local _, message = tenants.ask(tenant, command, given)
    if not recorded.request then stop.raise(stop.FAILED, "%s", message) end
    recorded.request.headers.authorization = nil
    return recorded.request
end

return dry_run
