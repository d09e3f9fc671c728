--- What the specs of a tenant share: a mock with a primary and many secondaries, and an auth0.tenant over it.
local auth0 = require "auth0"
local mock_tenant = require "auth0.mock"

local mocked = { PRIMARY = "auth0|1", SECRET = "mocksecret", absent = {} }

---@param count integer
---@return string[] ids of accounts that can be linked
function mocked.secondaries(count)
    local ids = {}
    for i = 1, count do ids[i] = "google-oauth2|10" .. i end
    return ids
end

--- A mock with the primary, and as many secondaries.
---@param count integer
---@param options? auth0.mock.TenantOptions
---@return auth0.mock.Tenant mock
---@return string[] ids of the secondaries
function mocked.mock(count, options)
    local mock = mock_tenant.new(options)
    mock:add_user { user_id = mocked.PRIMARY, connection = "Username-Password-Authentication",
        email = "ann@example.com", email_verified = true }
    local ids = mocked.secondaries(count)
    for _, id in ipairs(ids) do mock:add_user { user_id = id, connection = "google-oauth2" } end
    return mock, ids
end

---@param mock auth0.mock.Tenant
---@param overrides? table options; mocked.absent takes one away
---@return auth0.Tenant
function mocked.tenant(mock, overrides)
    local options = { mock = mock, domain = mock.domain, client_id = "mockclient", client_secret = mocked.SECRET }
    for name, value in pairs(overrides or {}) do
        options[name] = value
        if value == mocked.absent then options[name] = nil end
    end
    return auth0.tenant(options)
end

--- The same with a token instead of a client.
function mocked.with_token(mock, token, overrides)
    local all = { client_id = mocked.absent, client_secret = mocked.absent, token = token }
    for name, value in pairs(overrides or {}) do all[name] = value end
    return mocked.tenant(mock, all)
end

--- How often each endpoint was asked.
---@param mock auth0.mock.Tenant
---@return table<string, integer>
function mocked.requests(mock)
    return mock:requests()
end

return mocked
