--- auth0-accounts mock, and --mock: a tenant in a file.
local cjson = require "cjson"
local command = require "support.command"
local markdown = require "support.markdown"
local process = require "support.process"
local tenant = require "support.tenant"

local file

local function run(...)
    return command.run(nil, { ... }, {})
end

local function on_mock(...)
    local told = run("--mock", file, ...)
    assert.same({ 0, "" }, { told.code, told.err })
    return told.out
end

local function accounts()
    local list = {}
    for line in process.read(file):gmatch "[^\n]+" do list[#list + 1] = cjson.decode(line) end
    return list
end

before_each(function()
    file = command.new_name()
    assert.equal(0, run("mock", file, "--accounts", "30").code)
end)

after_each(function() os.remove(file) end)

describe("auth0-accounts mock", function()
    it("makes a file of accounts, for its user alone, the same in each run", function()
        local list, text = accounts(), process.read(file)
        assert.equal(30, #list)
        for _, account in ipairs(list) do
            assert.is_string(account.user_id)
            assert.equal(1, #account.identities)
        end
        assert.equal("600\n", (tenant.run("stat -c %a " .. process.quoted(file))))
        os.remove(file)
        run("mock", file, "--accounts", "30")
        assert.equal(text, process.read(file))
    end)

    it("makes one account, and says so", function()
        os.remove(file)
        local told = run("mock", file, "--accounts", "1")
        assert.equal(1, #accounts())
        assert.truthy(told.out:find(": a tenant of 1 account\n", 1, true), told.out)
    end)

    it("leaves a file that is there", function()
        local told = run("mock", file)
        assert.equal(2, told.code)
        assert.truthy(told.err:find(file .. ": is there already: give another name, or remove it", 1, true), told.err)
        assert.equal(30, #accounts())
    end)
end)

describe("--mock", function()
    local PRIMARY, SECONDARY = "google-oauth2|100000000000000000002", "github|0000003"

    it("is a tenant without a token, whose file has what a command changes", function()
        on_mock("link", PRIMARY, SECONDARY)
        assert.equal(29, #accounts())
        assert.truthy(on_mock("show", PRIMARY):find("    github|0000003 (github)\n", 1, true))
        on_mock("unlink", PRIMARY, SECONDARY)
        assert.equal(30, #accounts())
    end)

    it("takes a merge back: the accounts are what they were", function()
        local function essence()
            local list = {}
            for _, account in ipairs(accounts()) do
                list[account.user_id] = { account.email, account.user_metadata, account.identities[1].connection }
            end
            return list
        end
        local before, receipt = essence(), command.new_name()
        on_mock("merge", PRIMARY, SECONDARY, "--proof", "operator", "--receipt", receipt)
        assert.are_not.same(before, essence())
        on_mock("undo", receipt)
        os.remove(receipt)
        assert.same(before, essence())
    end)

    it("leaves the file as it is where nothing is to be changed", function()
        local text = process.read(file)
        on_mock("show", PRIMARY)
        on_mock("link", PRIMARY, SECONDARY, "--dry-run")
        on_mock("preview", PRIMARY, SECONDARY, "--proof", "operator")
        assert.equal(text, process.read(file))
        assert.equal(1, run("--mock", file, "link", PRIMARY, "github|9").code)
        assert.equal(30, #accounts())
    end)

    it("leaves a file that was made by hand as it is, where the requests are only printed", function()
        os.remove(file)
        local text = '{"user_id":"auth0|1"}\n{"user_id":"google-oauth2|2","user_metadata":{"a":1}}\n'
        file = process.file(text)
        on_mock("merge", "auth0|1", "google-oauth2|2", "--proof", "operator", "--dry-run")
        assert.equal(text, process.read(file))
    end)

    it("has this machine's clock", function()
        assert.truthy(on_mock "doctor":find("ok    token          it is accepted, and lives 24 hours\n", 1, true))
    end)

    it("overrides the environment, and asks for no token", function()
        local told = command.run(nil, { "--mock", file, "show", PRIMARY },
            { AUTH0_DOMAIN = "real.test", AUTH0_TOKEN = "x", AUTH0_CLIENT_ID = "y" })
        assert.equal(0, told.code)
    end)

    it("says why a command failed also where the file cannot be written after it", function()
        local mock_tenant = require "auth0_accounts.mock_tenant"
        local save = mock_tenant.save
        function mock_tenant.save() error("no room", 0) end
        local told = run("--mock", file, "undo", "/nowhere/receipt")
        local other = run("--mock", file, "link", PRIMARY, SECONDARY)
        mock_tenant.save = save
        assert.same({ 2, "auth0-accounts: /nowhere/receipt: No such file or directory\n" }, { told.code, told.err })
        assert.same({ 1, "auth0-accounts: no room\n" }, { other.code, other.err })
    end)

    it("says what it cannot read", function()
        os.remove(file)
        local told = run("--mock", file, "show", PRIMARY)
        assert.equal(2, told.code)
        assert.truthy(told.err:find('"auth0-accounts mock ' .. file .. '" makes a tenant', 1, true), told.err)
        for text, words in pairs { ["{}\n{"] = ":2: ", ["hello"] = ":1: expected an account, as a JSON object: ",
            ["7"] = ":1: expected an account, as a JSON object\n", ["[1]"] = ":1: ",
            ['{"user_id":"auth0|1","identities":7}'] = ":1: mock:add_user: identities is an array" } do
            file = process.file(text)
            told = run("--mock", file, "show", PRIMARY)
            assert.equal(2, told.code, told.err)
            assert.truthy(told.err:find(file .. words, 1, true), told.err)
            os.remove(file)
        end
    end)

    it("keeps odd values", function()
        os.remove(file)
        file = process.file('{"user_id":"auth0|1","user_metadata":{"a":[],"b":{},"n":12345678901234567890,"z":null}}\n'
            .. '{"user_id":"google-oauth2|2"}\n')
        on_mock("link", "auth0|1", "google-oauth2|2")
        assert.truthy(process.read(file):find('"user_metadata":{"a":[],"b":{},"n":12345678901234567890,"z":null}', 1,
            true), process.read(file))
    end)
end)

describe("the example of doc/accounts.md", function()
    it("runs as it stands", function()
        local code
        for _, block in ipairs(markdown.blocks(process.read "doc/accounts.md")) do
            if block.code:find("--mock tenant.ndjson", 1, true) then code = block.code end
        end
        local names, count, digest = {}, 0, nil
        for line in code:gsub("\\\n", " "):gsub(" +#[^\n]*", ""):gmatch "[^\n]+" do
            local words = {}
            for word in line:gsub("^auth0%-accounts ", ""):gsub("'", ""):gmatch "%S+" do
                if word:find "^%w+%.%w+$" then names[word] = names[word] or command.new_name() end
                words[#words + 1] = word == "SHA256" and digest or names[word] or word
            end
            local told = command.run(nil, words, {})
            assert.same({ 0, "" }, { told.code, told.err }, line)
            digest, count = told.out:match "sha256: (%x+)" or digest, count + 1
        end
        assert.equal(8, count)
        for _, name in pairs(names) do assert(os.remove(name)) end
    end)
end)
