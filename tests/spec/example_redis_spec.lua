--- The example of a token that hosts share through Redis: an nginx of its own is a host.
local canned = require "support.canned"
local linking = require "support.linking"
local nginx = require "support.nginx"
local redis = require "support.redis"
local served = require "support.served"
local tenant = require "support.tenant"

if not served.is_possible then return end

local KEY = "auth0:example"

-- One connection whose replies are written down: for orders of events that a real Redis shows once in a while.
local function with_replies(replies, body)
    local seen = { sent = {} }
    local socket = { settimeouts = function() end, getreusedtimes = function() return 0 end }
    function socket.connect() return true end
    function socket.send(_, text) seen.sent[#seen.sent + 1] = text:match "\r\n(%u+)\r\n" return #text end
    function socket.receive(_, what)
        local reply = table.remove(replies, 1)
        if reply == "timeout" then return nil, reply end
        return what == "*l" and reply or reply .. "\r\n"
    end
    function socket.close() seen.ending = "closed" end
    function socket.setkeepalive() seen.ending = "kept" end
    rawset(_G, "ngx", { socket = { tcp = function() return socket end }, now = os.time,
        sleep = function() end, worker = { pid = function() return 1 end } })
    local path = package.path
    package.path = "tests/examples/?.lua;" .. path
    local done, fault = pcall(body, seen)
    package.path, package.loaded.redis_token, package.loaded.resp = path, nil, nil
    rawset(_G, "ngx", nil)
    assert(done, fault)
end

local function new_token(fetch)
    return require("redis_token").new { address = { "redis.test", 1 }, key = "t", fetch = fetch }
end

describe("a token function over Redis", function()
    it("looks once more when it has the lock: another may have stored a token since", function()
        with_replies({ "$-1", "+OK", "$6", "theirs", ":600000", ":1" }, function(seen)
            assert.same({ "theirs", 600 }, { new_token(function() error "fetched" end)() })
            assert.same({ "GET", "SET", "GET", "PTTL", "EVAL" }, seen.sent)
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
            assert.same({ nil, "fetch raised: no network" }, { token, message })
            assert.equal("EVAL", seen.sent[#seen.sent])
        end)
    end)

    it("does not use what has no end: it is not of this function's", function()
        with_replies({ "$1", "x", ":-1", "+OK", "$1", "x", ":-1", "+OK", ":1" }, function()
            assert.same({ "new", 60 }, { new_token(function() return "new", 60 end)() })
        end)
    end)
end)

describe("the example of a token in Redis #load", function()
    local store, examples

    setup(function()
        linking.start()
        store = redis.start()
        examples = tenant.run("pwd"):match "[^\n]+" .. "/tests/examples/?.lua;"
    end)

    teardown(function()
        redis.stop()
        linking.stop()
    end)

    before_each(function() redis.ask(store, "FLUSHALL") end)
    after_each(nginx.stop)

    local function trusting() return ("lua_ssl_trusted_certificate %s;"):format(tenant.ca) end

    -- Lua, a function that asks the tenant for a token.
    local function fetch(more)
        return ([[require("oauth_token").new { domain = %q, address = "127.0.0.1", client_id = "mockclient",
            client_secret = "mocksecret", %s }]]):format(tenant.domain, more or "")
    end

    ---@param fetching string Lua
    ---@param more? string Lua, more options of redis_token
    ---@param main? string of the http block
    ---@param locations? string more of the server block
    local function start(fetching, more, main, locations)
        return served.start(linking.token, "token = shared_token, deadline = 20", locations, main or trusting(), nil, 1,
            ([[package.path = %q .. package.path
            fetch = %s
            shared_token = require("redis_token").new { address = { "unix:%s" }, key = %q, fetch = fetch, %s }]])
            :format(examples, fetching, store.socket, KEY, more or ""))
    end

    -- How often the tenant was asked for a token.
    local function fetched()
        return tenant.record().requests["POST /oauth/token"] or 0
    end

    local function link(server, i)
        return (served.get(server, "/link?i=" .. (i or 1)))
    end

    it("one host fetches, and all use it", function()
        served.seed(60)
        local one, other = start(fetch()), start(fetch())
        local output = tenant.run(("{ %s & %s & wait; }"):format(served.asking(one, 1, 30, 30),
            served.asking(other, 31, 60, 30)))
        local codes, count = served.told(output)
        assert.equal(60, count)
        for i = 1, 60 do assert.equal("linked", codes[i]) end
        assert.equal(1, fetched())
        assert.equal("0", redis.ask(store, "EXISTS", KEY .. ":lock"))
        local left = tonumber(redis.ask(store, "TTL", KEY))
        assert.is_true(left > 86000 and left <= 86400, left)
    end)

    it("a host that comes later fetches nothing", function()
        served.seed(1)
        redis.ask(store, "SET", KEY, linking.token, "EX", "600")
        assert.truthy(link(start(fetch())):find "^1 linked")
        assert.equal(0, fetched())
    end)

    it("a token that the tenant refuses is fetched anew, by one host", function()
        served.seed(40)
        redis.ask(store, "SET", KEY, "eyJhbGciOiJSUzI1NiJ9.e30.AAAA", "EX", "600")
        local one, other = start(fetch()), start(fetch())
        local codes, count = served.told(tenant.run(("{ %s & %s & wait; }"):format(served.asking(one, 1, 20, 20),
            served.asking(other, 21, 40, 20))))
        assert.equal(40, count)
        for i = 1, 40 do assert.equal("linked", codes[i]) end
        assert.equal(1, fetched())
    end)

    it("the lock of a host that died ends by itself", function()
        served.seed(1)
        redis.ask(store, "SET", KEY .. ":lock", "of another", "PX", "1500")
        assert.truthy(link(start(fetch())):find "^1 linked")
        assert.equal(1, fetched())
    end)

    it("the lock of another is not taken away", function()
        served.seed(1)
        -- While this one fetches its lock ends, and another takes it.
        local server = start(([[function()
            local resp = require "resp"
            resp.connect({ "unix:%s" }):ask("SET", "%s:lock", "of another")
            return %q, 60
        end]]):format(store.socket, KEY, linking.token))
        assert.truthy(link(server):find "^1 linked")
        assert.equal("of another", redis.ask(store, "GET", KEY .. ":lock"))
    end)

    for name, fetching in pairs { ["says why not"] = [[function() return nil, "there is no token today" end]],
        raises = [[function() error("there is no token today", 0) end]] } do
        it("a fetch that " .. name .. " is told, and leaves no lock", function()
            served.seed(1)
            local told = link(start(fetching))
            assert.truthy(told:find("there is no token today", 1, true), told)
            assert.equal("0", redis.ask(store, "EXISTS", KEY .. ":lock", KEY))
        end)
    end

    it("a fetch without a life is told", function()
        served.seed(1)
        local told = link(start [[function() return "x" end]])
        assert.truthy(told:find("no life in seconds", 1, true), told)
    end)

    -- What is told of it varies: see oauth_token.lua.
    it("a certificate that no CA vouches for gets no secret", function()
        served.seed(1)
        local told = link(start(fetch(), nil, "lua_ssl_verify_depth 1;"))
        assert.truthy(told:find("no token: the token endpoint: ", 1, true), told)
        assert.equal(0, fetched())
    end)

    it("a certificate of another host gets no secret", function()
        served.seed(1)
        local told = link(start(fetch(('domain = "other.example:%s"'):format(tenant.port))))
        assert.truthy(told:find("no token: the token endpoint: ", 1, true), told)
        assert.equal(0, fetched())
    end)

    it("a wrong secret is told by the tenant's word, and not shown", function()
        served.seed(1)
        local server = start(fetch 'client_secret = "not-the-secret"')
        local told = link(server)
        assert.truthy(told:find("refused (status 401, access_denied)", 1, true), told)
        local log = tenant.run(("cat %s/error.log"):format(server.dir))
        assert.falsy((told .. log):find("not-the-secret", 1, true))
    end)

    it("an endpoint that quotes the secret is not quoted", function()
        canned.start()
        local server = start(fetch(("domain = %q"):format(canned.options().domain)), nil, nil,
            "location /fetch { content_by_lua_block { ngx.say((select(2, fetch()))) } }")
        for word, expected in pairs { mocksecret = "no reason given", mocksecre = "no reason given",
            is_mocksecret_wrong = "no reason given", [("x"):rep(65)] = "no reason given", busy = "busy" } do
            canned.answer(401, ('{"error":"%s"}'):format(word))
            local told = served.get(server, "/fetch")
            assert.equal(("the token endpoint: refused (status 401, %s)\n"):format(expected), told)
        end
    end)

    it("a Redis that is gone is told in a sentence", function()
        served.seed(1)
        local told = link(start(fetch(), 'address = { "unix:/nonexistent/redis.sock" }'))
        assert.truthy(told:find("Redis: no such file or directory", 1, true), told)
    end)

    it("a password is used, and a wrong one is told and not shown", function()
        served.seed(2)
        redis.ask(store, "CONFIG", "SET", "requirepass", "of-redis")
        local right = link(start(fetch(), 'password = "of-redis"'))
        local wrong = link(start(fetch(), 'password = "not-of-redis"'), 2)
        local none = link(start(fetch()), 2)
        redis.ask(store, "-a", "of-redis", "--no-auth-warning", "CONFIG", "SET", "requirepass", "")
        assert.truthy(right:find "^1 linked", right)
        assert.truthy(wrong:find("Redis: WRONGPASS", 1, true), wrong)
        assert.falsy(wrong:find("not-of-redis", 1, true), wrong)
        assert.truthy(none:find("Redis: NOAUTH", 1, true), none)
    end)

    it("a connection that a password has opened serves no other password, and none without", function()
        redis.ask(store, "CONFIG", "SET", "requirepass", "of-redis")
        local server = start(fetch(), nil, nil, ([[location /three { content_by_lua_block {
            for _, password in ipairs { "of-redis", "of-redis", "not-of-redis", false } do
                local redis, fault = require("resp").connect({ "unix:%s" }, password)
                local answer
                if redis then
                    answer, fault = redis:ask("ECHO", "in " .. redis.socket:getreusedtimes())
                    redis:leave()
                end
                ngx.say(answer or fault)
            end
        } }]]):format(store.socket))
        local told = served.get(server, "/three")
        redis.ask(store, "-a", "of-redis", "--no-auth-warning", "CONFIG", "SET", "requirepass", "")
        assert.equal("in 0\nin 1\nRedis: WRONGPASS\nRedis: NOAUTH\n", told)
    end)

    it("a Redis that quotes the password is not quoted", function()
        served.seed(1)
        local odd = redis.start "--rename-command AUTH ''"
        local told = link(start(fetch(), ('address = { "unix:%s" }, password = "of-redis"'):format(odd.socket)))
        assert.truthy(told:find("Redis: ERR", 1, true), told)
        assert.falsy(told:find("of-redis", 1, true), told)
    end)

    -- The next would take the late answer for its own: a lock's for a token.
    it("a connection whose answer is late is not used again", function()
        local server = start(fetch(), nil, nil, ([[location /late { content_by_lua_block {
            local function ask(text)
                local redis = require("resp").connect { "unix:%s" }
                local answer, fault = redis:ask("ECHO", text)
                redis:leave()
                ngx.say(answer or fault)
            end
            ask "first" ask "second"
        } }]]):format(store.socket))
        local told = tenant.run(("kill -STOP %s; curl -s --noproxy '*' http://127.0.0.1:%s/late & sleep 1.5; "
            .. "kill -CONT %s; wait"):format(store.pid, server.port, store.pid))
        assert.equal("Redis: timeout\nsecond\n", told)
    end)
end)
