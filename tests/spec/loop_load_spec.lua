--- Many calls at once in each event loop: how many connections they take, and what becomes of them where the tenant's
--- connections, its process, or this process end in the middle.
local linking = require "support.linking"
local loops = require "support.loops"
local process = require "support.process"
local served = require "support.served"
local tenant = require "support.tenant"

-- arg: loop, links, at a time, HTTP version, domain, resolve, what ends this process after that many
local script = [[
local auth0 = require "auth0"
local loops = require "support.loops"

local name, links, at_a_time, http_version = arg[1], tonumber(arg[2]), tonumber(arg[3]), arg[4]
local ends_at = tonumber(arg[7])

loops.run(name, function()
    local tenant = auth0.tenant { domain = arg[5], resolve = { arg[6] }, token = os.getenv "TOKEN",
        ca_file = os.getenv "AUTH0_TENANT_CA", http_version = http_version, loop = name, proxy = false,
        correlation_id = "fault=delay;seconds=0.02" }
    local next_number, count = 0, 0
    local function numbers()
        next_number = next_number + 1
        return next_number <= links and next_number or nil
    end
    auth0.each(numbers, at_a_time, function(i)
        if tenant.is_closed then return end
        local identities, message, failure = tenant:link("auth0|p" .. i, "google-oauth2|s" .. i)
        io.write(i, " ", identities and "linked" or failure.code, " 0 ", message or "", "\n")
        count = count + 1
        if count == ends_at then
            if arg[8] == "close" then return tenant:close() end
            os.exit(7)
        end
    end)
    tenant:close()
end)
]]

-- Of a process that just ends.
local frees_nothing = ' ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"'

-- arg: loop, domain, resolve. A comparison of table.sort's cannot wait: that call drives the engine itself.
local crossing = [[
local auth0 = require "auth0"
require("support.loops").run(arg[1], function()
    local tenant = auth0.tenant { domain = arg[2], resolve = { arg[3] }, token = os.getenv "TOKEN",
        ca_file = os.getenv "AUTH0_TENANT_CA", loop = arg[1], proxy = false }
    local began, number = tenant.calls.engine:now(), 0
    local function read(seconds)
        assert(tenant:identities("auth0|p1", { correlation_id = "fault=delay;seconds=" .. seconds }))
    end
    auth0.each(function() number = number + 1; return number <= 2 and number or nil end, 2, function(i)
        if i == 1 then return read(0.2) end
        table.sort({ 1, 2 }, function() read(0.4) return false end)
    end)
    io.write(tenant.calls.engine:now() - began < 0.95 and "in time" or "late")
end)
]]

-- arg: loop, domain, resolve. The thread does not hear that calls are to end.
local hanging = [[
local auth0 = require "auth0"
require("support.loops").run(arg[1], function()
    local tenant = auth0.tenant { domain = arg[2], resolve = { arg[3] }, token = os.getenv "TOKEN",
        ca_file = os.getenv "AUTH0_TENANT_CA", loop = arg[1], proxy = false }
    local real, number, told = tenant.calls.engine, 0, {}
    tenant.calls.engine = setmetatable({ cancel = function() end },
        { __index = function(_, name) return function(_, ...) return real[name](real, ...) end end })
    local options = { correlation_id = "fault=delay;seconds=20" }
    auth0.each(function() number = number + 1; return number <= 3 and number or nil end, 3, function(i)
        if i == 3 then return tenant:close() end
        local _, _, failure = tenant[i == 1 and "identities" or "link"](tenant, "auth0|p1",
            i == 1 and options or "google-oauth2|s1", i == 2 and options or nil)
        told[i] = failure.code .. " " .. failure.outcome .. " "
    end)
    io.write(told[1], told[2])
end)
]]

-- arg: loop
local in_turns = [[
local auth0, loop, loops = require "auth0", require "auth0.loop", require "support.loops"

loops.run(arg[1], function()
    local calls = { loop = loop.named(arg[1], "", 1) }
    auth0.each({ "a", "b" }, 2, function(letter)
        for _ = 1, 3 do
            io.write(letter)
            loop.give_way(calls)
        end
    end)
end)
]]

