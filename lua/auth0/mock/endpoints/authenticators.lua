--- Enrolled factors: GET /api/v2/users/{id}/authentication-methods.
local query = require "auth0.mock.text.query"
local registry = require "auth0.mock.model.registry"

local authenticators = {}

---@param call table
---@return auth0.mock.answer
function authenticators.list(call)
    local account, values, refusal = registry.of_account(call, query.pages, "read:authentication_methods")
    return refusal or query.page(account.authentication_methods or {}, values, "authenticators")
end

return authenticators
