--- auth0-accounts plan --export: from the tenant to the plan, and what apply makes of that.
local has_core, accounts_core = pcall(require, "auth0_accounts.core")
local auth0 = require "auth0"
local command = require "support.command"
local exported = require "support.exported"
local json = require "auth0.json"
local mock_tenant = require "auth0.mock"
local planning = require "support.planning"
local process = require "support.process"
local tenant = require "support.tenant"

if not has_core then
    return describe("auth0-accounts plan --export", function() pending "it was not built: there is no SQLite" end)
end

local account = exported.account
local concat, lines_of = planning.concat, planning.lines_of
local TRUSTED = planning.TRUSTED

after_each(exported.remove)

describe("auth0-accounts plan --export", function()
    local mock

    before_each(function()
        mock = mock_tenant.new()
        for i, connection in ipairs { "google-oauth2", "github" } do
            mock:add_user { user_id = connection .. "|" .. i, connection = connection, email = "ann@example.com",
                email_verified = true, user_metadata = { ["of" .. i] = i } }
        end
    end)

    local function run_on_mock(...)
        return command.run(mock, concat({ ... }, TRUSTED))
    end

    it("exports into a file that its user alone can read, and plans from it", function()
        local name, output = exported.name(), exported.name()
        local told = run_on_mock("plan", "--export", name, "-o", output)
        assert.same({ 0, "" }, { told.code, told.err })
        assert.equal("600\n", (tenant.run("stat -c %a " .. name)))
        local lines, header = lines_of(output)
        assert.same({ name, accounts_core.sha256(process.read(name)) }, { header.source.file, header.source.sha256 })
        assert.equal(1, #lines)
        assert.equal(1, mock:requests()["POST /api/v2/jobs/users-exports"])
        told = run_on_mock("plan", "--export", name)
        assert.equal(2, told.code)
        assert.truthy(told.err:find("is there already", 1, true), told.err)
        assert.equal(1, mock:requests()["POST /api/v2/jobs/users-exports"])
    end)

    it("says on a terminal how far the tenant is", function()
        local told = command.run(mock, { "plan", "--export" }, nil, nil, 80)
        assert.truthy(told.err:find("\rthe tenant makes the export: 100 %", 1, true), told.err)
    end)

    -- What is kept of rows of the tenant's.
    local function written_of(...)
        local rows, text = { ... }, nil
        local fake = { export = function()
            return coroutine.wrap(function()
                for _, row in ipairs(rows) do coroutine.yield(row) end
            end)
        end }
        local function read(source) text = process.read(source.path) end
        require("auth0_accounts.exports").use(fake, { users = exported.name() }, { getenv = os.getenv }, read)
        return text
    end

    it("keeps rows as they came, with members that stand in them twice", function()
        local row = '{"user_id":"github|1", "blocked":true,"blocked":false,"n":1.0}'
        assert.equal(row .. "\n[]\n", written_of(row, "[]"))
    end)

    it("leaves out tokens of identity providers", function()
        local one = account "github|1"
        for _, name in ipairs { "access_token", "access_token_secret", "refresh_token" } do
            one.identities[1][name] = "a-secret"
        end
        local row = json.encode(one)
        local deep = row:gsub("^{", '{"user_metadata":{"note":"\\"access_token\\":","a":' .. ("["):rep(99)
            .. ("]"):rep(99) .. "},")
        local escaped = row:gsub("_token", "\\u005Ftoken")
        local text = written_of(row, deep, escaped)
        assert.equal(3, select(2, text:gsub("github|1", "")))
        assert.is_nil(text:find("-secret", 1, true))
        assert.truthy(text:find([=["note":"\"access_token\":","a":[[]=], 1, true), text)
    end)

    it("removes a file that has no name of the caller's, also where the plan cannot be made", function()
        local folder = exported.name()
        tenant.run("mkdir " .. folder)
        local environment = { AUTH0_DOMAIN = mock.domain, AUTH0_TOKEN = mock:token { kind = "machine" },
            TMPDIR = folder }
        local told = command.run(mock, concat({ "plan", "--export" }, TRUSTED), environment)
        assert.same({ 0, "" }, { told.code, told.err })
        assert.truthy(told.out:find("\n         1 link\n", 1, true), told.out)
        told = command.run(mock, { "plan", "--export", "--primary-file", "/nowhere/ids" }, environment)
        assert.equal(2, told.code)
        assert.equal("", (tenant.run("ls " .. folder .. "; rmdir " .. folder)))
    end)

    it("makes it in /tmp where TMPDIR is empty, as where it is not set", function()
        local core, folders = require "auth0_accounts.core", {}
        local nameless = core.nameless
        core.nameless = function(folder)
            folders[#folders + 1] = folder
            return nameless("/tmp")
        end
        finally(function() core.nameless = nameless end)
        local environment = { AUTH0_DOMAIN = mock.domain, AUTH0_TOKEN = mock:token { kind = "machine" }, TMPDIR = "" }
        assert.equal(0, command.run(mock, { "plan", "--export" }, environment).code)
        assert.same({ "/tmp" }, folders)
    end)

    it("ends as the export does", function()
        mock:arm { fault = "status;status=403", method = "POST", template = "/api/v2/jobs/users-exports" }
        local name = exported.name()
        local told = run_on_mock("plan", "--export", name)
        assert.equal(3, told.code, told.err)
        assert.equal("", exported.beside(name))
    end)

    it("of a tenant to which a plan was applied is empty", function()
        for i = 3, 9 do
            mock:add_user { user_id = "google-oauth2|" .. i, connection = "google-oauth2", email_verified = true,
                email = i % 2 == 0 and "Ann@example.com" or "bob@example.com" }
        end
        local output = exported.name()
        run_on_mock("plan", "--export", "-o", output)
        local lines, header = lines_of(output)
        assert.equal(7, header.links)
        local opened = auth0.tenant { mock = mock, domain = mock.domain, token = mock:token { kind = "machine" } }
        for _, line in ipairs(lines) do
            assert(opened:merge(line.primary.user_id, line.secondary.user_id, { proof = header.options.proof,
                trusted_connections = header.options.trusted_connections, checks = {} }))
        end
        opened:close()
        local after = exported.name()
        assert.equal(0, run_on_mock("plan", "--export", "-o", after).code)
        local left, again = lines_of(after)
        assert.same({ {}, 0, 0 }, { left, again.links, again.skipped })
    end)

    it("is what apply carries out, whatever odd values the accounts hold", function()
        mock:add_user { user_id = "apple|5", connection = "apple", email = "eve@example.com", email_verified = true,
            user_metadata = { list = json.array {} }, app_metadata = { n = json.number "12345678901234567890" } }
        mock:add_user { user_id = "github|115015401343387192", connection = "github", email = "Eve@example.com",
            email_verified = true, user_metadata = { deep = { json.null, {} } } }
        local plan, journal = exported.name(), exported.name()
        local told = run_on_mock("plan", "--export", "-o", plan, "--app-metadata", "deep")
        assert.truthy(told.out:find("\n         2 links\n", 1, true), told.out)
        told = command.run(mock, { "apply", plan, "-j", journal, "--approve", accounts_core.sha256_file(plan) })
        assert.equal(0, told.code, told.err)
        told = run_on_mock("plan", "--export")
        assert.truthy(told.out:find("\n         0 groups with the same address\n", 1, true), told.out)
        assert.equal(0, command.run(mock, { "audit", "--export" }).code)
    end)
end)
