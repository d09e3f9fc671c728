--- One worker of nginx, and what must not disturb it: many calls at once, reloads, clients that go, a tenant that dies.
local linking = require "support.linking"
local nginx = require "support.nginx"
local preloaded = require "support.preloaded"
local process = require "support.process"
local served = require "support.served"
local tenant = require "support.tenant"

if not served.is_possible then return end

describe("inside nginx #load", function()
    setup(linking.start)
    teardown(linking.stop)
    after_each(nginx.stop)

    local function log_of(server)
        return (tenant.run("cat " .. process.quoted(server.dir .. "/error.log")))
    end

    local function check_log(server)
        local log = log_of(server)
        for _, word in ipairs { "[error]", "[alert]", "[crit]", "exited on signal" } do
            assert.falsy(log:find(word, 1, true), log)
        end
        assert.falsy(log:find(linking.token, 1, true))
    end

    -- Everything that was told is what the tenant recorded.
    local function compare(codes, first, last)
        local times = served.recorded()
        for i = first, last do
            assert((times[i] or 0) <= 1, i .. " was linked twice")
            if codes[i] == "linked" then assert.equal(1, times[i], "pair " .. i) end
            if codes[i] ~= "linked" and codes[i] ~= "unknown_outcome" then assert.is_nil(times[i], "pair " .. i) end
        end
    end

    it("64 calls in flight with a tenant 50 ms away get their own answers", function()
        served.seed(400)
        local server = served.start(linking.token, [[correlation_id = "fault=delay;seconds=0.05"]])
        local codes, count = served.told(tenant.run(served.asking(server, 1, 400, 64)))
        assert.equal(400, count)
        for i = 1, 400 do assert.equal("linked", codes[i]) end
        compare(codes, 1, 400)
        served.eventually(2, "no waiter", function() return served.get(server, "/state") == "0 0\n" end)
        check_log(server)
    end)

    it("a reload, three times under load, loses nothing and leaves nothing behind", function()
        served.seed(600)
        local folders = served.folders()
        local server = served.start(linking.token, [[correlation_id = "fault=delay;seconds=0.05"]])
        local output = tenant.run(("(for n in 1 2 3; do sleep 0.4; kill -HUP %s; done) & %s; wait"):format(server.pid,
            served.asking(server, 1, 600, 16)))
        local codes, count = served.told(output)
        assert.equal(600, count)
        for i = 1, 600 do assert.equal("linked", codes[i]) end
        compare(codes, 1, 600)
        served.eventually(10, "one worker", function() return #served.workers(server) == 1 end)
        served.eventually(5, "no folder", function() return served.folders() == folders end)
        check_log(server)
    end)

    -- QUIT while forty calls are under way: what is told of it, and the seconds until nginx has ended.
    local function quit(options)
        served.seed(40)
        local server = served.start(linking.token, options)
        local begun = os.time()
        local output = tenant.run(("(for n in $(seq 100); do %s | grep -q '^40 ' && break; sleep 0.05; done; "
            .. "kill -QUIT %s) & %s; wait; while kill -0 %s 2>/dev/null; do sleep 0.05; done"):format(
            served.getting(server, "/state"), server.pid, served.asking(server, 1, 40, 40), server.pid))
        local codes, count = served.told(output)
        assert.equal(40, count)
        compare(codes, 1, 40)
        return codes, os.time() - begun
    end

    it("QUIT lets calls in flight come to their end", function()
        local codes = quit [[correlation_id = "fault=delay;seconds=1"]]
        for i = 1, 40 do assert.equal("linked", codes[i]) end
    end)

    it("QUIT waits no longer for an answer than until the deadline", function()
        local codes, seconds = quit [[correlation_id = "fault=delay;seconds=20", deadline = 3, attempts = 1]]
        assert.is_true(seconds <= 10, seconds .. " s") -- a busy machine takes longer than three
        for i = 1, 40 do assert.truthy(codes[i] == "unknown_outcome" or codes[i] == "timeout", codes[i]) end
    end)

    for _, setting in ipairs { "on", "off" } do
        it("2000 clients that abort leave nothing behind, with lua_check_client_abort " .. setting, function()
            served.seed(2100)
            local server = served.start(linking.token, [[correlation_id = "fault=delay;seconds=0.05"]],
                "lua_check_client_abort " .. setting .. ";")
            assert.truthy(served.get(server, "/link?i=2100"):find "linked")
            local worker = served.workers(server)[1]
            local _, answered = served.told(tenant.run(served.asking(server, 1, 2000, 100, "--max-time 0.02")
                .. " 2>/dev/null"))
            assert.is_true(answered < 200, answered .. " of 2000 did not abort")
            served.eventually(20, "no waiter", function() return served.get(server, "/state") == "0 0\n" end)
            assert.truthy(served.get(server, "/link?i=2099"):find "linked")
            local times = served.recorded()
            for i = 1, 2000 do assert((times[i] or 0) <= 1) end
            served.eventually(5, "descriptors", function()
                local threads, descriptors = served.open(worker)
                -- nginx's, the engine's and the one that watches; of the engine's connections, at most 100 stay
                return threads == 3 and descriptors < 140
            end)
            tenant.run(("kill -QUIT %s; while kill -0 %s 2>/dev/null; do sleep 0.05; done"):format(server.pid,
                server.pid))
            check_log(server)
        end)
    end

    it("a resolver that hangs and a dead tenant are told in time, and a neighbour does not notice", function()
        local library = preloaded.build "resolver"
        served.seed(1)
        local server = served.start(linking.token,
            [[domain = "hanging.test", resolve = {}, ca_file = nil, connect_timeout = 1, deadline = 2, attempts = 1]],
            nil, nil, "LD_PRELOAD=" .. library)
        local output = tenant.run(("%s & (sleep 0.2; curl -s --noproxy '*' -w 'slowest %%{time_total}\n' -o /dev/null "
            .. "'http://127.0.0.1:%s/fast?[1-300]' --rate 200/s); wait"):format(served.asking(server, 1, 64, 64,
            "-w 'took %{time_total}\n'"), server.port))
        local codes, count = served.told(output)
        assert.equal(64, count)
        for i = 1, 64 do assert.equal("unreachable", codes[i]) end
        local times = 0
        for seconds in output:gmatch "took ([%d.]+)" do
            times = times + 1
            -- Not at once, as where a name is not known: the resolver did hang. Nor when it has come back.
            assert.is_true(tonumber(seconds) > 0.9 and tonumber(seconds) < 3, seconds)
        end
        assert.equal(64, times)
        local slow, asked = 0, 0 -- if one look-up held the worker for its second, 200 would be slow
        for seconds in output:gmatch "slowest ([%d.]+)" do
            asked = asked + 1
            if tonumber(seconds) > 0.05 then slow = slow + 1 end
        end
        assert.equal(300, asked)
        assert.is_true(slow <= 30, slow .. " of 300 requests to a neighbour took more than 50 ms")
        os.remove(library)
        local begun = os.time()
        tenant.run(("kill -QUIT %s; while kill -0 %s 2>/dev/null; do sleep 0.05; done"):format(server.pid, server.pid))
        assert.is_true(os.time() - begun < 10, "QUIT waits for the resolver")
    end)

    it("eight workers started cold with a token_file fetch one token", function()
        served.seed(1000)
        local file = os.tmpname()
        os.remove(file)
        local server = served.start(linking.token, ([[client_id = "mockclient", client_secret = "mocksecret",
            token_file = "%s", audience = "https://%s/api/v2/"]]):format(file, tenant.domain), nil,
            nil, nil, 8)
        local output = tenant.run(served.asking(server, 1, 1000, 300, "-i"))
        local codes, count = served.told(output)
        assert.equal(1000, count)
        for i = 1, 1000 do assert.equal("linked", codes[i]) end
        local workers, several = {}, 0
        for pid in output:gmatch "X%-Worker: (%d+)" do
            if not workers[pid] then workers[pid], several = true, several + 1 end
        end
        assert.is_true(several > 1, several .. " worker served them all")
        assert.equal(1, tenant.record().requests["POST /oauth/token"])
        os.remove(file)
        check_log(server)
    end)
end)
