--- tenant:preview and tenant:merge of accounts that their caller has read: the option `profiles`.
local auth0 = require "auth0"
local core = require "auth0.core"
local mock_tenant = require "auth0.mock"
local mocked = require "support.mocked"

local PRIMARY, SECONDARY = mocked.PRIMARY, "google-oauth2|2"
local METADATA = '{"a":[],"big":123456789012345678901234567890,"f":1.0,"n":null,"o":{},"s":"\\ud800","t":[null,{}]}'

local mock, tenant

before_each(function()
    mock = mock_tenant.new()
    mock:add_user { user_id = PRIMARY, connection = "Username-Password-Authentication", email = "ann@example.com",
        email_verified = true, user_metadata = { color = "red" } }
    mock:add_user { user_id = SECONDARY, connection = "google-oauth2", email = "ann@example.com",
        email_verified = true, user_metadata = core.decode('{"user_metadata":' .. METADATA .. "}").user_metadata }
    tenant = mocked.tenant(mock)
end)

after_each(function() tenant:close() end)

local function read(at)
    return { primary = assert(tenant:user(PRIMARY)), secondary = assert(tenant:user(SECONDARY)), at = at }
end

local function options(profiles, fields)
    local all = { proof = "operator", checks = {}, profiles = profiles }
    for name, value in pairs(fields or {}) do all[name] = value end
    return all
end

-- What is sent while a function runs.
local function sent_by(fn)
    local before, sent = {}, {}
    for name, count in pairs(mock:requests()) do before[name] = count end
    fn()
    for name, count in pairs(mock:requests()) do
        if count > (before[name] or 0) then sent[name] = count - (before[name] or 0) end
    end
    return sent
end

local READ, WRITE, LINK = "GET /api/v2/users/{id}", "PATCH /api/v2/users/{id}", "POST /api/v2/users/{id}/identities"

