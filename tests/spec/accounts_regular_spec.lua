--- Files that auth0-accounts reads more than once, writes to or replaces: a pipe in the place of one is refused at
--- once, and not waited for.
local command = require "support.command"
local core = require "auth0_accounts.core"
local process = require "support.process"
local tenant = require "support.tenant"
local throttle = require "auth0_accounts.apply.throttle"

local folder, digest

local function file(name)
    return folder .. "/" .. name
end

-- What a command says that is given ten seconds, and its exit code.
local function run(arguments)
    local words = { process.lua(), "src/auth0_accounts/command.lua" }
    for _, word in ipairs(arguments) do words[#words + 1] = process.quoted(word) end
    local text = tenant.run(("timeout -s KILL 10 %s 2>&1; echo code $?"):format(table.concat(words, " ")))
    return text:match "^(.-)code (%d+)\n$"
end

-- The same, on made-up accounts.
local function run_mocked(arguments)
    local words = { "--mock", file "users" }
    for _, word in ipairs(arguments) do words[#words + 1] = word end
    return run(words)
end

local function assert_code(expected, text, code)
    assert.equal(expected, code, text)
    return text
end

setup(function()
    folder = command.new_name()
    tenant.run("mkdir -m 700 " .. folder)
    assert_code("0", run { "mock", file "users" })
    assert_code("0", run_mocked { "plan", file "users", "-o", file "plan", "--trust-connection", "github",
        "--trust-connection", "google-oauth2" })
    digest = core.sha256_file(file "plan")
    tenant.run("mkfifo " .. file "pipe")
end)

teardown(function() tenant.run("rm -r " .. folder) end)

local function apply(journal, name, value)
    return { "apply", file "plan", "-j", journal, "--approve", digest, name, value }
end

describe("auth0-accounts, for a pipe, a device or a folder", function()
    it("where it needs a regular file, says so, and ends with 2", function()
        local journal = file "journal"
        assert_code("0", run_mocked(apply(journal, "--limit", "1")))
        for _, path in ipairs { file "pipe", "/dev/null", folder } do
            for _, arguments in ipairs { { "apply", path, "-j", "none" }, { "plan", file "users", "--diff", path },
                apply(path), apply(journal, "--mapping", path), { "verify", path }, { "mapping", path },
                { "journal", "export", path }, { "report", path, "-o", file "none" }, { "report", journal, "-o", path },
                { "report", journal, "--csv", path } } do
                local text = assert_code("2", run_mocked(arguments))
                assert.truthy(text:find(path .. ": expected a regular file, got a pipe, a device or a folder\n", 1,
                    true), text)
            end
        end
    end)

    it("where it needs a name that is free, says that it is taken", function()
        for _, arguments in ipairs { { "plan", file "users", "-o", file "pipe" },
            { "merge", "a|1", "a|2", "--proof", "operator", "--receipt", file "pipe" } } do
            local text = assert_code("2", run_mocked(arguments))
            assert.truthy(text:find("pipe: is there already: give another name", 1, true), text)
        end
    end)

    it("as a throttle file, says that it holds no number; while a run is at work, changes nothing", function()
        local text = assert_code("2", run_mocked(apply(file "journal", "--throttle-file", file "pipe")))
        assert.truthy(text:find("pipe' holds no number, such as 2", 1, true), text)
        local own = throttle.new(file "throttle")
        os.rename(process.file "3\n", file "throttle")
        own:look()
        tenant.run("ln -sf pipe " .. file "throttle")
        own:look()
        assert.equal(3, own.rate)
    end)
end)
