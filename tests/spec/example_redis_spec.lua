--- The example of a token that hosts share through Redis, with two workers of nginx as the hosts.
local linking = require "support.linking"
local nginx = require "support.nginx"
local process = require "support.process"
local served = require "support.served"
local tenant = require "support.tenant"

if not served.is_possible then return end

-- One connection whose replies are written down: for orders of events that a real Redis shows once in a while.
local function with_replies(replies, body)
    local seen = { sent = {} }
    local socket = { settimeouts = function() end, getreusedtimes = function() return 0 end }
    function socket.connect() return true end
    function socket.send(_, text) seen.sent[#seen.sent + 1] = text:match "\r\n(%u+)\r\n" return #text end
    function socket.receive(_, what)
        if what == 2 then return "\r\n" end
        local reply = table.remove(replies, 1)
        if reply == "timeout" then return nil, reply end
        return reply
    end
    function socket.close() seen.ending = "closed" end
    function socket.setkeepalive() seen.ending = "kept" end
    rawset(_G, "ngx", { socket = { tcp = function() return socket end }, time = os.time, now = os.time,
        sleep = function() end, worker = { pid = function() return 1 end } })
    local done, fault = pcall(body, seen)
    rawset(_G, "ngx", nil)
    assert(done, fault)
end

local function new_token(fetch)
    return assert(loadfile "tests/examples/redis_token.lua")().new { address = { "redis.test", 1 }, key = "t",
        fetch = fetch }
end

describe("a token function over Redis", function()
    it("looks once more when it has the lock: another may have stored a token since", function()
        local value = os.time() + 600 .. " theirs"
        with_replies({ "$-1", "+OK", "$" .. #value, value, ":1" }, function(seen)
            local token, life = new_token(function() error "fetched" end)()
            assert.equal("theirs", token)
            assert.truthy(life > 590)
            assert.same({ "GET", "SET", "GET", "EVAL" }, seen.sent)
            assert.equal("kept", seen.ending)
        end)
    end)

    it("keeps no connection on which a reply is still to come: it would be another's", function()
        with_replies({ "timeout" }, function(seen)
            local token, message = new_token(function() return "x", 60 end)()
            assert.same({ nil, "Redis: timeout", "closed" }, { token, message, seen.ending })
        end)
    end)

    it("gives the lock back when the fetch raises", function()
        with_replies({ "$-1", "+OK", "$-1", ":1" }, function(seen)
            local token, message = new_token(function() error("no network", 0) end)()
            assert.same({ nil, "no network" }, { token, message })
            assert.equal("EVAL", seen.sent[#seen.sent])
        end)
    end)
end)

describe("the example of a token in Redis", function()
    local dir, pid

    setup(function()
        linking.start()
        dir = tenant.run("mktemp -d"):match "[^\n]+"
        pid = tenant.run(("redis-server --port 0 --unixsocket %s/redis.sock --save '' --dir %s --logfile %s/log "
            .. ">/dev/null 2>&1 & echo $!"):format(dir, dir, dir)):match "%d+"
        served.eventually(10, "Redis", function()
            local _, status = tenant.run(("test -S %s/redis.sock"):format(dir))
            return status == 0
        end)
    end)

    teardown(function()
        tenant.run(("kill %s; rm -rf %s"):format(pid, process.quoted(dir)))
        linking.stop()
    end)

    after_each(nginx.stop)

    local function start(fetch)
        local examples = tenant.run("pwd"):match "[^\n]+" .. "/tests/examples/?.lua;"
        return served.start(linking.token, [[token = shared_token]], nil, nil, nil, 2,
            ([[package.path = %q .. package.path
            fetches = 0
            shared_token = require("redis_token").new { address = { "unix:%s/redis.sock" }, key = "token",
                fetch = function() %s end }]]):format(examples, dir, fetch))
    end

    it("one host fetches, and all use it", function()
        served.seed(60)
        local token = linking.token
        local fetched = os.tmpname()
        local server = start(([[ngx.sleep(0.2) local f = io.open(%q, "a") f:write "x" f:close()
            return %q, 3600]]):format(fetched, token))
        local codes, count = served.told(tenant.run(served.asking(server, 1, 60, 30)))
        assert.equal(60, count)
        for i = 1, 60 do assert.equal("linked", codes[i]) end
        assert.equal("1\n", (tenant.run("wc -c <" .. fetched)))
        os.remove(fetched)
    end)

    it("a Redis that is gone is told in a sentence", function()
        served.seed(1)
        local server = served.start(linking.token, [[token = shared_token]], nil, nil, nil, 1,
            ([[package.path = %q .. package.path
            shared_token = require("redis_token").new { address = { "unix:%s/none.sock" }, key = "t",
                fetch = function() return "x", 60 end }]]):format(tenant.run("pwd"):match "[^\n]+"
                .. "/tests/examples/?.lua;", dir))
        local output = served.get(server, "/link?i=1")
        assert.truthy(output:find("Redis: no such file or directory", 1, true), output)
    end)
end)
