--- apply over TLS, where its surroundings fail: the tenant is gone, the clock is set, the disk is full, the token has
--- expired. Each ends with a sentence and an exit code, and the same command goes on.
local command = require "support.command"
local linking = require "support.linking"
local own = require "support.apply_process"
local preloaded = require "support.preloaded"
local process = require "support.process"
local tenant = require "support.tenant"

setup(linking.start)
teardown(linking.stop)
after_each(own.clean)

-- All processes of the tenant's.
local function all(which)
    tenant.run(("kill -%s -%s"):format(which, tenant.pid))
end

local function assert_goes_on(links)
    local told = own.run()
    assert.equal(0, told.code, told.out .. told.err)
    assert.same({ made = links }, own.states())
    assert.equal(links, own.links())
end

describe("apply over TLS #load", function()
    it("ends where the tenant falls silent, and goes on when it is back", function()
        own.prepare(60)
        own.arm("delay", { seconds = 0.2, count = 10 })
        local code, output = own.disturbed(2, function(pid)
            all "STOP"
            tenant.run(("while kill -0 %s; do sleep 0.1; done 2>/dev/null"):format(pid))
            all "CONT"
        end, nil, "--in-flight", "2", "--deadline", "4")
        assert.equal(1, code, output) -- what was under way may have been carried out
        assert.truthy(output:find "did not answer in time .*: the same command finds it out", output)
        assert.is_true(own.states().waiting > 0)
        assert_goes_on(60)
    end)

    local with_clock = preloaded.is_possible and it or pending

    for _, seconds in ipairs { 3600, -3600 } do
        with_clock(("goes on where this machine's clock is set by %d s meanwhile"):format(seconds), function()
            local library, file = preloaded.build "wall_clock", command.new_name()
            own.prepare(60)
            own.arm("delay", { seconds = 0.3, count = 10 })
            local words = process.environment { LD_PRELOAD = library, AUTH0_WALL_CLOCK = file }
            local code, output = own.disturbed(2, function()
                os.rename(process.file(("%d\n"):format(seconds)), file)
            end, words, "--in-flight", "2")
            os.remove(library)
            os.remove(file)
            assert.equal(0, code, output)
            assert.equal(60, own.links())
            assert_goes_on(60)
        end)
    end

    it("stops where its disk is full, loses nothing, and goes on when there is room", function()
        if select(2, tenant.run "unshare -rm true 2>/dev/null") ~= 0 then return pending "needs unshare -rm" end
        own.prepare(200)
        local folder = command.new_name()
        own.files.journal = folder .. "/journal"
        local words = command.words(own.arguments())
        local output, code = tenant.run("unshare -rm sh -c " .. process.quoted(([[mkdir %s
            mount -t tmpfs -o size=1200k none %s
            %s; echo "first $?"
            mount -o remount,size=64m %s
            %s; echo "second $?"]]):format(folder, folder, words, folder, words)) .. " 2>&1; rmdir " .. folder)
        assert.equal(0, code, output)
        assert.truthy(output:find("no room is left for it (database or disk is full); nothing is lost: make room, and "
            .. "give the same command again\nfirst 1\n", 1, true), output)
        assert.truthy(output:find("made 200\nsecond 0\n$"), output)
        assert.equal(200, own.links())
    end)

    it("ends with 3 where the token has expired, and goes on with another one", function()
        own.prepare(30)
        own.arm("delay", { seconds = 0.5, count = 100 })
        local before = linking.token
        linking.token = tenant.token { kind = "machine", expires_in = 2 }
        local told = own.run("--in-flight", "2")
        linking.token = before
        assert.equal(3, told.code, told.out .. told.err)
        -- the tenant says so, or the client, which knows the tenant's clock
        assert.truthy(told.out:find "[Ee]xpired.*: get a new one", told.out)
        tenant.control("POST", "/_tenant/disarm", {})
        assert_goes_on(30)
    end)
end)
