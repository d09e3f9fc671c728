--- auth0-accounts audit: it finds what was planted, and nothing else.
local command = require "support.command"
local core = require "auth0.core"
local exported = require "support.exported"
local json = require "auth0.json"
local mock_tenant = require "auth0.mock"
local process = require "support.process"
local tenant = require "support.tenant"

if not pcall(require, "auth0_accounts.core") then
    return describe("auth0-accounts audit", function() pending "it was not built: there is no SQLite" end)
end

local account = exported.account

local function run(accounts, ...)
    return command.run(mock_tenant.new(), { "audit", exported.file(accounts), ... }, {})
end

-- An account with one more identity.
local function linked(id, other, profile, more)
    local provider, own = other:match "^([^|]*)|(.*)$"
    local one = account(id, more)
    one.identities[2] = { provider = provider, user_id = own, connection = provider, isSocial = true,
        profileData = profile }
    return one
end

local good = { email = "ann@example.com", email_verified = true }

local function found(accounts, ...)
    local told = run(accounts, "--json", ...)
    assert.equal("", told.err)
    local list = {}
    for line in told.out:gmatch "[^\n]+" do
        local finding = assert(core.decode(line))
        finding.message = nil
        list[#list + 1] = finding
    end
    return list, told.code
end

after_each(exported.remove)

describe("auth0-accounts audit", function()
    it("names a linked account that it cannot read, and reads the others", function()
        local text = json.encode(linked("auth0|1", "github|2", good)):gsub('"email":', '"user_metadata":{"a":'
            .. ("["):rep(5000) .. ("]"):rep(5000) .. '},"email":', 1)
        local findings = found { text, account("auth0|3", { email = "ben@example.com" }),
            account("github|4", { email = "ben@example.com" }) }
        assert.same({ "unreadable", "large_profile", "duplicate" },
            { findings[1].finding, findings[2].finding, findings[3].finding })
        assert.equal("auth0|1", findings[1].account)
    end)

    it("passes over identities that are none", function()
        local odd = linked("auth0|1", "github|2", good)
        for _, list in ipairs { { 1, 2 }, { json.null, "x" }, { json.array {}, json.array {} } } do
            odd.identities = json.array(list)
            assert.same({}, (found { odd }))
        end
    end)

    it("finds nothing in a tenant in order, and ends with 0", function()
        local told = run { linked("github|1", "apple|2", { email = "ANN@Example.com", email_verified = true }),
            linked("github|3", "sms|4", { phone_number = "+1" }, { email = "bob@example.com" }),
            account("github|5", { email = "" }), account("github|6", { email = "" }),
            account("github|7", { email = "eve@example.com", email_verified = false }),
            linked("sms|8", "apple|9", { email = "joe@example.com", email_verified = true }, { email = false }),
            linked("github|10", "apple|11", nil, { email = "kim@example.com" }) }
        assert.same({ "7 accounts; 0 findings\n", "", 0 }, { told.out, told.err, told.code })
    end)

    it("finds identities with another address than the primary's", function()
        assert.same({ { { finding = "email_differs", account = "github|1", identity = "apple|2",
            email = "ann@example.com", identity_email = "bob@example.com" } }, 1 },
            { found { linked("github|1", "apple|2", { email = "bob@example.com", email_verified = true }) } })
        local turkish = linked("github|1", "apple|2", { email = "\196\176@example.com", email_verified = true },
            { email = "i\204\135@example.com" })
        assert.equal("email_differs", found({ turkish })[1].finding)
    end)

    it("finds addresses of linked accounts that are not verified, whatever says so but true", function()
        for _, value in ipairs { false, "true", 1 } do
            assert.same({ { finding = "email_not_verified", account = "github|1", identity = "apple|2",
                email = "ann@example.com", email_verified = value } },
                (found { linked("github|1", "apple|2", { email = "ann@example.com", email_verified = value }) }))
        end
        assert.same({ { finding = "email_not_verified", account = "github|1", identity = "github|1",
            email = "ann@example.com", email_verified = false } },
            (found { linked("github|1", "apple|2", good, { email_verified = false }) }))
    end)

    it("finds accounts that stand beside their own identity", function()
        local holder = linked("github|1", "apple|2", good)
        holder.identities[3] = { provider = "google-oauth2", user_id = 115, connection = "google-oauth2",
            isSocial = true }
        local list, code = found { account("apple|2", { email = "bob@example.com" }), holder,
            account("google-oauth2|115", { email = "eve@example.com" }) }
        assert.same({ { finding = "dangling", account = "apple|2", holder = "github|1" },
            { finding = "dangling", account = "google-oauth2|115", holder = "github|1" } }, list)
        assert.equal(1, code)
    end)

    it("finds them also where they have linked identities, and takes no account for one beside itself", function()
        local standing = linked("apple|2", "github|3", { email = "bob@example.com", email_verified = true },
            { email = "bob@example.com" })
        local holder = linked("github|1", "apple|2", good)
        holder.identities[3] = holder.identities[1]
        assert.same({ { finding = "dangling", account = "apple|2", holder = "github|1" } },
            (found { standing, holder }))
    end)

    it("finds the duplicates that are left, by the rule of a plan", function()
        assert.same({ { finding = "duplicate", folded = "ann@example.com", accounts = { "apple|2", "github|1" } } },
            (found { account "github|1", account("apple|2", { email = "ANN@example.com" }),
                account("github|3", { email = "ann+x@example.com" }),
                account("github|4", { email = "eve@example.com" }),
                account("github|4", { email = "eve@example.com" }) }))
    end)

    it("finds profiles above 8 KB", function()
        local small = account("github|1", { email = "bob@example.com", user_metadata = { a = "" } })
        local room = 8192 - #json.encode(small)
        small.user_metadata.a = ("x"):rep(room)
        local large = account("github|2", { user_metadata = { a = ("x"):rep(8192) } })
        local list = found { small, large }
        assert.same({ { finding = "large_profile", account = "github|2", bytes = #json.encode(large) } }, list)
    end)

    it("lists all linked accounts with --linked, which is no finding", function()
        assert.same({ { { finding = "linked", account = "github|1", identities = { "github|1", "apple|2" } } }, 0 },
            { found({ linked("github|1", "apple|2", good), account("github|3", { email = "bob@example.com" }) },
                "--linked") })
    end)

    it("prints a line for each, which steers no terminal", function()
        local told = run { linked("github|1", "apple|\27[2J", { email = "bob\226\128\174@example.com",
            email_verified = true }) }
        assert.equal(1, told.code)
        assert.equal("email_differs      github|1 has the address ann@example.com, and its identity apple|\\x1b[2J has "
            .. "bob\\u{202e}@example.com\n1 account; 1 finding: email_differs 1\n", told.out)
    end)

    it("says where it is interrupted that it is not whole, and ends with 130", function()
        local audit, name, mock = require "auth0_accounts.audit", exported.name(), mock_tenant.new()
        local begin = audit.run
        audit.run = function() error("file.lua:1: interrupted!", 0) end
        local without = run { account "github|1" }
        local with = command.run(mock, { "audit", "--export", name })
        audit.run = begin
        assert.same({ "auth0-accounts: interrupted: there may be more findings\n", 130 }, { without.err, without.code })
        assert.same({ "auth0-accounts: interrupted: there may be more findings; if the export " .. name
            .. " is there, it is whole\n", 130 }, { with.err, with.code })
    end)

    it("ends at a line that is no account", function()
        local told = run { account "github|1", "{" }
        assert.equal(2, told.code)
        assert.truthy(told.err:find(":2: ", 1, true), told.err)
        assert.equal(2, command.run(mock_tenant.new(), { "audit" }, {}).code)
    end)

    it("exports the accounts first where it is told to", function()
        local mock, name = mock_tenant.new(), exported.name()
        mock:add_user { user_id = "github|1", connection = "github", email = "ann@example.com" }
        mock:add_user { user_id = "apple|2", connection = "apple", email = "ann@example.com" }
        local told = command.run(mock, { "audit", "--export", name })
        assert.same({ 1, "" }, { told.code, told.err })
        assert.truthy(told.out:find("^duplicate +ann@example.com is the address of apple|2, github|1\n"), told.out)
        mock:arm { fault = "status;status=503", method = "POST", template = "/api/v2/jobs/users-exports", count = 99 }
        told = command.run(mock, { "audit", "--export" })
        assert.equal(1, told.code)
    end)

    it("finds among 3,000 accounts what an independent writing of its rules finds", function()
        local output, status = tenant.run("tests/bulk/audit 3000 --lua " .. process.quoted(process.lua()) .. " 2>&1")
        assert.equal(0, status, output)
        assert.truthy(output:find("%d email_differs, "), output)
    end)
end)