loops.each(pending, function(name)
    describe("in the loop " .. name .. " #load", function()
        setup(linking.start)
        teardown(linking.stop)

        local function run(count, at_a_time, http_version, host, ends_at, how)
            local domain = host and host .. ":" .. tenant.port or tenant.domain
            return process.run(script, { name, tostring(count), tostring(at_a_time), http_version, domain,
                domain .. ":127.0.0.1", ends_at and tostring(ends_at), how }, linking.environment() .. " TOKEN="
                .. linking.token .. (ends_at and not how and frees_nothing or ""))
        end

        local function compare(output, count)
            local codes, told = served.told(output)
            local times = served.recorded()
            assert.equal(count, told, output:sub(1, 2000))
            for i = 1, count do
                assert.equal("linked", codes[i], output:sub(1, 2000))
                assert.equal(1, times[i])
            end
        end

        for http_version, most in pairs { ["1.1"] = 100, ["2"] = 4 } do
            it(("1000 links, 100 at a time over HTTP/%s, take at most %d connections"):format(http_version, most),
                function()
                    served.seed(1000)
                    local before = tenant.record().connections
                    local output, status = run(1000, 100, http_version)
                    assert.equal(0, status, output:sub(1, 2000))
                    compare(output, 1000)
                    assert.is_true(tenant.record().connections - before <= most)
                end)
        end

        it("600 at a time, of a server that allows 128 streams, take at most four connections", function()
            served.seed(1200)
            local output, status = run(1200, 600, "2")
            assert.equal(0, status, output:sub(1, 2000))
            compare(output, 1200)
            -- On a busy machine an answer may be late; a read then tells, on a connection of its own.
            local record = tenant.record()
            local reads = record.requests["GET /api/v2/users/{id}"] or 0
            assert.is_true(record.connections <= 4 + reads, ("%d connections, %d reads"):format(record.connections,
                reads))
        end)

        for http_version, host in pairs { ["1.1"] = "goaway-10.test", ["2"] = "goaway-100.test" } do
            it("is no error, and doubles nothing, that a server ends connections, HTTP/" .. http_version, function()
                served.seed(600)
                local output, status = run(600, 50, http_version, host)
                assert.equal(0, status, output:sub(1, 2000))
                compare(output, 600)
            end)
        end

        it("the tenant's process is killed twice, and what was told is what was recorded", function()
            served.seed(800)
            local file = process.file ""
            tenant.run(("(for n in 1 2; do sleep 0.15; "
                .. "pkill -KILL -f -P %s '^nginx: worker'; done) >%s 2>&1 &"):format(tenant.pid, file))
            local output, status = run(800, 50, "2")
            assert.equal(0, status, output:sub(1, 2000))
            local codes, told = served.told(output)
            local times = served.recorded()
            assert.equal(800, told)
            local linked = 0
            for i = 1, 800 do
                assert((times[i] or 0) <= 1, i .. " was linked twice")
                if codes[i] == "linked" then
                    linked = linked + 1
                    assert.equal(1, times[i])
                elseif codes[i] ~= "unknown_outcome" then
                    assert.is_nil(times[i], ("%d: %s"):format(i, codes[i]))
                end
            end
            assert.is_true(linked > 600, linked .. " were linked") -- it recovers by itself
            os.remove(file)
        end)

        it("closing a tenant ends what is in flight, and tells it", function()
            served.seed(300)
            local output, status = run(300, 64, "2", nil, 20, "close")
            assert.equal(0, status, output:sub(1, 2000))
            local codes, told = served.told(output)
            local times = served.recorded()
            assert.is_true(told >= 64, told .. " were told")
            local ended = 0
            for i, code in pairs(codes) do
                if code ~= "linked" then
                    assert.truthy(code == "cancelled" or code == "unknown_outcome", code)
                    ended = ended + 1
                    if code == "cancelled" then assert.is_nil(times[i]) end
                end
            end
            assert.is_true(ended > 0)
        end)

        it("a call that is at work for long lets others have a turn" .. (name == "plain" and ": there are none" or ""),
            function()
                local output, status = process.run(in_turns, { name })
                assert.equal(0, status, output)
                assert.equal(name == "plain" and "aaabbb" or "ab", output:match(name == "plain" and ".*" or "^.."))
            end)

        it("a call that cannot wait takes no news from those that wait", function()
            served.seed(1)
            local output, status = process.run(crossing, { name, tenant.domain, tenant.resolve },
                linking.environment() .. " TOKEN=" .. linking.token)
            assert.same({ "in time", 0 }, { output, status })
        end)

        if name ~= "plain" then
            it("closing a tenant whose thread hangs tells every call all the same", function()
                served.seed(1)
                local output, status = process.run(hanging, { name, tenant.domain, tenant.resolve },
                    linking.environment() .. " TOKEN=" .. linking.token)
                assert.same({ "cancelled none unknown_outcome unknown ", 0 }, { output, status })
            end)
        end

        it("os.exit with 64 in flight ends the process with its status", function()
            served.seed(300)
            for _, ends_at in ipairs { 1, 20, 64 } do
                local output, status = run(300, 64, "2", nil, ends_at)
                assert.equal(7, status, output:sub(1, 2000))
                served.seed(300)
            end
        end)
    end)
end)
