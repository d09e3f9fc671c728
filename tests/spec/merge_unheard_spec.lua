--- A merge whose caller goes away in the middle: by Ctrl-C, by a coroutine that ends, by a tenant that is closed, by a
--- client of nginx that hangs up. What was approved goes on to its end; what was not changes nothing.
local auth0 = require "auth0"
local linking = require "support.linking"
local loop = require "auth0.loop"
local loops = require "support.loops"
local process = require "support.process"
local served = require "support.served"
local tenant = require "support.tenant"

local PRIMARY, SECONDARY = "auth0|p1", "google-oauth2|s1"
local METADATA = { size = 7 }

local function reset()
    tenant.reset { { user_id = PRIMARY }, { user_id = SECONDARY, user_metadata = METADATA } }
    tenant.configure { rates = { global = { rate = 100000, per = 1, burst = 100000 } } }
end

-- The changes so far, as words: they come in this order, or not at all.
local function changes()
    local kinds = {}
    for i, change in ipairs(tenant.record().changes) do kinds[i] = change.kind end
    return table.concat(kinds, " ")
end

local function eventually_merged()
    served.eventually(10, "the merge", function() return changes() == "update link" end)
end

local function slow(method, seconds)
    tenant.arm { fault = "delay", seconds = seconds, method = method, count = 10 }
end

local function options(fields)
    local all = { domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca, proxy = false,
        token = linking.token }
    for name, value in pairs(fields or {}) do all[name] = value end
    return all
end

