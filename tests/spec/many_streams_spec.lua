--- Many calls share a connection over HTTP/2, and it dies, or is closed in good order: what that costs them.
local auth0 = require "auth0"
local core = require "auth0.core"
local tenant = require "support.tenant"

local LINK, READ = "POST /api/v2/users/{id}/identities", "GET /api/v2/users/{id}"

describe("over HTTP/2", function()
    local token, one

    setup(function()
        tenant.start()
        token = tenant.token { kind = "machine" }
    end)
    teardown(tenant.stop)
    after_each(function()
        if one then one:close() end
        one = nil
    end)

    local function seed(count)
        local accounts = {}
        for i = 1, count do
            accounts[#accounts + 1] = { user_id = "auth0|" .. i }
            accounts[#accounts + 1] = { user_id = "google-oauth2|" .. i }
        end
        tenant.reset(accounts)
    end

    --- One whose connection stands.
    local function open(host, options)
        options.domain = host .. ":" .. tenant.port
        options.resolve = { options.domain .. ":127.0.0.1" }
        options.token, options.ca_file, options.proxy, options.http_version = token, tenant.ca, false, "2"
        one = auth0.tenant(options)
        assert(one:identities("auth0|1"))
    end

    --- Links so many pairs, `width` at a time; returns the failures by their number.
    local function link(count, width)
        local numbers, failures = {}, {}
        for i = 1, count do numbers[i] = i end
        auth0.each(numbers, width, function(i)
            local done, message, failure = one:link("auth0|" .. i, "google-oauth2|" .. i)
            if not done then failures[i] = { message = message, outcome = failure.outcome, code = failure.code } end
        end)
        return failures
    end

    local function recorded()
        local times = {}
        for _, change in ipairs(tenant.record().changes) do
            local i = tonumber(change.primary:match("%d+$"))
            times[i] = (times[i] or 0) + 1
        end
        return times
    end

    it("a connection that dies again and again takes few with it", function()
        seed(400)
        open("tenant.test", {})
        tenant.arm { fault = "reset-after", method = "POST", count = 40, probability = 0.1, seed = 7 }
        assert.same({}, link(400, 50))
        local requests = tenant.record().requests
        -- 1.1, and what the first deaths cost; with all of them on one connection it was 1.7
        assert.is_true(requests[LINK] + requests[READ] <= 1.4 * 400, requests[LINK] .. " and " .. requests[READ])
        for i, times in pairs(recorded()) do assert.equal(1, times, i) end
    end)

    -- How many links failed, and how many of them say that they were not processed.
    local function link_until_closed()
        seed(300)
        open("goaway-10.test", { attempts = 1, settle = false })
        local failures, times, failed, unprocessed = link(300, 30), recorded(), 0, 0
        for i = 1, 300 do
            local failure = failures[i]
            failed = failed + (failure and 1 or 0)
            if not failure then
                assert.equal(1, times[i], i)
            elseif failure.outcome == "none" then
                unprocessed = unprocessed + 1
                assert.is_nil(times[i], failure.message)
                assert.equal("connection_lost", failure.code)
                assert.matches("says that it did not process the request", failure.message, 1, true)
            end
        end
        one:close()
        return failed, unprocessed
    end

    -- Whether one comes too late is a matter of moments, and libcurl 7.88 does not tell of each. A newer one than 8.14
    -- is not believed.
    local major, minor = core.curl_version:match "^(%d+)%.(%d+)"
    local is_told = tonumber(major) * 100 + tonumber(minor) <= 814
    it("what came after a connection was closed in good order changed nothing, and says so", function()
        local failed, unprocessed = 0, 0
        for _ = 1, is_told and 20 or 1 do
            local more, of_them = link_until_closed()
            failed, unprocessed = failed + more, unprocessed + of_them
            if unprocessed > 0 then break end
        end
        if not is_told then return assert.equal(0, unprocessed) end
        assert.is_true(unprocessed > 0 or failed == 0, failed .. " failed")
    end)

    it("and is sent again", function()
        seed(300)
        open("goaway-10.test", {})
        assert.same({}, link(300, 30))
        local times = recorded()
        for i = 1, 300 do assert.equal(1, times[i], i) end
    end)

    it("a change that timed out is settled on another connection", function()
        seed(1)
        open("tenant.test", { attempt_timeout = 0.3 })
        local _, _, facts = one:identities("auth0|1")
        assert.is_true(facts.timings.tls < 1e-4)
        tenant.arm { fault = "status-after;status=503;seconds=1", method = "POST", count = 1 }
        local done, message, receipt = one:link("auth0|1", "google-oauth2|1")
        assert(done, message)
        assert.equal(2, receipt.attempts)
        assert.is_true(receipt.timings.tls > 1e-4)
    end)
end)
