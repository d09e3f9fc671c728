-- A plan's judge says of two accounts what the library's preview says of them.
local accounts_core = require "auth0_accounts.core"
local auth0 = require "auth0"
local json = require "auth0.json"
local mocks = require "auth0.mock"

local OPTIONS = { proof = "shared_email", checks = json.array {}, trusted_connections = json.array { "github", "db" },
    app_metadata = "deep", union = json.array { "tags" } }

local function order_of(options)
    local order = { goal = "preview", primary = "auth0|0", secondary = "auth0|1" }
    for name, value in pairs(options) do order[name] = value end
    return json.encode(order)
end

local function account(id, fields)
    local provider, own = id:match "([^|]+)|(.*)"
    local user = { user_id = id, email = "ann@example.com", email_verified = true,
        created_at = "2026-01-01T00:00:00.000Z",
        identities = json.array { { provider = provider, user_id = own, connection = provider, isSocial = true } } }
    for name, value in pairs(fields or {}) do user[name] = value end
    return user
end

local PAIRS = {
    { account "github|1", account "github|2" },
    { account "github|1", account("apple|2", { email_verified = "true", blocked = true }) },
    { account "auth0|1", account "github|2" },
    { account("github|1", { user_metadata = { a = 1, tags = json.array { "x" } } }),
        account("github|2", { user_metadata = { b = 2, a = 3 }, app_metadata = { tags = json.array { 7 } } }) },
    { account "github|1", account("github|2", { multifactor = json.array { "guardian" } }) },
    { account "github|1", account("github|2", { email = ("e"):rep(1100) }) },
    { account("github|1", { email = "ANN@example.com" }), account("github|2", { email = "bob@example.com" }) },
    { account("github|1", { identities = account("github|2").identities }), account "github|2" },
    { account "github|1", account("github|2", { identities = json.array {
        { provider = "github", user_id = 2, connection = "github" },
        { provider = "facebook", user_id = "9", connection = "facebook" } } }) },
    { account "github|1", account("github|2", { user_metadata = { ["a.b"] = 1, clientID = 2 } }) },
    { account("github|1", { user_metadata = { a = ("x"):rep(9000) } }),
        account("github|2", { user_metadata = { b = ("y"):rep(2000) } }) },
    { account("github|1", { identities = json.array {} }), account("github|2", { user_metadata = "text" }) },
}

local function previewed(tenant, one, other)
    local given = { profiles = { primary = one, secondary = other } }
    for name, value in pairs(OPTIONS) do given[name] = value end
    local result = assert(tenant:preview(one.user_id, other.user_id, given))
    local reasons, lost, seen = {}, {}, {}
    for i, reason in ipairs(result.reasons) do
        reasons[i] = { code = reason.code, side = reason.side, message = reason.message }
    end
    for _, thing in ipairs(result.lost) do
        if not seen[thing.what] then lost[#lost + 1] = thing.what end
        seen[thing.what] = true
    end
    return { reasons, result.patch_text or false, lost }
end

describe("the judge of a plan", function()
    it("says what a preview says", function()
        local mock = mocks.new()
        local tenant = auth0.tenant { domain = "acme.eu.auth0.com", token = "none", mock = mock }
        local judge, codes = accounts_core.judge(order_of(OPTIONS)), 0
        for number, pair in ipairs(PAIRS) do
            local one, other = pair[1], pair[2]
            local reasons, patch, lost = judge:of(one.user_id, json.encode(one), other.user_id, json.encode(other))
            assert.same(previewed(tenant, one, other), { reasons, patch or false, lost }, "pair " .. number)
            codes = codes + #reasons
        end
        tenant:close()
        assert.is_true(codes > 12)
    end)

    it("judges no id that cannot be one, and no line that is no account", function()
        local judge = accounts_core.judge(order_of(OPTIONS))
        local text = json.encode(account "github|1")
        local deep = ("["):rep(63) .. ("]"):rep(63)
        for _, other in ipairs { { "github", text }, { "github|2", "{" }, { "github|2", deep },
            { "github|1", text } } do
            local reasons, message = judge:of("github|1", text, other[1], other[2])
            assert.is_nil(reasons)
            assert.is_string(message)
        end
    end)

    it("is made of an order that can be read", function()
        assert.error_matches(function() accounts_core.judge "{" end, "expected JSON")
        assert.error_matches(function() accounts_core.judge "{}" end, "goal: is none that is known")
    end)
end)
