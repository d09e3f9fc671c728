--- As whom a tenant is talked to: one way, and all of it.
local loop = require "auth0.loop"

local credentials = {}

local WAYS = "give token, or client_id with client_secret, or client_id with signing_key"

-- What goes with what: an option, and those one of which it needs.
local needs = {
    { "client_secret", "client_id" },
    { "signing_key", "client_id" },
    { "signing_key_id", "signing_key" },
    { "signing_algorithm", "signing_key" },
    { "audience", "client_id" },
    { "token_file", "client_id" },
}

local function missing(words)
    return words .. loop.about_environment()
end

local function fault(given)
    if given.domain == nil then
        return missing "domain: expected a host name such as acme.eu.auth0.com; it is missing"
    end
    local ways = {}
    for _, name in ipairs { "token", "client_secret", "signing_key" } do
        if given[name] ~= nil then ways[#ways + 1] = name end
    end
    if #ways > 1 then return ("%s: does not go with %s: %s"):format(ways[2], ways[1], WAYS) end
    if not ways[1] then
        return missing(given.client_id and "client_id: goes with client_secret or signing_key, and both are missing"
            or "token: is missing: " .. WAYS)
    end
    if given.token ~= nil and given.client_id ~= nil then return "client_id: does not go with token: " .. WAYS end
    for _, need in ipairs(needs) do
        if given[need[1]] ~= nil and given[need[2]] == nil then
            return missing(("%s: goes with %s, which is missing"):format(need[1], need[2]))
        end
    end
end

---@param given auth0.TenantOptions
---@param level integer as error's second argument, from the caller of this
function credentials.check(given, level)
    local words = fault(given)
    if words then error("auth0.tenant: " .. words, level + 1) end
end

return credentials
