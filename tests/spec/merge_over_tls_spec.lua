--- Merges over TLS, many at a time: in a script without a loop, and in every loop that the specs are run in.
local auth0 = require "auth0"
local linking = require "support.linking"
local tenant = require "support.tenant"

local OPTIONS = { proof = "operator", checks = {} }

local own

local function changes()
    local kinds = {}
    for i, change in ipairs(tenant.record().changes) do kinds[i] = change.kind end
    return kinds
end

-- All at once: what each returned.
local function at_once(jobs)
    local told = {}
    auth0.each(jobs, #jobs, function(job)
        local all = { own:merge(job[1], job[2], OPTIONS) }
        told[#told + 1] = all
    end)
    return told
end

describe("merges over TLS", function()
    setup(linking.start)
    teardown(linking.stop)

    before_each(function()
        local accounts = { { user_id = "auth0|1" }, { user_id = "auth0|2" }, { user_id = "auth0|3" } }
        for i = 1, 40 do
            accounts[#accounts + 1] = { user_id = "google-oauth2|" .. i, user_metadata = { ["own" .. i] = i } }
        end
        tenant.reset(accounts)
        tenant.configure { rates = { global = { rate = 100000, per = 1, burst = 100000 } } }
        own = auth0.tenant { domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca, proxy = false,
            token = linking.token }
    end)

    after_each(function() own:close() end)

    it("forty onto one primary are made one after another, and lose nothing", function()
        local jobs = {}
        for i = 1, 40 do jobs[i] = { "auth0|1", "google-oauth2|" .. i } end
        local told = at_once(jobs)
        assert.equal(40, #told)
        for _, each in ipairs(told) do assert.is_table(each[1], each[2]) end
        for i, kind in ipairs(changes()) do assert.equal(i % 2 == 0 and "link" or "update", kind) end
        local user = assert(own:user("auth0|1"))
        assert.equal(41, #user.identities)
        for i = 1, 40 do assert.equal(i, user.user_metadata["own" .. i]) end
    end)

    it("of two that would merge each into the other one is made, and the other one refused", function()
        local told = at_once { { "auth0|1", "auth0|2" }, { "auth0|2", "auth0|1" } }
        local made, refused = told[1], told[2]
        if not made[1] then made, refused = refused, made end
        assert.is_table(made[1], made[2])
        assert.is_nil(refused[1])
        assert.equal("guarded", refused[3].code)
        assert.same({ "link" }, changes())
    end)

    it("of a chain no link is lost: each is made, or refused with a reason", function()
        local told = at_once { { "auth0|2", "auth0|3" }, { "auth0|1", "auth0|2" } }
        local made = 0
        for _, each in ipairs(told) do
            made = made + (each[1] and 1 or 0)
            if not each[1] then assert.equal("guarded", each[3].code, each[2]) end
        end
        assert.equal(made, #changes())
        assert.is_true(made >= 1)
    end)

    it("and undone, each pair is as it was", function()
        local result = assert(own:merge("auth0|1", "google-oauth2|7", OPTIONS))
        local undone, message = own:undo(result.receipt)
        assert.is_table(undone, message)
        assert.same({ own7 = 7 }, assert(own:user "google-oauth2|7").user_metadata)
        assert.is_nil(next(assert(own:user "auth0|1").user_metadata or {}))
    end)
end)
