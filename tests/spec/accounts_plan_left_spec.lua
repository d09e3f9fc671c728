--- auth0-accounts plan: what it leaves alone.
local has_core = pcall(require, "auth0_accounts.core")
local exported = require "support.exported"
local json = require "auth0.json"
local planning = require "support.planning"

if not has_core then
    return describe("what a plan leaves alone", function() pending "it was not built: there is no SQLite" end)
end

local account = exported.account
local decided, planned = planning.decided, planning.planned

after_each(exported.remove)

describe("what a plan leaves alone:", function()
    local function left(one, other, ...)
        local lines = planned({ one, other or account("apple|9", { created_at = "2001-01-01T00:00:00.000Z" }) }, ...)
        assert.equal(1, #lines)
        return lines[1].reasons and table.concat(lines[1].reasons, " ") or "linked"
    end

    it("addresses that are not verified, whatever says so but true", function()
        for _, value in ipairs { false, "true", "ann@example.com", 1, json.null } do
            assert.equal("email_not_verified", left(account("github|1", { email_verified = value })))
        end
    end)

    it("blocked accounts", function()
        assert.equal("linked", left(account("github|1", { blocked = false })))
        for _, value in ipairs { true, "false", 0 } do
            assert.equal("blocked", left(account("github|1", { blocked = value })))
        end
    end)

    it("a second factor that the primary has not", function()
        local strong = { multifactor = json.array { "guardian" } }
        assert.equal("weaker_factors", left(account("github|1", strong)))
        assert.equal("linked", left(account("github|1", strong),
            account("apple|9", { created_at = "2001-01-01T00:00:00.000Z", multifactor = json.array { "guardian" } })))
    end)

    it("accounts with linked identities of their own, unless they are the primary", function()
        local linked = account "github|1"
        linked.identities[2] = { provider = "apple", user_id = "8", connection = "apple", isSocial = true,
            profileData = { email = "ann@example.com" } }
        assert.equal("has_secondaries", left(linked))
        assert.equal("linked", left(linked, account("apple|9", { created_at = "2021-01-01T00:00:00.000Z" })))
    end)

    it("an account that stands beside its own identity in the primary", function()
        local holder = account("apple|9", { created_at = "2001-01-01T00:00:00.000Z" })
        holder.identities[2] = { provider = "github", user_id = 1, connection = "github", isSocial = true }
        assert.equal("already_linked", left(account "github|1", holder))
    end)

    it("passwords, unless --password-merge says so", function()
        assert.equal("password_account", left(account "auth0|1"))
        local message = planned({ account "auth0|1", account "apple|9" })[1].message
        assert.truthy(message:find("--password-merge", 1, true) and not message:find "password_merge", message)
        local lines = planned({ account "auth0|1", account "apple|9" }, "--password-merge")
        assert.equal("password", lines[1].class)
    end)

    it("a company's account that meets a private one, unless --enterprise-merge says so", function()
        local company = account "samlp|corp|1"
        company.identities[1].isSocial, company.identities[1].connection = false, "corp"
        for _, private in ipairs { account "apple|9", account "auth0|9" } do
            assert.equal("mixed_enterprise", left(company, private))
        end
        local lines = planned({ company, account "apple|9" }, "--enterprise-merge")
        assert.equal("enterprise", lines[1].class)
        local another = account "samlp|corp|2"
        another.identities[1].isSocial, another.identities[1].connection = nil, "corp"
        assert.equal("linked", left(company, another))
    end)

    it("lines that are no account as the API has it", function()
        for _, odd in ipairs { account("github|1", { identities = false }), account("github|1", { identities = {} }),
            account("github|1", { identities = "none" }), account("github|1", { user_metadata = { 1 } }),
            account("github|1", { identities = json.array { 7 } }),
            '{"user_id":"github|1","email":"ann@example.com","email":"ann@example.com","email_verified":true,'
            .. '"identities":[{"provider":"github","user_id":"1","connection":"github","isSocial":true}]}' } do
            assert.equal("unreadable", left(odd))
            assert.truthy(planned({ odd, account "apple|9" })[1].message:find("the line of the ", 1, true))
            for _, other in ipairs { "apple|9", "google-oauth2|9" } do -- the primary, and the secondary
                assert.equal("email_not_verified unreadable", left(odd, account(other, { email_verified = false })))
            end
        end
    end)

    it("accounts whose metadata is nested too deeply, and those alone: a user may write it so", function()
        local function nested(id, depth)
            return json.encode(account(id, { user_metadata = { a = 1 } })):gsub('"a":1', '"a":' .. ("["):rep(depth)
                .. ("]"):rep(depth))
        end
        for _, depth in ipairs { 64, 5000 } do
            assert.equal("unreadable", left((nested("github|1", depth))))
            local lines = planned { (nested("github|1", depth)), account "apple|9", account "github|3" }
            assert.same({ "link", { "unreadable" } }, { lines[1].line and "link", lines[2].reasons })
        end
    end)

    it("ids that cannot be one, beside what stands against the other account", function()
        for _, id in ipairs { "github", "|1", "github|\1" } do
            local one = account("github|1", { user_id = id })
            assert.equal("unreadable", left(one))
            assert.equal("blocked unreadable", left(one, account("apple|9", { blocked = true })))
            one.created_at = "2000-01-01T00:00:00.000Z"
            assert.equal("blocked unreadable", left(one, account("apple|9", { blocked = true })))
            assert.equal("unreadable", left(one, account("apple|9", { user_id = "\n" })))
        end
    end)

    it("lines that are nested deeper than what can be judged, beside what stands against the others", function()
        local deep = account("github|1", { user_metadata = "@" })
        deep = json.encode(deep):gsub('"@"', (('{"a":'):rep(62) .. "1" .. ("}"):rep(62)))
        assert.equal("unreadable", left(deep))
        local lines = planned { account("apple|1", { blocked = true }), account "apple|2", deep }
        assert.same({ "blocked", "unreadable" }, lines[1].reasons)
    end)

    it("keys that the tenant does not take, and profiles that become too large", function()
        assert.equal("forbidden_key", left(account("github|1", { user_metadata = { ["a.b"] = 1 } })))
        assert.equal("reserved_key", left(account("github|1", { app_metadata = { blocked = 1 } }), nil,
            "--app-metadata", "deep"))
        assert.equal("too_large", left(account("github|1", { user_metadata = { a = ("x"):rep(10240) } })))
    end)

    it("addresses that are too long to be compared", function()
        local email = ("x"):rep(1021) .. "@example.com"
        assert.equal("emails_differ", left(account("github|1", { email = email }),
            account("apple|9", { email = email })))
    end)

    it("all reasons of all accounts where nothing is linked", function()
        local lines = planned { account("github|1", { blocked = true }), account("github|2", { email_verified = "" }),
            account("auth0|3") }
        assert.same({ "blocked", "email_not_verified", "password_account" }, lines[1].reasons)
        assert.same({ 1, "blocked" }, { #lines, lines[1].skipped })
        assert.truthy(lines[1].message:find("github|1", 1, true), lines[1].message)
    end)

    it("of forty accounts each one is a secondary once, or says why not", function()
        local accounts = {}
        for i = 1, 40 do
            accounts[i] = account("github|" .. i, { created_at = ("20%02d-01-01T00:00:00.000Z"):format(i + 10),
                email = i % 2 == 0 and "ANN@example.com" or nil, user_metadata = { ["key" .. i] = ("x"):rep(20) },
                blocked = i % 10 == 0 })
        end
        local lines = planned(accounts)
        local seen, links = {}, 0
        for _, line in ipairs(lines) do
            local id = line.line and line.secondary.user_id or line.accounts[1]
            assert.is_nil(seen[id])
            seen[id] = true
            if line.line then
                links = links + 1
                assert.equal("github|1", line.primary.user_id)
                assert.equal(2, #line.evidence.emails)
            end
        end
        assert.same({ 39, 35 }, { #lines, links })
    end)

    it("none where the primary's metadata is an empty array", function()
        local empty = json.array {}
        assert.same({ "github|1 <- github|2", "github|1 <- github|3" }, decided {
            account("github|1", { user_metadata = empty, app_metadata = empty }),
            account("github|2", { user_metadata = { a = 1 } }), account("github|3", { user_metadata = { b = 1 } }) })
    end)

    it("those for which the primary has become too large by the links before", function()
        local accounts = {}
        for i = 1, 5 do
            accounts[i] = account("github|" .. i, { user_metadata = { ["key" .. i] = ("x"):rep(2500) } })
        end
        assert.same({ "github|1 <- github|2", "github|1 <- github|3", "too_large: github|4", "too_large: github|5" },
            decided(accounts))
    end)
end)
