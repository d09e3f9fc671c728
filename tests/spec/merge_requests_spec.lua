--- How many requests a preview and a merge take, and how often they wait for answers, as doc/reference.md says.
local mock_tenant = require "auth0.mock"
local mocked = require "support.mocked"

local ANN, GOOGLE, ACME, WORK = "auth0|1", "google-oauth2|2", "samlp|acme|4", "google-apps|5"
local FACTOR = { { id = "totp|1", type = "totp", confirmed = true } }
local USER = " /api/v2/users/{id}"

-- In the order in which they are told.
local names = { "profiles", "factors", "organizations", "groups", "roles", "permissions", "connections", "scim",
    "directory", "streams", "searches", "patches", "given_roles", "joined", "links", "revoked", "tickets" }
local endpoints = {
    profiles = "GET" .. USER, factors = "GET" .. USER .. "/authentication-methods",
    organizations = "GET" .. USER .. "/organizations", groups = "GET" .. USER .. "/groups",
    roles = "GET" .. USER .. "/roles", permissions = "GET" .. USER .. "/permissions",
    connections = "GET /api/v2/connections", scim = "GET /api/v2/connections/{connection}/scim-configuration",
    directory = "GET /api/v2/connections/{connection}/directory-provisioning",
    streams = "GET /api/v2/event-streams", searches = "GET /api/v2/users", patches = "PATCH" .. USER,
    given_roles = "POST" .. USER .. "/roles", joined = "POST /api/v2/organizations/{organization}/members",
    links = "POST" .. USER .. "/identities", revoked = "POST" .. USER .. "/revoke-access",
    tickets = "POST /api/v2/tickets/password-change",
}

local mock, tenant

before_each(function()
    mock = mock_tenant.new()
    mock:add_connection("acme", "samlp")
    mock:add_connection("workspace", "google-apps")
    mock:add_role { id = "rol_1", name = "Admin" }
    mock:add_organization { id = "org_1", name = "acme" }
    mock:add_user { user_id = ANN }
    mock:add_user { user_id = GOOGLE }
    tenant = mocked.tenant(mock)
    assert(tenant:user(ANN)) -- its token is there
end)

after_each(function() tenant:close() end)

