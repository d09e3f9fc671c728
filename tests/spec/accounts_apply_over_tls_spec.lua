--- apply over TLS, in a process of its own: killed at random moments, interrupted, asked how far it is, without a disk,
--- without its token.
local command = require "support.command"
local job = require "bulk.apply_job"
local linking = require "support.linking"
local own = require "support.apply_process"
local process = require "support.process"
local restored = require "bulk.restored"
local tenant = require "support.tenant"

local prepare, apply, arguments, arm = own.prepare, own.run, own.arguments, own.arm
local links, states, disturbed, signal = own.links, own.states, own.disturbed, own.signal

setup(linking.start)
teardown(linking.stop)
after_each(own.clean)

describe("apply, killed at random and started again, #load", function()
    it("links each line once, has each image in the journal, and is verified and undone", function()
        local result = job.run(200, 8, 3)
        own.files = result.files
        assert.same({ lost = 0, differing = 0, made = 200, links = 200 }, { lost = result.lost,
            differing = result.differing, made = result.made, links = result.links }, result.output)
        local told = command.start { "verify", own.files.journal, "--in-flight", "8" }
        assert.equal(0, told.code, told.out .. told.err)
        assert.truthy(told.out:find("\nmade 200, missing 0, elsewhere 0, changed 0\n", 1, true), told.out)
        told = command.start { "undo", own.files.journal, "--approve", own.files.digest, "--in-flight", "8" }
        -- What was begun when the process was killed may still come, for ten minutes.
        local is_early = told.out:find("may still be carried out", 1, true)
        assert.is_true(told.code == 0 or told.code == 1 and is_early ~= nil, told.out .. told.err)
    end)
end)

describe("apply and undo, #load", function()
    it("leave each account as it was, field by field, but for what doc/safety.md lists", function()
        prepare(150)
        assert.equal(0, apply("--in-flight", "8").code)
        assert.equal(150, links())
        local told = command.start { "undo", own.files.journal, "--approve", own.files.digest, "--in-flight", "8" }
        assert.equal(0, told.code, told.out .. told.err)
        local users = job.compare_users(own.files)
        local words = restored.words(users)
        assert.same({ 0, {} }, { users.differing, users.wrong }, words)
        assert.equal(150, users.listed.created_at, words)
        assert.is_nil(users.listed.user_metadata or users.listed.app_metadata or users.listed.name, words)
    end)

    it("are seen where they do not", function()
        prepare(3)
        assert.equal(0, apply().code)
        local users = job.compare_users(own.files)
        assert.same({ 4, 3, 1 }, { users.differing, users.wrong.user_id, users.wrong.identities }) -- one primary
    end)
end)

describe("apply in a process of its own #load", function()
    it("ends after Ctrl-C when what was begun has come to its end", function()
        prepare(30)
        arm("delay", { seconds = 1, count = 100 })
        local code, output = disturbed(2, function(pid) signal(pid, "INT") end, nil, "--in-flight", "2")
        assert.equal(130, code, output)
        assert.truthy(output:find("auth0-accounts: interrupted: what was begun comes to its end; a second Ctrl-C ends "
            .. "the command at once\n", 1, true), output)
        assert.truthy(output:find("\ninterrupted: what was begun has come to its end\n", 1, true), output)
        local found = states()
        assert.equal(30, found.made + found.waiting)
        assert.equal(found.made, links())
        tenant.control("POST", "/_tenant/disarm", {})
        assert.equal(0, apply().code)
        assert.same({ made = 30 }, states())
    end)

    it("ends at once after a second Ctrl-C, and the same command goes on", function()
        prepare(10)
        arm("delay", { seconds = 60, count = 10 })
        local begun
        local code, output = disturbed(1, function(pid)
            begun = os.time()
            signal(pid, "INT")
            process.sleep(0.5)
            signal(pid, "INT")
        end, nil, "--in-flight", "2", "--deadline", "100")
        assert.equal(130, code, output)
        assert.is_true(os.time() - begun < 20)
        tenant.control("POST", "/_tenant/disarm", {})
        local told = apply()
        assert.equal(0, told.code, told.out .. told.err)
        assert.equal(10, links())
    end)

    it("says how far it is when it gets SIGUSR1", function()
        prepare(10)
        arm("delay", { seconds = 1, count = 10 })
        local code, output = disturbed(2, function(pid) signal(pid, "USR1") end, nil, "--in-flight", "2")
        assert.equal(0, code, output)
        assert.truthy(output:find "\nauth0%-accounts: apply: %d+ of 10  ", output)
        assert.is_nil(output:find("\27", 1, true)) -- there is no terminal
    end)

    it("has the journal alone: a second one says so, and changes nothing", function()
        prepare(10)
        arm("delay", { seconds = 1, count = 10 })
        local second
        local code = disturbed(1, function() second = apply() end, nil, "--in-flight", "2")
        assert.equal(0, code)
        assert.equal(1, second.code)
        assert.truthy(second.err:find("another process works with it", 1, true), second.err)
        assert.truthy(second.err:find('"fuser ' .. own.files.journal .. '" names the process', 1, true), second.err)
        assert.equal(10, links())
    end)

    it("stops where there is no room for the journal, loses nothing, and goes on when there is", function()
        prepare(200)
        local output = tenant.run(("(trap '' XFSZ; ulimit -f 1600; %s; echo code $?) 2>&1 | cat"):format(
            command.words(arguments())))
        assert.truthy(output:find("nothing is lost: make room, and give the same command again", 1, true), output)
        assert.truthy(output:find("\ncode 1\n$"), output)
        local before = links()
        assert.is_true(before > 0 and before < 200, before)
        assert.equal(0, apply().code)
        assert.equal(200, links())
    end)

    it("ends with 3 when its token is refused in the middle, and goes on with another one", function()
        prepare(30)
        arm("delay", { seconds = 0.2, count = 100 })
        local token = tenant.token { kind = "machine" }
        local before = linking.token
        linking.token = token
        local code, output = disturbed(3, function()
            tenant.control("POST", "/_tenant/revoke", { token = token })
        end, nil, "--in-flight", "2")
        linking.token = before
        assert.equal(3, code, output)
        assert.is_nil(output:find(token, 1, true))
        tenant.control("POST", "/_tenant/disarm", {})
        assert.equal(0, apply().code)
        assert.equal(30, links())
    end)
end)
