--- Which endpoint answers a request, and which rate bucket it draws from.
local access = require "auth0.mock.endpoints.access"
local accounts = require "auth0.mock.endpoints.accounts"
local authenticators = require "auth0.mock.endpoints.authenticators"
local connection_list = require "auth0.mock.endpoints.connection_list"
local errors = require "auth0.mock.text.errors"
local event_streams = require "auth0.mock.endpoints.event_streams"
local exports = require "auth0.mock.endpoints.exports"
local groups = require "auth0.mock.endpoints.groups"
local identities = require "auth0.mock.endpoints.identities"
local logs = require "auth0.mock.endpoints.logs"
local memberships = require "auth0.mock.endpoints.memberships"
local oauth = require "auth0.mock.endpoints.oauth"
local patch = require "auth0.mock.endpoints.patch"
local permissions = require "auth0.mock.endpoints.permissions"
local provisioning = require "auth0.mock.endpoints.provisioning"
local roles = require "auth0.mock.endpoints.roles"
local search = require "auth0.mock.endpoints.search"
local wire = require "auth0.mock.text.wire"

local routes = {}

---@class auth0.mock.route
---@field [1] string method
---@field [2] string template: words in braces name the parameters
---@field [3] function endpoint
---@field [4] string|false the class of its rate bucket, as the configuration of rates names it; false: none
---@field is_open boolean|nil whether it is reached without a bearer

---@type auth0.mock.route[]
local entries = {
    { "POST", "/oauth/token", oauth.token, "token", is_open = true },
    { "GET", "/api/v2/users", search.users, "read_users" },
    { "POST", "/api/v2/users", accounts.create, "write_users" },
    { "GET", "/api/v2/users-by-email", search.by_email, "read_users" },
    { "GET", "/api/v2/users/{id}", accounts.read, "read_users" },
    { "PATCH", "/api/v2/users/{id}", patch.update, "write_users" },
    { "DELETE", "/api/v2/users/{id}", accounts.delete, "delete" },
    { "POST", "/api/v2/users/{id}/identities", identities.link, "write_users" },
    { "DELETE", "/api/v2/users/{id}/identities/{provider}/{user_id}", identities.unlink, "delete" },
    { "GET", "/api/v2/users/{id}/roles", roles.list, "read_users" },
    { "POST", "/api/v2/users/{id}/roles", roles.add, "write_users" },
    { "DELETE", "/api/v2/users/{id}/roles", roles.remove, "delete" },
    { "GET", "/api/v2/users/{id}/permissions", permissions.list, "read_users" },
    { "POST", "/api/v2/users/{id}/permissions", permissions.add, "write_users" },
    { "DELETE", "/api/v2/users/{id}/permissions", permissions.remove, "delete" },
    { "GET", "/api/v2/users/{id}/organizations", memberships.list, "organizations" },
    { "POST", "/api/v2/organizations/{organization}/members", memberships.add, "members" },
    { "DELETE", "/api/v2/organizations/{organization}/members", memberships.remove, "members" },
    { "GET", "/api/v2/users/{id}/groups", groups.list, "read_users" },
    { "GET", "/api/v2/users/{id}/authentication-methods", authenticators.list, "read_users" },
    { "POST", "/api/v2/users/{id}/revoke-access", access.revoke, "write_users" },
    { "POST", "/api/v2/tickets/password-change", access.password_ticket, "other" },
    { "GET", "/api/v2/connections", connection_list.list, "other" },
    { "GET", "/api/v2/connections/{connection}/scim-configuration", provisioning.scim, "other" },
    { "GET", "/api/v2/connections/{connection}/directory-provisioning", provisioning.directory, "other" },
    { "GET", "/api/v2/event-streams", event_streams.list, "other" },
    { "GET", "/api/v2/logs", logs.list, "other" },
    { "POST", "/api/v2/jobs/users-exports", exports.create, "other" },
    { "GET", "/api/v2/jobs/{job}", exports.read, "other" },
    -- The file is not on the API's host in production: its link is all that it takes.
    { "GET", "/exports/{link}/{file}", exports.download, false, is_open = true },
}
for _, route in ipairs(entries) do
    route.segments = wire.segments(route[2])
end

--- The raw text of each parameter, nil when the path does not fit.
local function fit(route, segments)
    if #route.segments ~= #segments then
        return nil
    end
    local params = {}
    for i, wanted in ipairs(route.segments) do
        local name = wanted:match("^{(.*)}$")
        if name and segments[i] ~= "" then
            params[name] = segments[i]
        elseif wanted ~= segments[i] then
            return nil
        end
    end
    return params
end

---@param method string
---@param path string still percent-encoded
---@return auth0.mock.route|nil route
---@return table<string, string>|nil params still percent-encoded
function routes.find(method, path)
    local segments = wire.segments(path)
    for _, route in ipairs(entries) do
        local params = route[1] == method and fit(route, segments)
        if params then
            return route, params
        end
    end
end

---Decodes the parameters once, and checks the account's id.
---@param params table<string, string> changed
---@return auth0.mock.answer|nil refusal
function routes.decode(params)
    for name, raw in pairs(params) do
        params[name] = wire.unescape(raw)
        if not params[name] then
            return errors.answer("invalid_uri", "Invalid URI: a percent sign that escapes nothing in " .. raw)
        end
    end
    if params.id and not params.id:find("|", 1, true) then
        return errors.answer("invalid_uri", "Object didn't pass validation for format user-id: " .. params.id)
    end
end

return routes
