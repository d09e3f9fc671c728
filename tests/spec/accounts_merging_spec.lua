--- The commands of the safe merge, over the model: their receipts are files.
local auth0 = require "auth0"
local cjson = require "cjson"
local command = require "support.command"
local mock_tenant = require "auth0.mock"
local process = require "support.process"
local tenant = require "support.tenant"

local PRIMARY, SECONDARY = "auth0|1", "google-oauth2|2"
local LINK = { method = "POST", template = "/api/v2/users/{id}/identities" }

local mock, receipt

local function run(...)
    return command.run(mock, { ... })
end

local function merge(...)
    return run("merge", PRIMARY, SECONDARY, "--proof", "operator", "--receipt", receipt, ...)
end

local function kept()
    return cjson.decode(process.read(receipt))
end

local function metadata(id)
    local told = run("show", id, "--json")
    return told.code == 0 and cjson.decode(told.out).user_metadata
end

before_each(function()
    mock = mock_tenant.new()
    for id, connection in pairs { [PRIMARY] = "Username-Password-Authentication", [SECONDARY] = "google-oauth2" } do
        mock:add_user { user_id = id, connection = connection, email = "ann@example.com", email_verified = true,
            user_metadata = { ["of" .. #id] = id, prefs = { [id] = 1, tags = { id } } } }
    end
    receipt = command.new_name()
end)

after_each(function()
    os.remove(receipt)
    assert.is_nil(io.open(receipt .. ".new"))
end)

describe("auth0-accounts preview", function()
    it("prints what a merge would do, and ends with 0", function()
        local told = run("preview", PRIMARY, SECONDARY, "--proof", "operator")
        assert.same({ 0, "" }, { told.code, told.err })
        assert.truthy(told.out:find("^nothing stands against a merge: auth0|1 <%- google%-oauth2|2\n"), told.out)
        assert.truthy(told.out:find("\n  lost: id of the secondary", 1, true), told.out)
        assert.truthy(told.out:find("\n  kept: roles, permissions, organizations, groups, factors of the primary - ", 1,
            true), told.out)
        assert.same({}, mock:changes())
    end)

    it("ends with 1, and all reasons, where a merge would be refused", function()
        mock:add_user { user_id = "github|3", connection = "github", blocked = true }
        local told = run("preview", PRIMARY, "github|3", "--proof", "shared_email", "--json")
        assert.same({ 1, "" }, { told.code, told.err })
        local reasons = cjson.decode(told.out).reasons
        assert.is_true(#reasons > 1)
        told = run("preview", PRIMARY, "github|3", "--proof", "shared_email")
        assert.equal(1, told.code)
        for _, reason in ipairs(reasons) do
            assert.truthy(told.out:find(("(%s)\n"):format(reason.code), 1, true), told.out)
        end
    end)

    it("hands all options on", function()
        local methods, seen = getmetatable(auth0.tenant { mock = mock, domain = mock.domain, token = "token" }).__index
        local preview = methods.preview
        mock.engine:configure(nil)
        methods.preview = function(self, primary, secondary, options)
            seen = options
            return preview(self, primary, secondary, options)
        end
        mock = mock_tenant.new()
        run("preview", PRIMARY, SECONDARY, "--proof", "shared_email", "--user-metadata", "deep", "--app-metadata",
            "primary_wins", "--union", "tags", "--union", "prefs.tags", "--carry", "roles", "--carry", "name",
            "--trust-connection", "google-oauth2", "--password-merge", "--allow-unreadable", "--check", "factors",
            "--relink-holder", "auth0|7", "--relink-proof", "operator", "--created-at-primary", "2020",
            "--created-at-secondary", "2021", "--connection-id", "con_1", "--revoke", "--reset-password",
            "--correlation-id", "mine")
        assert.same({ proof = "shared_email", user_metadata = "deep", app_metadata = "primary_wins",
            union = { "tags", "prefs.tags" }, carry = { "roles", "name" }, trusted_connections = { "google-oauth2" },
            password_merge = true, unreadable = "allow", checks = { "factors" },
            relink = { holder = "auth0|7", proof = "operator" }, created_at = { primary = "2020", secondary = "2021" },
            connection_id = "con_1", after_link = { revoke = true, reset_password = true }, correlation_id = "mine" },
            seen)
        run("preview", PRIMARY, SECONDARY, "--proof", "operator", "--no-checks")
        methods.preview = preview
        assert.same({ proof = "operator", checks = {} }, seen)
    end)
end)

describe("auth0-accounts merge", function()
    it("keeps the receipt in a file of mode 0600 before anything is changed, and what came of it after", function()
        local planned
        local answer = mock.answer
        mock.answer = function(self, request)
            if request.method ~= "GET" and not planned then planned = kept() end
            return answer(self, request)
        end
        local told = merge "--user-metadata=deep"
        assert.same({ 0, "" }, { told.code, told.err })
        assert.truthy(told.out:find("^merged: auth0|1 <%- google%-oauth2|2\n"), told.out)
        assert.same({ "planned", "merged" }, { planned.state, kept().state })
        assert.equal("600\n", (tenant.run("stat -c %a " .. process.quoted(receipt))))
    end)

    it("refuses a receipt that is there already, and asks the tenant nothing", function()
        receipt = process.file "another's"
        local told = merge()
        assert.equal(2, told.code)
        assert.truthy(told.err:find("is there already", 1, true), told.err)
        assert.equal("another's", process.read(receipt))
        assert.same({}, mock:requests())
    end)

    it("changes nothing where the receipt cannot be written", function()
        receipt = "/nowhere/receipt"
        local told = merge()
        assert.equal(1, told.code)
        assert.truthy(told.err:find("No such file or directory); nothing was changed", 1, true), told.err)
        assert.same({}, mock:changes())
    end)

    it("is refused with 1 and all reasons, and leaves no file", function()
        mock:add_user { user_id = "github|3", connection = "github", blocked = true }
        local told = run("merge", PRIMARY, "github|3", "--proof", "operator", "--receipt", receipt, "--json")
        assert.equal(1, told.code)
        assert.equal("guarded", cjson.decode(told.out).failure.code)
        assert.truthy(told.err:find("blocked", 1, true), told.err)
        assert.is_nil(io.open(receipt))
    end)

    it("puts back what it had written where the link is refused, and the receipt says so", function()
        mock:arm { fault = "status;status=403", method = LINK.method, template = LINK.template }
        local before = metadata(PRIMARY)
        local told = merge()
        assert.equal(3, told.code, told.err)
        assert.equal("not_merged", kept().state)
        assert.same(before, metadata(PRIMARY))
    end)

    it("ends with 1 where the outcome is not known; settle tells it later, and undo takes it back", function()
        local before = { metadata(PRIMARY), metadata(SECONDARY) }
        local answer = mock.answer
        mock.answer = function(self, request)
            local told = answer(self, request)
            if request.method == "POST" and request.url:find("/identities", 1, true) then
                mock:arm { fault = "reset-before", method = "GET", template = "/api/v2/users/{id}", count = 400 }
                return { how = "lost" }
            end
            return told
        end
        local told = merge()
        mock.answer = answer
        mock:disarm()
        assert.equal(1, told.code, told.err)
        assert.equal("unknown", kept().state)
        assert.truthy(told.err:find('"auth0-accounts settle" says later, by the receipt in ' .. receipt, 1, true),
            told.err)

        mock:advance(600)
        told = run("settle", receipt)
        assert.same({ 0, "" }, { told.code, told.err })
        assert.truthy(told.out:find("^state: merged\n"), told.out)
        assert.equal("merged", kept().state)
        assert.equal(0, run("undo", receipt).code)
        assert.same(before, { metadata(PRIMARY), metadata(SECONDARY) })
    end)

    it("shows the ticket for a new password", function()
        local told = merge("--reset-password")
        assert.same({ 0, "" }, { told.code, told.err })
        assert.truthy(told.out:find("\n  for a new password of " .. PRIMARY .. ": https://", 1, true), told.out)
    end)

    it("says that both were one account before", function()
        assert.equal(0, merge().code)
        os.remove(receipt)
        local told = merge()
        assert.equal(0, told.code)
        assert.truthy(told.out:find("^linked already; nothing was changed, and there is no receipt: "), told.out)
        assert.is_nil(io.open(receipt))
        told = run("preview", PRIMARY, SECONDARY, "--proof", "operator")
        assert.equal(0, told.code)
        assert.truthy(told.out:find("^linked already; a merge would change nothing: "), told.out)
    end)

    it("says where what came of it cannot be added to the receipt", function()
        local rename = os.rename
        os.rename = function() return nil, "Read-only file system" end -- luacheck: ignore 122
        local told = merge()
        os.rename = rename -- luacheck: ignore 122
        os.remove(receipt .. ".new")
        assert.equal(0, told.code)
        assert.truthy(told.err:find("the receipt stays as it was (Read-only file system)", 1, true))
        assert.equal("planned", kept().state)
        mock:advance(700)
        assert.equal(0, run("undo", receipt).code)
    end)
end)

describe("auth0-accounts undo", function()
    it("takes a merge back, and lists what it cannot", function()
        local before = { metadata(PRIMARY), metadata(SECONDARY) }
        assert.equal(0, merge("--user-metadata=deep").code)
        local told = run("undo", receipt)
        assert.same({ 0, "" }, { told.code, told.err })
        assert.truthy(told.out:find("^taken back\n  unlinked from the primary: the secondary's identity\n  restored: "),
            told.out)
        assert.is_nil(told.out:find("identity of the primary", 1, true))
        assert.truthy(told.out:find("\n  not given back, where the secondary had it: sessions, ", 1, true), told.out)
        assert.same(before, { metadata(PRIMARY), metadata(SECONDARY) })
    end)

    it("takes it back once, since the receipt says afterwards that it was", function()
        assert.equal(0, merge().code)
        assert.equal(0, run("undo", receipt).code)
        assert.equal("undone", kept().state)
        assert.equal(1, run("undo", receipt).code)
    end)

    it("ends with 1 where something was changed since", function()
        assert.equal(0, merge("--user-metadata=deep").code)
        local own = auth0.tenant { mock = mock, domain = mock.domain, token = mock:token { kind = "machine" } }
        assert(own:update_user(PRIMARY, { user_metadata = { ["of" .. #SECONDARY] = "another" } }))
        own:close()
        local told = run("undo", receipt)
        assert.equal(1, told.code)
        assert.truthy(told.out:find("changed since, and left: user_metadata", 1, true), told.out)
    end)

    it("refuses what is no receipt of this tenant", function()
        for words, text in pairs {
            ["is no receipt: it holds no JSON object"] = "text",
            ["receipt: expected the receipt of a merge"] = "{}",
            ["is of another tenant"] =
                '{"version":1,"domain":"other.test","primary":"auth0|1","secondary":{"id":"google-oauth2|2"}}',
        } do
            receipt = process.file(text)
            for _, name in ipairs { "undo", "settle" } do
                local told = run(name, receipt)
                assert.equal(2, told.code)
                assert.truthy(told.err:find(words, 1, true), told.err)
            end
            os.remove(receipt)
        end
        local told = run("undo", receipt)
        assert.equal(2, told.code)
        assert.truthy(told.err:find("No such file", 1, true), told.err)
        assert.truthy(run("undo", "/dev/zero").err:find("is no receipt", 1, true)) -- however long it is
        assert.same({}, mock:requests())
    end)
end)
