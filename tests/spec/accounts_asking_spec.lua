--- auth0-accounts apply and undo at a terminal: without --approve they ask, and what is typed of the digest approves.
local command = require "support.command"
local core = require "auth0_accounts.core"
local process = require "support.process"
local tenant = require "support.tenant"

local QUESTION = "Type the first 8 characters of the SHA-256: "

local folder, digest

local function file(name)
    return folder .. "/" .. name
end

local function run(...)
    local told = command.run(nil, { ... }, {})
    assert.equal(0, told.code, told.err)
end

before_each(function()
    folder = command.new_name()
    tenant.run("mkdir -m 700 " .. folder)
    run("mock", file "users", "--accounts", "20", "--quiet")
    run("--mock", file "users", "plan", file "users", "-o", file "plan", "--trust-connection", "google-oauth2",
        "--trust-connection", "github", "--quiet")
    digest = core.sha256_file(file "plan")
end)

after_each(function() tenant.run("rm -r " .. folder) end)

-- What the command shows at a terminal where these keys are pressed, and its exit code.
local function at_terminal(keys, ...)
    local words = { process.lua(), "src/auth0_accounts/command.lua", "--mock", file "users" }
    for _, word in ipairs { ... } do words[#words + 1] = word end
    local typed = process.file(keys)
    local shown, code = tenant.run(("SHELL=/bin/sh script -qec %s /dev/null <%s"):format(
        process.quoted(table.concat(words, " ")), typed))
    os.remove(typed)
    return shown:gsub("\27%[K", "\n"):gsub("\r", ""), code
end

local function apply(keys, ...)
    return at_terminal(keys, "apply", file "plan", "-j", file "journal", ...)
end

local function undo(keys, ...)
    return at_terminal(keys, "undo", file "journal", ...)
end

describe("without --approve, at a terminal,", function()
    if not tenant.run("command -v script"):find "%S" then return pending "there is no script" end

    it("apply and undo go on after the first 8 characters, or more", function()
        local shown, code = apply(digest:sub(1, 8) .. "\n")
        assert.equal(0, code, shown)
        assert.truthy(shown:find("Carry it out now? " .. QUESTION, 1, true), shown)
        assert.truthy(shown:find("\nmade 3\n", 1, true), shown)
        shown, code = undo(digest:upper() .. "\n")
        assert.equal(0, code, shown)
        assert.truthy(shown:find("Take them back now? " .. QUESTION, 1, true), shown)
        assert.truthy(shown:find("\nundone 3\n", 1, true), shown)
    end)

    it("any other answer changes nothing, and ends as without a terminal", function()
        for _, keys in ipairs { "\n", digest:sub(1, 7) .. "\n", "00000000\n", digest .. "0\n", "yes\n", "\4" } do
            local shown, code = apply(keys)
            assert.equal(2, code, shown)
            assert.truthy(shown:find("nothing was changed; to carry it out:\n  auth0-accounts apply ", 1, true), shown)
            assert.is_nil(io.open(file "journal"))
        end
    end)

    it("--no-input, --json and --quiet ask nothing, nor does a command whose result goes elsewhere", function()
        for _, option in ipairs { "--no-input", "--json", "--quiet", ">" .. "/dev/null" } do
            local shown, code = apply(digest .. "\n", option)
            assert.equal(2, code, shown)
            assert.is_nil(shown:find(QUESTION, 1, true), shown)
        end
        assert.is_nil(io.open(file "journal"))
    end)
end)
