--- What the specs of link and unlink share: two accounts at the TLS tenant, a token, and options that would work.
local auth0 = require "auth0"
local process = require "support.process"
local tenant = require "support.tenant"

local linking = { primary = "auth0|507f1f77bcf86cd799439020", secondary = "google-oauth2|115015401343387192604" }

--- A token of its own process-wide tenant: made once, since a test that needs another one says so.
function linking.start()
    tenant.start()
    linking.token = tenant.token { kind = "machine" }
end

function linking.stop()
    auth0.close()
    tenant.stop()
end

function linking.seed_apart()
    return { { user_id = linking.primary, email = "ann@example.com" }, { user_id = linking.secondary } }
end

function linking.seed_linked()
    return { {
        email = "ann@example.com",
        identities = {
            { provider = "auth0", user_id = "507f1f77bcf86cd799439020" },
            { provider = "google-oauth2", user_id = "115015401343387192604", isSocial = true },
        },
    } }
end

--- Forgets all; with the two accounts apart for a link, as one for an unlink.
---@param goal "link"|"unlink"|nil
function linking.reset(goal)
    return tenant.reset(goal == "unlink" and linking.seed_linked() or linking.seed_apart())
end

linking.absent = {} -- an override that takes the option away

--- One try, and no looking afterwards what became of it: for specs of a single exchange.
---@param overrides table<string, any>|nil
---@return table options that reach the tenant
function linking.options(overrides)
    local options = {
        domain = tenant.domain,
        token = linking.token,
        resolve = { tenant.resolve },
        ca_file = tenant.ca,
        proxy = false,
        primary = linking.primary,
        secondary = linking.secondary,
        attempts = 1,
        settle = false,
    }
    for name, value in pairs(overrides or {}) do
        options[name] = value
        if value == linking.absent then options[name] = nil end
    end
    return options
end

--- The same with the API's names: `given` holds id, provider, user_id, ...
function linking.named(given)
    local options = linking.options { primary = linking.absent, secondary = linking.absent }
    for name, value in pairs(given) do options[name] = value end
    return options
end

---@param overrides table<string, any>|nil
function linking.link(overrides)
    return auth0.link(linking.options(overrides))
end

---@param overrides table<string, any>|nil
function linking.unlink(overrides)
    return auth0.unlink(linking.options(overrides))
end

--- For other processes that use this module: shell words that make the tenant theirs.
---@return string
function linking.environment()
    local values = {}
    for _, name in ipairs { "domain", "port", "resolve", "ca", "ca_path", "client_cert", "client_key", "dir", "pid" } do
        values["AUTH0_TENANT_" .. name:upper()] = tenant[name]
    end
    return process.environment(values)
end

---@return integer count of what the tenant committed
function linking.changes()
    return #tenant.record().changes
end

--- The headers of a request as the tenant noted it, names in lower case: HTTP/1.1 keeps their case.
---@param request table of tenant.last()
function linking.headers(request)
    local headers = {}
    for name, value in pairs(request.headers) do headers[name:lower()] = value end
    return headers
end

return linking
