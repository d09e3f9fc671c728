--- The model tenant: rate limits.
local json = require "auth0.mock.text.json"
local limits = require "auth0.mock.limits"
local mock = require "auth0.mock.model"
local model = require "support.model"

--- Half-way through a second, and half a minute before the next one begins.
local START = 1630700190.5

describe("auth0.mock's rates", function()
    local tenant

    before_each(function()
        tenant = model.new()
        model.clock = START
        model.add { user_id = "auth0|1" }
        model.add { user_id = "github|2" }
    end)

    local function limit(config)
        assert(tenant:configure { rates = config })
    end

    local function later(seconds)
        model.clock = START + seconds
    end

    --- How many of `count` reads come through.
    local function passed(count)
        local good = 0
        for _ = 1, count do
            good = good + (model.read "auth0%7C1" == 200 and 1 or 0)
        end
        return good
    end

    --- limit, remaining, and the seconds from the beginning to the reset
    local function told(answer)
        local headers = answer.headers
        return { tonumber(headers["x-ratelimit-limit"]), tonumber(headers["x-ratelimit-remaining"]),
            tonumber(headers["x-ratelimit-reset"]) - START }
    end

    local function read()
        local _, _, answer = model.read "auth0%7C1"
        return answer
    end

    describe("without limits", function()
        it("let everything pass, and say what the recordings say", function()
            assert.equal(100, passed(100))
            assert.same({ 50, 49, 0.5 }, told(read()))
        end)
    end)

    describe("that refill evenly", function()
        it("pass a burst, then what comes in", function()
            limit { read_users = { burst = 4, rate = 2 } }
            assert.equal(4, passed(10))
            later(1)
            assert.equal(2, passed(10))
            later(1.4)
            assert.equal(0, passed(1))
            later(1.5)
            assert.equal(1, passed(10))
            later(1000)
            assert.equal(4, passed(10))
        end)

        it("count per minute where that is how they are published", function()
            limit { plan = "essentials" }
            assert.equal(40, passed(50))
            later(3)
            assert.equal(25, passed(100))
        end)
    end)

    describe("that refill at the top of the second", function()
        it("give nothing before it, and all at once then", function()
            limit { read_users = { burst = 4, rate = 2, refill = "second" } }
            assert.equal(4, passed(10))
            later(0.49)
            assert.equal(0, passed(1))
            later(0.5)
            assert.equal(2, passed(10))
            later(2.6)
            assert.equal(4, passed(10))
        end)

        it("keep a fraction for the next second", function()
            limit { read_users = { burst = 3, rate = 0.5, refill = "second" } }
            assert.equal(3, passed(3))
            later(0.5)
            assert.equal(0, passed(1))
            later(1.5)
            assert.equal(1, passed(2))
        end)
    end)

    it("limit a user's organizations, and an organization's members, apart from users", function()
        tenant:add_organization { id = "org_1" }
        limit { read_users = { burst = 1, rate = 0.01 }, organizations = { burst = 2, rate = 0.01 },
            members = { burst = 2, rate = 0.01 } }
        assert.equal(1, passed(2))
        local function statuses(method, path, body)
            local list = {}
            for i = 1, 3 do
                list[i] = model.send(method, path, body)
            end
            return list
        end
        assert.same({ 200, 200, 429 }, statuses("GET", "/api/v2/users/auth0%7C1/organizations"))
        assert.same({ 204, 204, 429 }, statuses("POST", "/api/v2/organizations/org_1/members",
            { members = json.array { "auth0|1" } }))
    end)

    it("refill at the top of the minute", function()
        limit { read_users = { burst = 20, rate = 12, per = 60, refill = "minute" } }
        assert.equal(20, passed(30))
        later(29.4)
        assert.equal(0, passed(1))
        later(29.5)
        assert.equal(12, passed(30))
    end)

    describe("that tell the reset", function()
        for _, case in ipairs {
            { "continuous", "next", { 4, 3, 0.5 } }, { "continuous", "full", { 4, 3, 0.5 } },
            { "second", "next", { 4, 3, 0.5 } }, { "minute", "next", { 4, 3, 29.5 } },
        } do
            it(("after one request, %s, %s"):format(case[1], case[2]), function()
                limit { read_users = { burst = 4, rate = 2, refill = case[1] }, reset = case[2] }
                assert.same(case[3], told(read()))
            end)
        end

        it("differ by the reading when the bucket is empty", function()
            limit { read_users = { burst = 8, rate = 2 } }
            passed(8)
            assert.same({ 8, 0, 0.5 }, told(read()))
            limit { read_users = { burst = 8, rate = 2, tokens = 0 }, reset = "full" }
            assert.same({ 8, 0, 4.5 }, told(read()))
            limit { read_users = { burst = 8, rate = 2, tokens = 0, refill = "second" }, reset = "full" }
            assert.same({ 8, 0, 3.5 }, told(read()))
        end)

        it("round up, so that a client that waits for it gets a token; rounded down it comes too early", function()
            limit { read_users = { burst = 1, rate = 0.25 } }
            assert.same({ 1, 0, 4.5 }, told(read()))
            later(4.5)
            assert.equal(1, passed(1))
            later(0)
            limit { read_users = { burst = 1, rate = 0.25 }, early = true }
            assert.same({ 1, 0, 3.5 }, told(read()))
            later(3.5)
            assert.equal(0, passed(1))
        end)
    end)

    describe("with two buckets", function()
        it("ask the global one first, and say which has refused", function()
            limit { global = { burst = 3, rate = 1 }, read_users = { burst = 2, rate = 1 } }
            assert.equal(2, passed(2))
            local status, body = model.read "auth0%7C1"
            assert.equal(429, status)
            assert.matches("^Too many requests", body.message)
            assert.equal("too_many_requests", body.errorCode)
            model.refused(429, "Global limit has been reached", "too_many_requests", model.read "auth0%7C1")
            assert.same({ 3, 0, 1.5 }, told(read()))
        end)

        it("keep classes apart", function()
            limit { delete = { burst = 1, rate = 1 }, write_users = { burst = 1, rate = 1 } }
            local link = { provider = "github", user_id = "2" }
            assert.equal(201, (model.link(link)))
            assert.equal(429, (model.link(link)))
            local path = "/api/v2/users/auth0%7C1/identities/github/2"
            assert.equal(200, (model.send("DELETE", path)))
            assert.equal(429, (model.send("DELETE", path)))
            assert.equal(10, passed(10))
            assert.equal(2, #tenant.record.changes)
        end)

        it("count what they refuse in no class, and paths that are not there among the others", function()
            limit { other = { burst = 1, rate = 1 } }
            assert.equal(404, (model.send("GET", "/api/v2/nothing")))
            assert.equal(429, (model.send("GET", "/api/v2/nothing")))
        end)
    end)

    it("say Retry-After only when they are told to", function()
        limit { read_users = { burst = 1, rate = 0.1 } }
        passed(1)
        assert.is_nil(read().headers["retry-after"])
        limit { read_users = { burst = 1, rate = 0.1, tokens = 0 }, retry_after = true }
        assert.equal("10", read().headers["retry-after"])
    end)

    it("leave message and errorCode out when they are told to", function()
        limit { read_users = { burst = 1, rate = 1, tokens = 0 }, bare = true }
        local _, body = model.read "auth0%7C1"
        assert.same({ statusCode = 429, error = "Too Many Requests" }, body)
    end)

    describe("with a competing client", function()
        it("lose what it takes, and never more than there is", function()
            limit { read_users = { burst = 10, rate = 5, competitor = 4 } }
            assert.equal(10, passed(20))
            later(3)
            assert.equal(3, passed(20))
            limit { read_users = { burst = 10, rate = 5, competitor = 7 } }
            later(8)
            assert.equal(0, passed(20))
        end)

        it("come to the same by one long step and by many short ones", function()
            for _, config in ipairs {
                { burst = 50, rate = 16, refill = "second", competitor = 13 },
                { burst = 50, rate = 16, refill = "second", competitor = 16 },
                { burst = 50, rate = 16, refill = "second", competitor = 19.5 },
                { burst = 5, rate = 16, refill = "second", competitor = 8 },
                { burst = 20, rate = 200, per = 60, refill = "minute", competitor = 3 },
                { burst = 9, rate = 2.5, tokens = 1, competitor = 1 },
            } do
                later(0)
                limit { read_users = config }
                later(61.7)
                local at_once = tenant.reception.rates:standing().read_users.tokens
                later(0)
                limit { read_users = config }
                for i = 1, 617 do
                    later(i / 10)
                    tenant.reception.rates:standing()
                end
                local by_steps = tenant.reception.rates:standing().read_users.tokens
                assert.is_true(math.abs(at_once - by_steps) < 1e-4, at_once .. " and " .. by_steps)
            end
        end)
    end)

    it("give nothing when the clock goes back", function()
        limit { read_users = { burst = 2, rate = 1 } }
        passed(2)
        later(-100)
        assert.equal(0, passed(1))
        later(1)
        assert.equal(1, passed(2))
    end)

    describe("of the token endpoint", function()
        local function fetch(client)
            return model.send("POST", "/oauth/token", { grant_type = "client_credentials",
                client_id = client or "mockclient", client_secret = "mocksecret",
                audience = "https://tenant.test/api/v2/" }, { token = "none" })
        end

        it("stand alone: they neither take from the API's nor are closed by them", function()
            limit { global = { burst = 1, rate = 1 }, token = { burst = 2, rate = 1 } }
            assert.equal(200, (fetch()))
            assert.equal(200, (fetch()))
            local status, body = fetch()
            assert.equal(429, status)
            assert.same({ "too_many_requests", "Global limit has been reached" },
                { body.error, body.error_description })
            assert.equal(1, passed(2))
        end)

        it("answer the odd 500 when they are told to", function()
            limit { token = { burst = 1, rate = 1, tokens = 0 }, odd_500 = true }
            local status, body = fetch()
            assert.equal(500, status)
            assert.same({ error = "access_denied", error_description = "Global limit has been reached" }, body)
        end)

        it("count a client's quotas by the hour and by the day, without the tokens that they refuse", function()
            limit { quota = { per_hour = 2, per_day = 3 } }
            local _, _, answer = fetch()
            assert.equal("b=per_hour;q=2;r=1;t=2610,b=per_day;q=3;r=2;t=13410",
                answer.headers["auth0-client-quota-limit"])
            fetch()
            local status, body
            status, body, answer = fetch()
            assert.equal(429, status)
            assert.same({ error = "too_many_requests", error_description = "Client quota exceeded" }, body)
            assert.equal("2610", answer.headers["retry-after"])
            assert.matches("^b=per_hour;q=2;r=0;t=2610,", answer.headers["auth0-client-quota-limit"])
            assert.is_string(answer.headers["x-ratelimit-limit"])
            later(2610)
            assert.equal(200, (fetch()))
            status, _, answer = fetch()
            assert.same({ 429, "10800" }, { status, answer.headers["retry-after"] })
        end)

        it("count each client by itself", function()
            limit { quota = { per_hour = 1 } }
            tenant:add_client { client_id = "other", client_secret = "mocksecret" }
            assert.equal(200, (fetch()))
            assert.equal(200, (fetch "other"))
            assert.equal(429, (fetch()))
        end)
    end)

    describe("when they are configured", function()
        it("begin full, and end with a reset", function()
            limit { read_users = { burst = 1, rate = 1 } }
            assert.equal(1, passed(2))
            limit { read_users = { burst = 1, rate = 1 } }
            assert.equal(1, passed(2))
            tenant:reset()
            model.add { user_id = "auth0|1" }
            assert.equal(9, passed(9))
        end)

        it("come back with a reset when `new` was given them", function()
            local options = { sign = print, verify = print, random = math.random, now = os.time,
                rates = { other = { burst = 1, rate = 0.001 } } }
            local limited = mock.new(options)
            local function ask()
                return limited:handle({ method = "GET", path = "/nothing", headers = {} }).status
            end
            assert.same({ 404, 429 }, { ask(), ask() })
            limited:configure { rates = {} }
            assert.same({ 404, 404 }, { ask(), ask() })
            limited:reset()
            assert.same({ 404, 429 }, { ask(), ask() })
        end)

        it("say what they do not understand, and stay as they were", function()
            limit { read_users = { burst = 1, rate = 1 } }
            for message, config in pairs {
                ["rates have no reads"] = { reads = { burst = 1, rate = 1 } },
                ["delete needs the numbers burst and rate"] = { delete = { burst = 1 } },
                ["delete: burst is at least 1, rate and per are above 0"] = { delete = { burst = 1, rate = 0 } },
                ["delete: refill is continuous, second or minute"] = { delete = { burst = 1, rate = 1, refill = "x" } },
                ["delete: per, competitor and tokens are numbers, tokens not negative"] = {
                    delete = { burst = 1, rate = 1, per = "minute" } },
                ["other: per, competitor and tokens are numbers, tokens not negative"] = {
                    other = { burst = 1, rate = 1, tokens = -1 } },
                ["no such plan: gold"] = { plan = "gold" },
                ["reset is next or full"] = { reset = "soon" },
                ["quota is {per_hour = n, per_day = n}"] = { quota = { per_week = 1 } },
                ["rates are a table"] = json.array { 1 },
            } do
                assert.same({ n = 2, nil, message }, { n = 2, tenant:configure { rates = config } })
            end
            assert.equal(1, passed(2))
        end)

        it("know the published plans", function()
            local expected = { free = { 2, 2 }, enterprise = { 50, 16 }, enterprise_test = { 10, 2 },
                private_20 = { 20, 20 }, private_100 = { 50, 50 }, private_500 = { 250, 250 } }
            for name, numbers in pairs(expected) do
                assert.same({ burst = numbers[1], rate = numbers[2], refill = "second" }, limits.plans[name].global)
            end
            local per_minute = { read_users = { 40, 500 }, write_users = { 20, 200 }, delete = { 20, 200 },
                other = { 10, 150 } }
            for class, numbers in pairs(per_minute) do
                assert.same({ burst = numbers[1], rate = numbers[2], per = 60 }, limits.plans.essentials[class])
            end
            for _, plan in ipairs { "enterprise", "essentials" } do
                assert.same({ burst = 40, rate = 500, per = 60 }, limits.plans[plan].organizations)
                assert.same({ burst = 20, rate = 200, per = 60 }, limits.plans[plan].members)
            end
            for name in pairs(limits.plans) do
                assert.is_truthy(expected[name] or name == "essentials", name)
                limit { plan = name }
            end
            limit { plan = "enterprise" }
            assert.same({ 50, 49, 0.5 }, told(read()))
        end)
    end)
end)