--- What `count` requests were: "profiles 2, links 1".
local function sent(count, fn)
    local before, told, all = {}, {}, 0
    for name, asked in pairs(mock:requests()) do before[name] = asked end
    local result = fn()
    for _, name in ipairs(names) do
        local more = (mock:requests()[endpoints[name]] or 0) - (before[endpoints[name]] or 0)
        if more > 0 then told[#told + 1] = name .. " " .. more end
        all = all + more
    end
    assert.equal(count, all, table.concat(told, ", "))
    assert.equal(count, (result.requests))
    return table.concat(told, ", ")
end

local function with(options)
    local all = { proof = "both_authenticated" }
    for name, value in pairs(options or {}) do all[name] = value end
    return all
end

local function merge(count, secondary, options)
    return sent(count, function() return assert(tenant:merge(ANN, secondary, with(options))) end)
end

local LISTS = "factors 1, organizations 1, groups 1, roles 1, permissions 1"

describe("a merge with all checks takes", function()
    it("eight requests: two profiles, five lists of the secondary's, the link", function()
        mock:add_user { user_id = "auth0|3", connection = "Username-Password-Authentication" }
        assert.equal("profiles 2, " .. LISTS .. ", links 1", merge(8, GOOGLE))
        assert.equal("profiles 2, " .. LISTS .. ", links 1", merge(8, "auth0|3"))
    end)

    it("one more if metadata goes over", function()
        assert(tenant:update_user(GOOGLE, { user_metadata = { size = 7 } }))
        assert.equal("profiles 2, " .. LISTS .. ", patches 1, links 1", merge(9, GOOGLE))
    end)

    it("one more for each of factors, organizations and groups that the secondary has", function()
        mock:add_user { user_id = "auth0|6", authentication_methods = FACTOR, organizations = { "org_1" },
            groups = { "grp_1" } }
        mock:add_user { user_id = "github|7", authentication_methods = FACTOR, organizations = { "org_1" },
            groups = { "grp_1" }, roles = { "rol_1" } }
        assert.equal("profiles 2, factors 2, organizations 2, groups 2, roles 1, permissions 1, links 1",
            sent(11, function() return assert(tenant:merge("auth0|6", "github|7", with())) end))
    end)

    it("two more for what is carried of a kind, and one for each organization", function()
        mock:add_organization { id = "org_2", name = "other" }
        mock:add_user { user_id = "github|7", organizations = { "org_1", "org_2" }, roles = { "rol_1" } }
        assert.equal("profiles 2, factors 1, organizations 2, groups 1, roles 2, permissions 1, given_roles 1, "
            .. "joined 2, links 1", merge(13, "github|7", { carry = { "organizations", "roles" } }))
    end)

    it("twenty-one pages of each list where both have the thousand permissions that an account may have", function()
        local permissions = {}
        for i = 1, 1000 do
            permissions[i] = { permission_name = ("read:resource-%d"):format(i), description = ("d"):rep(200),
                resource_server_identifier = "https://api.example.com/", resource_server_name = "The example's API" }
        end
        mock:add_user { user_id = "auth0|6", permissions = permissions }
        mock:add_user { user_id = "github|7", permissions = permissions }
        local merged = assert(tenant:merge("auth0|6", "github|7", with { carry = { "permissions" } }))
        assert.equal(2 + 4 + 21 + 21 + 1, merged.requests)
    end)

    it("one more to revoke, and one for each ticket", function()
        assert.equal("profiles 2, " .. LISTS .. ", links 1, revoked 1, tickets 1",
            merge(10, GOOGLE, { after_link = { revoke = true, reset_password = true } }))
    end)

    it("two more if SCIM may provision the secondary, three if a directory may", function()
        mock:add_user { user_id = ACME }
        mock:add_user { user_id = WORK, connection = "workspace" }
        assert.equal("profiles 2, " .. LISTS .. ", connections 1, scim 1, links 1", merge(10, ACME))
        assert.equal("profiles 2, " .. LISTS .. ", connections 1, scim 1, directory 1, links 1", merge(11, WORK))
    end)
end)

describe("a merge that wants fewer requests takes", function()
    it("two reads and a link with checks = {}, and one patch more with metadata", function()
        mock:add_user { user_id = "github|7", user_metadata = { size = 7 } }
        assert.equal("profiles 2, links 1", merge(3, GOOGLE, { checks = {} }))
        assert.equal("profiles 2, patches 1, links 1", merge(4, "github|7", { checks = {} }))
    end)

    it("a link alone with checks = {} and profiles", function()
        local profiles = { primary = assert(tenant:user(ANN)), secondary = assert(tenant:user(GOOGLE)),
            at = mock:time() }
        assert.equal("links 1", merge(1, GOOGLE, { checks = {}, profiles = profiles }))
    end)

    it("two reads, and one for each check that is left", function()
        assert.equal("profiles 2, factors 1, organizations 1, groups 1, links 1",
            merge(6, GOOGLE, { checks = { "factors", "organizations", "groups", "provisioning" } }))
    end)
end)

it("a preview takes the reads of its merge, and one of the event streams", function()
    assert.equal("profiles 2, " .. LISTS .. ", streams 1",
        sent(8, function() return assert(tenant:preview(ANN, GOOGLE, with())) end))
end)

-- Every answer takes a second: so the seconds are how often a merge waited.
local function waits(secondary, options)
    mock:arm { fault = "delay", seconds = 1, count = 100 }
    local before = mock:time()
    assert(tenant:merge(ANN, secondary, with(options)))
    mock:disarm()
    return math.floor(mock:time() - before + 0.5)
end

describe("requests that need no answer of another go side by side: a merge waits", function()
    it("twice: for its reads, and for the link", function()
        assert.equal(2, waits(GOOGLE))
    end)

    it("three times if what the secondary has is compared, or metadata goes over", function()
        mock:add_user { user_id = "github|7", user_metadata = { size = 7 } }
        mock:add_user { user_id = "github|8", organizations = { "org_1" } }
        assert(tenant:request { method = "POST", path = { "api", "v2", "organizations", "org_1", "members" },
            body = { members = { ANN } } })
        assert.equal(3, waits "github|7")
        assert.equal(3, waits "github|8")
    end)

    it("four times if a directory may provision the secondary", function()
        mock:add_user { user_id = WORK, connection = "workspace" }
        assert.equal(4, waits(WORK))
    end)
end)
