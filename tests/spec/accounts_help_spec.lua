--- auth0-accounts help: all of it comes from one definition.
local cjson = require "cjson"
local command = require "support.command"
local commands = require "auth0_accounts.commands"
local man_page = require "auth0_accounts.man_page"
local mock_tenant = require "auth0.mock"
local process = require "support.process"
local tenant = require "support.tenant"

local function help(...)
    local told = command.run(mock_tenant.new(), { ... }, {})
    assert.same({ 0, "" }, { told.code, told.err })
    return told.out
end

local function defined()
    return cjson.decode(help("help", "--json"))
end

-- All commands, and those of a command.
local function all_commands(of, name, list)
    list = list or {}
    for _, own in ipairs((of or defined()).commands) do
        own.name = (name and name .. " " or "") .. own.name
        list[#list + 1] = own
        all_commands(own, own.name, list)
    end
    return list
end

describe("auth0-accounts help", function()
    it("prints what --help prints, of all and of one", function()
        assert.equal(help "--help", help "help")
        assert.equal(help("journal", "prune", "--help"), help("help", "journal", "prune"))
        assert.equal(help("merge", "-h"), help("help", "merge"))
        assert.truthy(help("help", "merge"):find("^Usage: auth0%-accounts merge "))
    end)

    it("has the version", function()
        assert.equal("auth0-accounts " .. require("auth0")._VERSION .. "\n", help "--version")
        assert.equal(help "--version", help("show", "--version"))
    end)

    it("calls an argument as the usage does, and an option by all of its names on one line", function()
        local text = help("help", "apply")
        assert.truthy(text:find("\n   PLAN  ", 1, true), text)
        assert.truthy(text:find("\n   -j, --journal JOURNAL ", 1, true), text)
    end)

    it("needs no tenant, and goes to standard output", function()
        assert.truthy(help "help":find("\nExit codes: 0 done;", 1, true))
    end)

    it("fits into 80 columns", function()
        for _, name in ipairs(commands.NAMES) do
            for line in help("help", name):gmatch "[^\n]+" do assert.is_true(#line <= 80, line) end
        end
    end)

    it("--json has each command with its options, choices and arguments", function()
        local all = defined()
        local names = {}
        for i, own in ipairs(all.commands) do names[i] = own.name end
        assert.same(commands.NAMES, names)
        local merge = cjson.decode(help("help", "merge", "--json"))
        assert.same({ { name = "PRIMARY", about = "Full id of the account that stays.", required = true } },
            { merge.arguments[1] })
        for _, option in ipairs(merge.options) do
            if option.names[1] == "--proof" then
                assert.same({ "both_authenticated", "shared_email", "operator" }, option.choices)
                assert.same({ true, false, "PROOF" }, { option.required, option.repeatable, option.value })
            end
        end
    end)

    it("has a sentence for each option and argument", function()
        for _, own in ipairs(all_commands()) do
            for _, list in ipairs { own.options, own.arguments } do
                for _, element in ipairs(list) do
                    assert.truthy(element.about:find "^%u.*[%.%)]$", own.name .. ": " .. element.about)
                end
            end
        end
    end)

    it("names the choices of each option that has some", function()
        for _, own in ipairs(all_commands()) do
            for _, option in ipairs(own.options) do
                for _, choice in ipairs(option.choices or {}) do
                    assert.truthy(option.about:find(choice, 1, true), own.name .. " " .. option.names[1])
                end
            end
        end
    end)

    it("--man is a man page, without a warning of groff, that has every command and option", function()
        local file = process.file(help("help", "--man"))
        local warnings = os.tmpname()
        local text, code = tenant.run(("groff -man -Tascii -ww -P-c -P-b -P-u %s 2>%s"):format(file, warnings))
        local warned = process.read(warnings)
        os.remove(file)
        os.remove(warnings)
        if code == 127 then return pending "there is no groff" end
        assert.equal("", warned)
        text = text:gsub("\27%[%d*m", "")
        for line in text:gmatch "[^\n]+" do assert.is_true(#line <= 80, line) end
        text = text:gsub("%-\n +", "-")
        for _, title in ipairs { "DESCRIPTION", "OPTIONS", "COMMANDS", "EXAMPLES", "ENVIRONMENT", "EXIT STATUS" } do
            assert.truthy(text:find("\n" .. title .. "\n", 1, true), title)
        end
        for _, own in ipairs(all_commands()) do
            assert.truthy(own.commands[1] or text:find("auth0-accounts " .. own.name, 1, true), own.name)
            for _, option in ipairs(own.options) do
                assert.truthy(text:find(option.names[#option.names], 1, true), option.names[1])
            end
        end
    end)

    it("--man takes no text for a request of roff's", function()
        local text = man_page.of { name = "x", about = "", notes = ".so /etc/passwd\n'br\n\\x-y", arguments = {},
            options = {}, commands = {} }
        assert.truthy(text:find("\n.SH ENVIRONMENT\n\\&.so /etc/passwd\n\\&'br\n\\ex\\-y\n", 1, true), text)
    end)

    it("--completion is a script that its shell reads", function()
        for _, shell in ipairs { "bash", "zsh", "fish" } do
            local file = process.file(help("help", "--completion", shell))
            local _, code = tenant.run(("! command -v %s >/dev/null || %s -n %s"):format(shell, shell, file))
            os.remove(file)
            assert.equal(0, code)
        end
    end)

    it("completes commands and options in bash", function()
        local script = process.file(help("help", "--completion", "bash")
            .. "\nCOMP_WORDS=(auth0-accounts merge --pass); COMP_CWORD=2; _auth0-accounts; echo \"${COMPREPLY[@]}\""
            .. "\nCOMP_WORDS=(auth0-accounts cand); COMP_CWORD=1; _auth0-accounts; echo \"${COMPREPLY[@]}\"\n")
        local text = tenant.run("bash --norc " .. script .. " 2>&1")
        os.remove(script)
        assert.equal("--password-merge\ncandidates\n", text)
    end)

    it("completes what journal does, in each shell", function()
        local script = process.file(help("help", "--completion", "bash")
            .. "\nCOMP_WORDS=(auth0-accounts --json journal ''); COMP_CWORD=3; _auth0-accounts; echo ${COMPREPLY[@]}"
            .. "\nCOMP_WORDS=(auth0-accounts journal prune --o); COMP_CWORD=3; _auth0-accounts; echo ${COMPREPLY[@]}"
            .. "\nCOMPREPLY=(); COMP_WORDS=(auth0-accounts journal export ''); _auth0-accounts; echo ${#COMPREPLY[@]}")
        assert.equal("export prune\n--older-than\n0\n", (tenant.run("bash --norc " .. script .. " 2>&1")))
        os.remove(script)
        local zsh = help("help", "--completion", "zsh")
        local words = zsh:match "\n_auth0%-accounts_journal_cmds%(%) {\n(.-)\n}"
        assert.truthy(words and words:find("\n    \"export:", 1, true) and words:find("\n    \"prune:", 1, true), zsh)
        if select(2, tenant.run "command -v fish") ~= 0 then return pending "there is no fish" end
        script = process.file(help("help", "--completion", "fish") .. "\ncomplete -C 'auth0-accounts --json journal '"
            .. "\ncomplete -C 'auth0-accounts journal prune --o'")
        local home = process.file ""
        local text = tenant.run(("HOME=%s fish --no-config %s 2>&1"):format(home, script))
        os.remove(script)
        os.remove(home)
        assert.truthy(text:find "^export\t[^\n]+\nprune\t[^\n]+\n%-%-older%-than\t[^\n]+\n$", text)
    end)

    it("completes the commands that it explains, in each shell", function()
        local script = process.file(help("help", "--completion", "bash")
            .. "\nCOMP_WORDS=(auth0-accounts help can); COMP_CWORD=2; _auth0-accounts; echo ${COMPREPLY[@]}"
            .. "\nCOMP_WORDS=(auth0-accounts help --completion f); COMP_CWORD=3; _auth0-accounts; echo ${COMPREPLY[@]}")
        assert.equal("candidates\nfish\n", (tenant.run("bash --norc " .. script .. " 2>&1")))
        os.remove(script)
        local words = "(" .. table.concat(commands.NAMES, " ") .. ")"
        local own = help("help", "--completion", "zsh"):match "\n    help%)(.-);;"
        assert.truthy(own:find(words, 1, true), own)
        if select(2, tenant.run "command -v fish") ~= 0 then return pending "there is no fish" end
        script = process.file(help("help", "--completion", "fish") .. "\ncomplete -C 'auth0-accounts help can'")
        local home = process.file ""
        local text = tenant.run(("HOME=%s fish --no-config %s 2>&1"):format(home, script))
        os.remove(script)
        os.remove(home)
        assert.truthy(text:find "^candidates\t?[^\n]*\n$", text)
    end)

    it("is used wrongly: says so for the command, with the choices", function()
        for words, arguments in pairs {
            ["there is no command 'prun': the commands are export, prune\n"] = { "help", "journal", "prun" },
            ["link has no commands of its own\n"] = { "help", "link", "more" },
            ["there is no command 'shwo': the commands are show, candidates"] = { "help", "shwo" },
            ["missing option '--proof'\n--proof: Why both accounts are one person's: both_authenticated, shared_email "
                .. "or operator; required.\n\"auth0-accounts merge --help\" says more\n"] = { "merge", "a|1", "a|2" },
            ["must be one of 'both_authenticated', 'shared_email', 'operator'"] = { "merge", "a|1", "a|2", "--proof",
                "x" },
            ["help takes one of a command, --man and --completion"] = { "help", "show", "--man" },
            ["missing argument SECONDARY\nSECONDARY: Full id of the other account, or identity.\n"] = { "link", "a|1" },
            ["--limit '0': expected a whole number, 1 or more\n"] = { "apply", "p", "-j", "j", "--limit", "0" },
            ["unknown option '--limits'; did you mean '--limit'?\n"] = { "apply", "p", "--limits", "1" },
            ["a command is required: export, prune\n\"auth0-accounts journal --help\" says more\n"] = { "journal" },
            ["missing option '--older-than'\n--older-than: Links that were last worked on so many days ago, or "
                .. "earlier.\n\"auth0-accounts journal prune --help\" says more\n"] = { "journal", "prune", "j" },
        } do
            local told = command.run(mock_tenant.new(), arguments, {})
            assert.same({ 2, "" }, { told.code, told.out })
            assert.truthy(told.err:find(words, 1, true), told.err)
            assert.truthy(told.err:find("^Usage: auth0%-accounts " .. arguments[1] .. " "), told.err)
        end
    end)

    it("is used wrongly before a command is named: says what there is", function()
        for words, arguments in pairs {
            ["a command is required: show, candidates, "] = {},
            ["unknown command 'lnik'; did you mean 'link'?\n"] = { "lnik" },
            ["--deadline 'soon': expected seconds, more than 0\n"] = { "--deadline", "soon", "show", "a|1" },
        } do
            local told = command.run(mock_tenant.new(), arguments, {})
            assert.same({ 2, "" }, { told.code, told.out })
            assert.truthy(told.err:find("auth0-accounts: " .. words, 1, true), told.err)
        end
    end)
end)