describe("accounts that the caller has read", function()
    it("are previewed without a request, whatever their age, as if they had been read", function()
        local expected, profiles = assert(tenant:preview(PRIMARY, SECONDARY, options())), read()
        mock:advance(86400)
        local result
        assert.same({}, sent_by(function() result = assert(tenant:preview(PRIMARY, SECONDARY, options(profiles))) end))
        assert.same({ 2, 0 }, { expected.requests, result.requests })
        expected.requests, result.requests = nil, nil
        assert.same(expected, result)
    end)

    it("are merged without a read, and nothing of them is changed on the way to the receipt", function()
        local profiles, result = read(mock:time())
        assert.same({ [WRITE] = 1, [LINK] = 1 }, sent_by(function()
            result = assert(tenant:merge(PRIMARY, SECONDARY, options(profiles)))
        end))
        assert.equal(METADATA, result.receipt.secondary_was.user_metadata)
        assert.equal('{"user_metadata":' .. METADATA:gsub('"n":null,', "") .. "}", result.receipt.wrote)
    end)

    it("may be those that users_by_email found", function()
        local found, profiles = assert(tenant:users_by_email "ann@example.com"), { at = mock:time() }
        for _, user in ipairs(found) do profiles[user.user_id == PRIMARY and "primary" or "secondary"] = user end
        assert.same({ [WRITE] = 1, [LINK] = 1 }, sent_by(function()
            assert(tenant:merge(PRIMARY, SECONDARY, options(profiles)))
        end))
    end)

    for when, at in pairs {
        ["are too old"] = function() return mock:time() - 11 end,
        ["are of the future"] = function() return mock:time() + 5 end,
        ["come without a time"] = function() return nil end,
    } do
        it("are read again by a merge if they " .. when, function()
            local profiles = read(at())
            assert(tenant:update_user(SECONDARY, { user_metadata = { late = 1 } }))
            local result
            assert.same({ [READ] = 2, [WRITE] = 1, [LINK] = 1 }, sent_by(function()
                result = assert(tenant:merge(PRIMARY, SECONDARY, options(profiles)))
            end))
            assert.truthy(result.receipt.wrote:find("late", 1, true))
        end)
    end

    it("may be JSON texts, of which nothing is changed on the way to the receipt", function()
        local expected, texts = assert(tenant:preview(PRIMARY, SECONDARY, options(read()))), { at = mock:time() }
        for side, id in pairs { primary = PRIMARY, secondary = SECONDARY } do
            texts[side] = assert(tenant:request { path = { "api", "v2", "users", id }, raw = true })
        end
        local preview = assert(tenant:preview(PRIMARY, SECONDARY, options(texts)))
        assert.same(expected, preview)
        local result
        assert.same({ [WRITE] = 1, [LINK] = 1 }, sent_by(function()
            result = assert(tenant:merge(PRIMARY, SECONDARY, options(texts)))
        end))
        assert.equal(METADATA, result.receipt.secondary_was.user_metadata)
    end)

    it("are merged briefly: receipts are the texts of what they are otherwise, and no thing is listed", function()
        local profiles, shown = read(mock:time())
        local result = assert(tenant:merge(PRIMARY, SECONDARY, options(profiles, { brief = true,
            on_receipt = function(receipt) shown = receipt end })))
        local receipt = core.decode(result.receipt)
        assert.same({ "planned", "merged" }, { core.decode(shown).state, receipt.state })
        assert.equal(METADATA, receipt.secondary_was.user_metadata)
        for _, name in ipairs { "kept", "lost", "carried", "not_known", "patch" } do assert.is_nil(result[name]) end
        assert.same({}, result.reasons)
        assert.is_truthy(result.patch_text:find('"big":123456789012345678901234567890', 1, true))
        assert.equal(2, #result.identities)
        assert.same({ "undone", result.patch_text }, { assert(tenant:undo(receipt)).receipt.state, receipt.wrote })
    end)

    it("are read again if on_receipt waits too long; a change is seen then, and ends the merge", function()
        local profiles = read(mock:time())
        mock:advance(6)
        local _, message, failure = tenant:merge(PRIMARY, SECONDARY, options(profiles, { on_receipt = function()
            assert(tenant:update_user(SECONDARY, { user_metadata = { late = 1 } }))
            mock:advance(5)
        end }))
        assert.same({ "guarded", "none" }, { failure.code, failure.outcome }, message)
        assert.is_nil(mock:requests()[LINK])
    end)

    it("are read again by a merge that has waited for another one of its accounts", function()
        mock:add_user { user_id = "github|3", connection = "github", user_metadata = { color = "blue", f = 3 } }
        local profiles = { [SECONDARY] = read(mock:time()) }
        profiles["github|3"] = { primary = profiles[SECONDARY].primary, secondary = assert(tenant:user "github|3"),
            at = mock:time() }
        mock:arm { method = "PATCH", template = "/api/v2/users/{id}", fault = "delay", seconds = 0.2, count = 2 }
        auth0.each({ SECONDARY, "github|3" }, 2, function(id)
            assert(tenant:merge(PRIMARY, id, options(profiles[id])))
        end)
        local metadata = assert(tenant:user(PRIMARY)).user_metadata
        assert.same({ "red", "1.0" }, { metadata.color, tostring(metadata.f) })
    end)

    it("of another id are refused, with the side", function()
        local profiles = read()
        for side, other in pairs { primary = profiles.secondary, secondary = { user_id = 7 } } do
            local given = { primary = profiles.primary, secondary = profiles.secondary }
            given[side] = other
            local good, message = pcall(function() tenant:preview(PRIMARY, SECONDARY, options(given)) end)
            assert.is_false(good)
            local account = side == "primary" and PRIMARY or SECONDARY
            assert.truthy(message:find(("tenant:preview: profiles.%s: is not the account %s: its user_id differs, or "
                .. "is missing"):format(side, account), 1, true), message)
        end
    end)

    for what, given in pairs {
        ["profiles: expected { primary =, secondary =, at = }"] = { primary = {} },
        ["profiles: has no"] = { primary = {}, secondary = {}, time = 1 },
        ["profiles: secondary: expected a table or the JSON text of an object, got another text"] =
            { primary = {}, secondary = '{"user_id":"google-oauth2|2"},"proof":"operator"' },
        ["profiles: primary: expected a table or the JSON text of an object, got a number"] =
            { primary = 1, secondary = {} },
        ["profiles: at: expected UNIX seconds"] = { primary = {}, secondary = {}, at = -1 },
    } do
        it("raise if they cannot be used: " .. what, function()
            local good, message = pcall(function() tenant:merge(PRIMARY, SECONDARY, options(given)) end)
            assert.is_false(good)
            assert.truthy(message:find("tenant:merge: " .. what, 1, true), message)
        end)
    end
end)
