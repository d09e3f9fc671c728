--- What calls do in nginx's phases, in the process that reads the configuration, and without a shared Lua state.
local auth0 = require "auth0"
local linking = require "support.linking"
local nginx = require "support.nginx"
local process = require "support.process"
local served = require "support.served"
local tenant = require "support.tenant"

describe("in a phase of nginx that cannot wait", function()
    setup(linking.start)
    teardown(linking.stop)
    before_each(function() linking.reset() end)
    after_each(function() rawset(_G, "ngx", nil) end)

    for _, goal in ipairs { "link", "unlink" } do
        it(goal .. " raises, blames the caller's line, and sends nothing #plain", function()
            rawset(_G, "ngx", { get_phase = function() return "log" end })
            local line
            local done, message = pcall(function()
                line = debug.getinfo(1, "l").currentline; auth0[goal](linking.options())
            end)
            rawset(_G, "ngx", nil)
            assert.is_false(done)
            local where = ("%s:%d: auth0.%s "):format(debug.getinfo(1, "S").short_src, line, goal)
            assert.equal(where, message:sub(1, #where))
            assert.truthy(message:find("phase \"log\", and nothing was sent", 1, true), message)
            assert.truthy(message:find("ngx.timer.at", 1, true), message)
            assert.same({ changes = {}, connections = 0, requests = {} }, tenant.record())
        end)
    end

    it("is told from those that can, the newest among them #plain", function()
        for _, phase in ipairs { "content", "precontent", "proxy_ssl_cert" } do
            rawset(_G, "ngx", { get_phase = function() return phase end })
            local good, message = pcall(require("auth0.loop.nginx").check, "auth0.link", 1)
            rawset(_G, "ngx", nil)
            assert.is_true(good, message)
        end
    end)

    it("something else that is called ngx is no hindrance #plain", function()
        for _, other in ipairs { {}, "ngx", 1 } do
            rawset(_G, "ngx", other)
            linking.reset()
            local identities, message = linking.link()
            rawset(_G, "ngx", nil)
            assert.is_table(identities, message)
        end
    end)

    it("loading the module alone raises nothing", function()
        local output, status = process.run([[ngx = { get_phase = function() return "init" end }
            io.write(type(require("auth0").link))]])
        assert.same({ "function", 0 }, { output, status })
    end)
end)

if not served.is_possible then return end

describe("inside nginx", function()
    setup(linking.start)
    teardown(linking.stop)
    after_each(nginx.stop)

    local function ask(more, main, path, init)
        served.seed(2)
        local server = served.start(linking.token, "", more, main, nil, nil, init)
        return served.get(server, path or "/try"), server
    end

    for phase, handler in pairs {
        rewrite = "rewrite_by_lua_block { ngx.say(try()) ngx.exit(200) }",
        access = "access_by_lua_block { ngx.say(try()) ngx.exit(200) }",
        content = "content_by_lua_block { ngx.say(try()) }",
        timer = [[content_by_lua_block {
            local told
            ngx.timer.at(0, function() told = try() end)
            while not told do ngx.sleep(0.01) end
            ngx.say(told)
        }]],
    } do
        it("it links in the phase " .. phase, function()
            local output = ask(("location /try { %s }"):format(handler), [[
                init_worker_by_lua_block {
                    function try()
                        local options = tenant_options { primary = "auth0|p1", secondary = "google-oauth2|s1" }
                        local identities, message = require("auth0").link(options)
                        return identities and "linked " .. #identities or message
                    end
                }]])
            assert.equal("linked 2\n", output)
        end)
    end

    for phase, handler in pairs {
        set = [[set_by_lua_block $told { return try() } content_by_lua_block { ngx.say(ngx.var.told) }]],
        header_filter = [[content_by_lua_block { ngx.say "" }
            header_filter_by_lua_block { ngx.header["X-Told"] = try() }]],
    } do
        it("it refuses in the phase " .. phase .. ", and says what to do", function()
            local _, server = ask(("location /try { %s }"):format(handler), [[
                init_worker_by_lua_block {
                    function try()
                        local options = tenant_options { primary = "auth0|p1", secondary = "google-oauth2|s1" }
                        return (tostring(select(2, pcall(require("auth0").link, options))):gsub("\n", " "))
                    end
                }]])
            local output = tenant.run(("curl -s -i --noproxy '*' http://127.0.0.1:%s/try"):format(server.port))
            assert.truthy(output:find("nothing was sent", 1, true), output)
            assert.equal(0, tenant.record().connections)
        end)
    end

    it("it links in the phase ssl_certificate, before there is a request", function()
        served.seed(1)
        local certificate = ("ssl_certificate %s/server.pem; ssl_certificate_key %s/server.key;"):format(tenant.dir,
            tenant.dir)
        local server = nginx.start(([[
            lua_package_path "%s";
            lua_package_cpath "%s";
            server {
                listen 127.0.0.1:@PORT@ ssl;
                %s
                ssl_certificate_by_lua_block {
                    local identities, message = require("auth0").link { domain = "%s", resolve = { "%s" },
                        ca_file = "%s", proxy = false, token = "%s", primary = "auth0|p1",
                        secondary = "google-oauth2|s1" }
                    require("cjson").told = identities and "linked " .. #identities or message
                }
                location / { content_by_lua_block { ngx.say(require("cjson").told) } }
            }]]):format(nginx.path, nginx.cpath, certificate, tenant.domain, tenant.resolve, tenant.ca,
            linking.token))
        assert.equal("linked 2\n", (tenant.run(("curl -s -S -k --noproxy '*' https://127.0.0.1:%s/")
            :format(server.port))))
    end)

    it("between it and nginx stands C: it says that no call can wait there, and what may have been done", function()
        local output = ask [[location /try { content_by_lua_block {
            local tenant = require("auth0").tenant(tenant_options {})
            local good, message = pcall(table.sort, { 1, 2 }, function()
                tenant:link("auth0|p1", "google-oauth2|s1")
                return false
            end)
            ngx.say(tostring(good), " ", message)
        } }]]
        assert.truthy(output:find("false auth0: this call may have been carried out, but its answer cannot be "
            .. "waited for here", 1, true), output)
    end)

    it("a tenant that was made in init_by_lua is refused in a worker, with a sentence that says so", function()
        local output = ask([[location /try { content_by_lua_block {
            ngx.say((select(2, pcall(early.link, early, "auth0|p1", "google-oauth2|s1"))))
        } }]], nil, "/try", 'early = require("auth0").tenant { domain = "tenant.test", token = "x" }')
        assert.truthy(output:find("was made before a fork, by another process: make one in this process", 1, true),
            output)
        assert.equal(0, tenant.record().connections)
    end)

    it("without a Lua state that requests share, every request has its own, and leaves nothing", function()
        served.seed(20)
        local server = served.start(linking.token, "", "lua_code_cache off;")
        for i = 1, 20 do
            assert.truthy(served.get(server, "/link?i=" .. i):find "linked 2")
        end
        local worker = served.workers(server)[1]
        served.eventually(5, "two threads", function()
            local threads, descriptors = served.open(worker)
            return threads <= 3 and descriptors < 40
        end)
    end)

    it("where no Unix socket can be had, a timer looks every millisecond", function()
        local output = ask([[location /try { content_by_lua_block {
            shared = require("auth0").tenant(tenant_options {})
            local real = shared.calls.engine
            shared.calls.engine = setmetatable({ bell_open = function() return nil, "no folder" end },
                { __index = function(_, name) return function(_, ...) return real[name](real, ...) end end })
            local identities, message = shared:link("auth0|p1", "google-oauth2|s1")
            ngx.say(identities and "linked" or message)
        } }]])
        assert.equal("linked\n", output)
    end)

    it("a token function may wait; a call of its own tenant in it is refused", function()
        local output = ask([[location /try { content_by_lua_block {
            local tenant
            tenant = require("auth0").tenant(tenant_options { token = function()
                own = select(2, pcall(tenant.user, tenant, "auth0|p1"))
                ngx.sleep(0.05)
                return "@TOKEN@", 3600
            end })
            local threads = {}
            for i = 1, 2 do
                threads[i] = ngx.thread.spawn(function() return tenant:link("auth0|p" .. i, "google-oauth2|s" .. i) end)
            end
            for i = 1, 2 do
                local _, identities, message = ngx.thread.wait(threads[i])
                ngx.say(identities and "linked" or message)
            end
            ngx.say(own)
            tenant:close()
        } }]])
        assert.truthy(output:find("^linked\nlinked\nauth0: a token function makes no call of its own tenant"), output)
    end)

    it("a token function that hangs is given as long as one exchange", function()
        local output = ask([[location /try { content_by_lua_block {
            local tenant = require("auth0").tenant(tenant_options { attempt_timeout = 0.3, deadline = 2,
                token = function() ngx.sleep(30) end })
            local _, message, failure = tenant:link("auth0|p1", "google-oauth2|s1")
            ngx.say(failure.code, " ", message)
            tenant:close()
        } }]])
        assert.truthy(output:find "did not answer within attempt_timeout", output)
    end)

    it("where nginx drops the timer of a token function, it runs beside the calls that wait", function()
        local output = ask([[location /try { content_by_lua_block {
            local tenant = require("auth0").tenant(tenant_options { attempt_timeout = 4, token = function()
                ngx.sleep(0.1)
                return "@TOKEN@", 3600
            end })
            for i = 1, 2 do
                local identities, message = tenant:link("auth0|p" .. i, "google-oauth2|s" .. i)
                ngx.say(identities and "linked" or message)
            end
            tenant:close()
        } }]], "lua_max_running_timers 1;")
        assert.equal("linked\nlinked\n", output)
    end)

    it("the clock of the day is set back while nginx drops timers, and no call waits longer for that", function()
        local output = ask([[location /try { content_by_lua_block {
            local tenant = require("auth0").tenant(tenant_options { attempt_timeout = 4,
                token = function() return "@TOKEN@", 3600 end })
            local real, began = ngx.now, ngx.now()
            ngx.now = function() return real() - (real() - began > 0.1 and 3600 or 0) end
            ngx.timer.at(0, function() ngx.sleep(4) end)
            ngx.sleep(0.01)
            local waiting = ngx.thread.spawn(tenant.link, tenant, "auth0|p1", "google-oauth2|s1")
            ngx.thread.spawn(function()
                ngx.sleep(6)
                if coroutine.status(waiting) ~= "zombie" then ngx.say("waits for ever") ngx.exit(200) end
            end)
            local _, identities, message = ngx.thread.wait(waiting)
            ngx.update_time()
            ngx.say(identities and "linked" or message, " ", real() - began < 3)
            ngx.exit(200)
        } }]], "lua_max_running_timers 1;")
        assert.equal("linked true\n", output)
    end)

    it("where nginx drops the timer that was to hear of news, a call that waits does so", function()
        local output = ask([[location /try { content_by_lua_block {
            local tenant = require("auth0").tenant(tenant_options { deadline = 5 })
            ngx.timer.at(0, function() ngx.sleep(3) end)
            ngx.sleep(0.01)
            for i = 1, 2 do
                local begun = ngx.now()
                local identities, message = tenant:link("auth0|p" .. i, "google-oauth2|s" .. i)
                ngx.update_time()
                ngx.say(identities and "linked" or message, " ", ngx.now() - begun < (i == 1 and 2 or 0.5))
            end
            tenant:close()
        } }]], "lua_max_running_timers 1;", "/try")
        assert.equal("linked true\nlinked true\n", output)
    end)

    -- Within five seconds of QUIT: "ended", or nginx's log.
    local function quit(server)
        return (tenant.run(("kill -QUIT %s; for try in $(seq 100); do kill -0 %s 2>/dev/null || break; sleep 0.05; "
            .. "done; kill -0 %s 2>/dev/null && cat %s/error.log || echo ended"):format(server.pid, server.pid,
            server.pid, process.quoted(server.dir))))
    end

    it("a token that comes after the call has ended keeps no worker", function()
        local output, server = ask([[location /try { content_by_lua_block {
            shared = require("auth0").tenant(tenant_options { deadline = 0.2,
                token = function() ngx.sleep(0.5) return "@TOKEN@", 3600 end })
            local _, _, failure = shared:link("auth0|p1", "google-oauth2|s1")
            ngx.say(failure.code)
            ngx.sleep(0.8)
        } }]])
        assert.equal("timeout\n", output)
        assert.equal("ended\n", quit(server))
    end)

    it("where nginx drops timers, none keeps a worker", function()
        local output, server = ask([[location /try { content_by_lua_block {
            shared = require("auth0").tenant(tenant_options {})
            local identities, message = shared:link("auth0|p1", "google-oauth2|s1")
            ngx.say(identities and "linked" or message)
            ngx.sleep(0.4)
        } }]], "lua_max_running_timers 1;")
        assert.equal("linked\n", output)
        assert.equal("ended\n", quit(server))
    end)

    it("others have their turns while the rows of an export are read", function()
        served.seed(0)
        for from = 1, 400, 200 do
            local accounts = {}
            for i = from, from + 199 do
                accounts[#accounts + 1] = { user_id = "github|" .. i, name = ("n"):rep(1000) }
            end
            tenant.control("POST", "/_tenant/users", accounts)
        end
        tenant.configure { export_pending = 0, export_processing = 0 }
        local server = served.start(linking.token, "", [[location /try { content_by_lua_block {
            local tenant = require("auth0").tenant(tenant_options {})
            local turns, at_first, rows = 0, nil, 0
            local other = ngx.thread.spawn(function() while true do ngx.sleep(0.001) turns = turns + 1 end end)
            local _, fault = pcall(function()
                for _ in tenant:export() do
                    at_first, rows = at_first or turns, rows + 1
                end
            end)
            ngx.thread.kill(other)
            ngx.say(rows, " ", fault or turns - at_first >= 3)
            tenant:close()
        } }]])
        assert.equal("400 true\n", served.get(server, "/try"))
    end)

    it("a mock answers where nothing can wait", function()
        local output = ask([[location /try { set_by_lua_block $told {
            local mock = require("auth0.mock").new()
            mock:add_user { user_id = "auth0|1" }
            local tenant = require("auth0").tenant { mock = mock, domain = mock.domain,
                token = mock:token { kind = "machine" } }
            local user, message = tenant:user "auth0|1"
            return user and user.user_id or message
        } content_by_lua_block { ngx.say(ngx.var.told) } }]])
        assert.equal("auth0|1\n", output)
    end)
end)