describe("a merge whose caller goes away", function()
    setup(linking.start)
    teardown(linking.stop)
    before_each(reset)

    loops.each(pending, function(name)
        if name == "plain" then return end
        local own = { loop = name }

        it("goes on when the tenant is closed in the middle, in " .. name, function()
            slow("PATCH", 0.5)
            loops.run(name, function()
                local at = auth0.tenant(options(own))
                local told
                auth0.each({ 1, 2 }, 2, function(i)
                    if i == 2 then
                        served.eventually(5, "the patch", function()
                            at:stats() -- it is open
                            return at.calls.engine:stats().exchanges >= 3
                        end)
                        return at:close()
                    end
                    told = { at:merge(PRIMARY, SECONDARY, { proof = "operator", checks = {} }) }
                end)
                assert.is_table(told[1], told[2])
            end)
            assert.equal("update link", changes())
        end)

        it("whose on_receipt raises, also after it has waited, changes nothing and frees its accounts, in " .. name,
            function()
                local thing, raised = {}, nil
                loops.run(name, function()
                    local at = auth0.tenant(options(own))
                    for _, waits in ipairs { false, true } do
                        local good
                        good, raised = loop.protect(at.calls, function()
                            at:merge(PRIMARY, SECONDARY, { proof = "operator", checks = {}, on_receipt = function()
                                if waits then assert(at:user(PRIMARY)) end
                                error(thing)
                            end })
                        end)
                        assert.same({ false, thing }, { good, raised })
                    end
                    assert.equal("", changes())
                    assert(at:merge(PRIMARY, SECONDARY, { proof = "operator", checks = {}, deadline = 5 }))
                    at:close()
                end)
            end)

        it("ends when its time was over before its coroutine could go on, in " .. name, function()
            local called, failure = false, nil
            loops.run(name, function()
                local at = auth0.tenant(options(own))
                auth0.each({ 1, 2 }, 2, function(i)
                    if i == 2 then return process.sleep(1.5) end -- nothing is heard meanwhile
                    failure = select(3, at:merge(PRIMARY, SECONDARY, { proof = "operator", checks = {}, deadline = 0.5,
                        on_receipt = function() called = true end }))
                end)
                at:close()
            end)
            assert.same({ "timeout", "none", false }, { failure.code, failure.outcome, called })
            assert.equal("", changes())
        end)
    end)

    it("that is not approved in time ends, and its accounts are free #plain", function()
        loops.run("plain", function()
            local at = auth0.tenant(options())
            local _, _, failure = at:merge(PRIMARY, SECONDARY, { proof = "operator", checks = {}, deadline = 0.5,
                on_receipt = function() process.sleep(1) end })
            assert.same({ "timeout", "none" }, { failure.code, failure.outcome })
            assert(at:merge(PRIMARY, SECONDARY, { proof = "operator", checks = {} }))
            at:close()
        end)
        assert.equal("update link", changes())
    end)

    it("is not waited for longer than the deadline by one that shares an account, which is told so #plain", function()
        tenant.add_user { user_id = "github|7" }
        loops.run("plain", function()
            local at = auth0.tenant(options())
            local told
            auth0.each({ SECONDARY, "github|7" }, 2, function(id)
                if id == SECONDARY then
                    assert(at:merge(PRIMARY, id, { proof = "operator", checks = {}, on_receipt = function()
                        slow("GET", 1.5)
                        assert(at:user(PRIMARY))
                        tenant.control("POST", "/_tenant/disarm", {})
                    end }))
                else
                    told = { at:merge(PRIMARY, id, { proof = "operator", checks = {}, deadline = 0.5 }) }
                end
            end)
            assert.same({ "timeout", "none", "it waited for another merge of one of its accounts" },
                { told[3].code, told[3].outcome, told[3].detail })
            at:close()
        end)
        assert.equal("update link", changes())
    end)

    it("tells its requests to on_event, under one id #plain", function()
        loops.run("plain", function()
            local events = {}
            local at = auth0.tenant(options { on_event = function(event) events[#events + 1] = event end })
            assert(at:merge(PRIMARY, SECONDARY, { proof = "operator", checks = {} }))
            local methods, ids = {}, {}
            for _, event in ipairs(events) do
                if event.kind == "request" then methods[#methods + 1] = event.method end
                ids[event.id] = true
            end
            assert.same({ "GET", "GET", "PATCH", "POST" }, methods)
            local id = next(ids)
            assert.is_number(id)
            assert.is_nil(next(ids, id))
            at:close()
        end)
    end)

    it("by Ctrl-C, in a script without a loop, has come to its end when the error is raised #plain", function()
        slow("PATCH", 1.5)
        local script = [[
            local auth0, tenant = require "auth0", require "support.tenant"
            tenant.start()
            local at = auth0.tenant { domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca,
                proxy = false, token = arg[1] }
            print(pcall(at.merge, at, arg[2], arg[3], { proof = "operator", checks = {}, on_receipt = function()
                print "ready" io.stdout:flush() end }))
            print(at:identities(arg[2])[2].user_id)
        ]]
        local name = process.file(script)
        local said = tenant.run(([[
            %s %s %s %s '%s' '%s' >%s.out 2>&1 &
            pid=$!
            for try in $(seq 100); do grep -q ready %s.out && break; sleep 0.05; done
            sleep 0.3; kill -INT $pid; wait $pid; cat %s.out; rm -f %s.out]]):format(linking.environment(),
            process.lua(), process.quoted(name), linking.token, PRIMARY, SECONDARY, name, name, name, name))
        os.remove(name)
        assert.truthy(said:find("ready\nfalse\t[^\n]*interrupted!\ns1\n"), said)
        assert.equal("update link", changes())
    end)
end)

if not served.is_possible then return end

describe("inside nginx, a merge", function()
    setup(linking.start)
    teardown(linking.stop)
    after_each(require("support.nginx").stop)
    before_each(reset)

    local function serve(abort, receipt, deadline, more)
        return served.start(linking.token, "", ([[lua_check_client_abort %s;
            location /merge { content_by_lua_block { merge() } } %s]]):format(abort, more or ""), nil, nil, nil, ([[
            function merge()
                shared_tenant = shared_tenant or require("auth0").tenant(tenant_options {})
                local result, message = shared_tenant:merge("auth0|p1", "google-oauth2|s1",
                    { proof = "operator", checks = {}, deadline = %g, on_receipt = %s })
                ngx.say(result and result.receipt.state or message)
            end]]):format(deadline or 3, receipt or "nil"))
    end

    it("is made as it is elsewhere, and on_receipt may wait", function()
        local server = serve("on", "function() ngx.sleep(0.1) end")
        assert.equal("merged\n", served.get(server, "/merge"))
        assert.equal("update link", changes())
    end)

    for _, setting in ipairs { "on", "off" } do
        it("whose client hangs up in the middle goes on to its end, with lua_check_client_abort " .. setting, function()
            slow("PATCH", 1)
            local server = serve(setting)
            tenant.run(("curl -s --max-time 0.5 http://127.0.0.1:%s/merge"):format(server.port))
            assert.equal("update", changes())
            eventually_merged()
            served.eventually(5, "no waiter", function() return served.get(server, "/state") == "0 0\n" end)
        end)
    end

    it("whose client hangs up before it was approved changes nothing, and frees its accounts at once", function()
        local server = serve("on", "function() if ngx.var.arg_waits then ngx.sleep(20) end end", 60)
        tenant.run(("curl -s --max-time 0.5 'http://127.0.0.1:%s/merge?waits=1'"):format(server.port))
        served.eventually(3, "no waiter", function() return served.get(server, "/state") == "0 0\n" end)
        assert.equal("", changes())
        assert.equal("merged\n", served.get(server, "/merge"))
    end)

    it("whose own coroutine is killed before it was approved ends at its deadline, and the request goes on", function()
        local server = serve("on", "function() if ngx.var.arg_waits then ngx.sleep(20) end end", 1, [[
            location /killed { content_by_lua_block {
                local thread = ngx.thread.spawn(merge)
                ngx.sleep(0.5)
                ngx.thread.kill(thread)
                ngx.say "killed"
            } }]])
        assert.equal("killed\n", served.get(server, "/killed?waits=1"))
        served.eventually(3, "no waiter", function() return served.get(server, "/state") == "0 0\n" end)
        assert.equal("", changes())
    end)
end)
