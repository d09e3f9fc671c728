--- The model tenant: faults on demand.
local json = require "auth0.mock.text.json"
local model = require "support.model"

local add, send, link = model.add, model.send, model.link

describe("auth0.mock", function()
    local tenant

    before_each(function()
        tenant = model.new()
    end)

    describe("a fault", function()
        before_each(function()
            add { user_id = "auth0|1" }
            add { user_id = "google-oauth2|115", email_verified = true }
        end)

        local function fault(text)
            local status, body, answer = link({ provider = "google-oauth2", user_id = "115" },
                { correlation = "fault=" .. text })
            return answer, status, body
        end

        local function is_committed()
            return #tenant.record.changes == 1
        end

        for name, commits in pairs {
            ["reset-before"] = false, ["html"] = false, ["status"] = false, ["redirect"] = false,
            ["reset-after"] = true, ["html-after"] = true, ["delay"] = true, ["truncated"] = true, ["empty"] = true,
            ["not-array"] = true, ["wrong-types"] = true, ["broken-json"] = true, ["broken-gzip"] = true,
            ["large"] = true, ["idle-close"] = true, ["status-after"] = true, ["text"] = false, ["text-after"] = true,
            ["no-error-code"] = true, ["drip"] = true,
        } do
            it(name .. (commits and " commits" or " does not commit") .. ", and is counted", function()
                local answer = fault(name)
                assert.is_table(answer.transport)
                assert.equal(commits, is_committed())
                assert.same({ ["POST /api/v2/users/{id}/identities"] = 1 }, tenant.record.requests)
            end)
        end

        it("tells the front door what to do to the connection", function()
            assert.same({ kill = "reset" }, fault("reset-before").transport)
            assert.same({ kill = "close", delay = 2 }, fault("reset-before;kind=fin;seconds=2").transport)
            assert.same({ delay = 0.25 }, fault("delay;seconds=0.25").transport)
        end)

        it("takes a status", function()
            local _, status, body = fault "status;status=429;kind=too_many_requests"
            assert.same({ 429, "too_many_requests", "Too Many Requests" }, { status, body.errorCode, body.error })
            assert.equal(504, fault("html;status=504").status)
        end)

        it("answers an error's body as text", function()
            local answer = fault "text"
            assert.same({ 500, "text/plain; charset=utf-8" }, { answer.status, answer.headers["content-type"] })
            assert.equal("Unauthorized", fault("text-after;status=401").body)
        end)

        it("takes an error's code away, and nothing else", function()
            local function refused(words)
                return select(2, send("GET", "/api/v2/users/auth0%7Cnobody", nil, { correlation = words }))
            end
            local whole, rest = refused(), refused "fault=no-error-code"
            assert.equal("inexistent_user", whole.errorCode)
            whole.errorCode = nil
            assert.same(whole, rest)
        end)

        it("drip says how the body is to be cut, and how long to wait in between", function()
            local drip = fault("drip;seconds=2;bytes=10").transport.drip
            assert.equal(10, drip.bytes)
            assert.is_true(drip.pause > 0 and drip.pause < 0.2)
        end)

        it("large pads a valid array to the byte", function()
            local answer, _, list = fault "large;bytes=5000"
            assert.same({ 5000, 2 }, { #answer.body, #list })
        end)

        it("not-array answers an object, broken-json no JSON", function()
            local _, _, body = fault "not-array"
            assert.is_table(body.identities)
            tenant:reset()
            add { user_id = "auth0|1" }
            add { user_id = "google-oauth2|115" }
            assert.is_nil(json.decode(fault("broken-json").body))
        end)

        it("wrong-types has three kinds", function()
            assert.equal("[1,2,3]", fault("wrong-types").body)
            send("DELETE", "/api/v2/users/auth0%7C1/identities/google-oauth2/115")
            local _, _, list = fault "wrong-types;kind=user_id"
            assert.same({ 1, 115 }, { list[1].user_id, list[2].user_id })
            send("DELETE", "/api/v2/users/auth0%7C1/identities/google-oauth2/115")
            _, _, list = fault "wrong-types;kind=email_verified"
            assert.equal("true", list[2].profileData.email_verified)
        end)

        local function read_with(words, path)
            local status, body = send("GET", path or "/api/v2/users/google-oauth2%7C115", nil,
                { correlation = "fault=" .. words })
            return body, status
        end

        it("wrong-types reaches the accounts of a read, of a list and of a search", function()
            link { provider = "google-oauth2", user_id = "115" }
            add { user_id = "github|7", email = "a@example.com", email_verified = false }
            local body = read_with("wrong-types;kind=user_id", "/api/v2/users/auth0%7C1")
            assert.same({ "auth0|1", 1, 115 },
                { body.user_id, body.identities[1].user_id, body.identities[2].user_id })
            body = read_with("wrong-types;kind=email_verified", "/api/v2/users/auth0%7C1")
            assert.equal("true", body.identities[2].profileData.email_verified)
            body = read_with("wrong-types;kind=email_verified", "/api/v2/users-by-email?email=a%40example.com")
            assert.equal("false", body[1].email_verified)
            body = read_with("wrong-types;kind=user_id", "/api/v2/users?include_totals=true&q=user_id:github*")
            assert.same({ "github|7", 7 }, { body.users[1].user_id, body.users[1].identities[1].user_id })
        end)

        it("that finds nothing to change says so", function()
            local body, status = read_with("wrong-types;kind=email_verified", "/api/v2/users/auth0%7C1")
            assert.same({ 500, "The fault found nothing in the answer that it could change: wrong-types" },
                { status, body.message })
            status, body = send("DELETE", "/api/v2/users/auth0%7C1", nil, { correlation = "fault=large" })
            assert.same({ 500, "The fault found nothing in the answer that it could change: large" },
                { status, body.message })
        end)

        it("large pads an object, too", function()
            local _, body, answer = send("GET", "/api/v2/users/auth0%7C1", nil,
                { correlation = "fault=large;bytes=3000" })
            assert.same({ 3000, "auth0|1" }, { #answer.body, body.user_id })
        end)

        it("that is misspelt answers 500 and commits nothing", function()
            for _, text in ipairs { "reset", "", "delay;seconds=soon", "html;colour=red", "wrong-types;kind=x",
                "delay;seconds=inf", "delay;seconds=nan", "delay;seconds=-1", "delay;seconds=86401", "html;status=20",
                "html;status=502.5", "html;status=600", "large;bytes=-1", "large;bytes=1.5", "large;bytes=1e300" } do
                local answer, _, body = fault(text)
                assert.equal(500, answer.status)
                assert.equal("This is no fault that the tenant knows: fault=" .. text, body.message)
            end
            assert.is_false(is_committed())
        end)

        it("is only asked for by a text that begins with fault=", function()
            assert.equal(201, (link({ provider = "google-oauth2", user_id = "115" }, { correlation = "a fault=html" })))
        end)
    end)

    describe("a late commit", function()
        before_each(function()
            add { user_id = "auth0|1" }
            add { user_id = "github|2" }
            add { user_id = "github|3" }
        end)

        local function late(user_id, words)
            local body = { provider = "github", user_id = user_id }
            local _, _, answer = link(body, { correlation = "fault=late" .. words })
            return answer
        end

        it("ends the connection, and is carried out when its time has come", function()
            assert.same({ kill = "reset" }, late("2", ";seconds=5").transport)
            model.clock = model.NOW + 4.9
            assert.equal(1, #select(2, model.read "auth0%7C1").identities)
            assert.is_true(math.abs(tenant:settle() - 0.1) < 1e-4)
            model.clock = model.NOW + 5.1
            assert.equal(2, #select(2, model.read "auth0%7C1").identities)
            assert.is_nil(tenant:settle())
        end)

        it("is recorded at the time at which it was due, unanswered", function()
            late("2", ";seconds=5;kind=fin")
            model.clock = model.NOW + 100
            tenant:settle()
            local change = tenant.record.changes[1]
            assert.same({ "link", model.NOW + 5, "late" }, { change.kind, change.time, change.fault })
            assert.is_nil(change.status)
        end)

        it("may be answered with a refusal before", function()
            local answer = late("2", ";seconds=1;status=504")
            assert.equal(504, answer.status)
            assert.is_nil(answer.transport.kill)
            model.clock = model.NOW + 1
            tenant:settle()
            assert.equal(504, tenant.record.changes[1].status)
        end)

        it("comes in the order in which it is due, before the request that comes after it", function()
            late("2", ";seconds=9")
            late("3", ";seconds=3")
            late("2", ";seconds=3")
            model.clock = model.NOW + 9
            send("DELETE", "/api/v2/users/auth0%7C1/identities/github/3")
            local seen = {}
            for i, change in ipairs(tenant.record.changes) do
                seen[i] = change.kind .. " " .. change.user_id
            end
            assert.same({ "link 3", "link 2", "unlink 3" }, seen)
        end)

        it("does not come after a reset", function()
            late("2", ";seconds=1")
            tenant:reset()
            model.clock = model.NOW + 2
            assert.is_nil(tenant:settle())
        end)
    end)

    describe("an armed fault", function()
        before_each(function()
            add { user_id = "auth0|1" }
            add { user_id = "auth0|2" }
        end)

        local function statuses(count, id)
            local seen = {}
            for i = 1, count do
                seen[i] = model.read(id or "auth0%7C1")
            end
            return seen
        end

        it("befalls the next requests, as many as it says", function()
            assert(tenant:arm { fault = "status;status=502", count = 2 })
            assert.same({ 502, 502, 200 }, statuses(3))
        end)

        it("befalls only the method, the template and the account that it names", function()
            assert(tenant:arm { fault = "html", method = "GET", template = "/api/v2/users/{id}", id = "auth0|2" })
            assert.same({ 200 }, statuses(1))
            assert.equal(201, (send("POST", "/api/v2/users", { connection = model.DATABASE, user_id = "9" })))
            assert.equal(204, (send("DELETE", "/api/v2/users/auth0%7C9")))
            assert.same({ 502, 200 }, statuses(2, "auth0%7C2"))
        end)

        it("leaves a request alone that asks for a fault itself", function()
            assert(tenant:arm { fault = "html" })
            local status = model.read("auth0%7C1", { correlation = "fault=status;status=504" })
            assert.equal(504, status)
            assert.same({ 502 }, statuses(1))
        end)

        it("strikes by chance, the same way from the same seed and whatever the other randomness", function()
            local function run(seed, noise)
                tenant:reset()
                add { user_id = "auth0|1" }
                assert(tenant:arm { fault = "html", count = 60, probability = 0.3, seed = seed })
                for _ = 1, noise do
                    tenant.world.random()
                end
                return statuses(60)
            end
            local first = run(1, 0)
            assert.same(first, run(1, 5))
            assert.not_same(first, run(2, 0))
            local struck = tenant.reception.armed:list()[1].struck
            assert.is_true(struck > 6 and struck < 36)
            assert.same({ 200 }, statuses(1))
        end)

        it("gives way to the next order once it is used up", function()
            assert(tenant:arm { fault = "status;status=500" })
            assert(tenant:arm { fault = "status;status=503", count = 2 })
            assert.same({ 500, 503, 503, 200 }, statuses(4))
            assert.same({ fault = "status;status=503", left = 0, struck = 2, probability = 1 },
                tenant.reception.armed:list()[2])
        end)

        it("takes the keys of its fault as fields, too", function()
            assert(tenant:arm { fault = "status", status = 403, count = 2 })
            assert(tenant:arm { fault = "status;status=500", seconds = 0.5 })
            assert.same({ 403, 403, 500, 200 }, statuses(4))
            assert.equal("status;status=500;seconds=0.5", tenant.reception.armed:list()[2].fault)
        end)

        local FAULTS = "broken-gzip, broken-json, delay, drip, empty, html, html-after, idle-close, large, late, "
            .. "no-error-code, not-array, redirect, reset-after, reset-before, status, status-after, text, text-after, "
            .. "truncated, wrong-types"

        it("says what is wrong with an order", function()
            for message, order in pairs {
                ["there is no fault nonsense; there are " .. FAULTS] = { fault = "nonsense" },
                ['there is no fault reset-aftr; the nearest known one is "reset-after"; there are ' .. FAULTS] =
                    { fault = "reset-aftr" },
                ["an order needs a fault, a string; there are " .. FAULTS] = {},
                ['an order has no faults; the nearest known one is "fault"; it has bytes, count, fault, id, kind, '
                    .. "method, probability, seconds, seed, status, template"] = { faults = "html" },
                ["a fault has no colour; its keys are bytes, kind, seconds, status"] = { fault = "html;colour=1" },
                ["status cannot be 99"] = { fault = "status", status = 99 },
                ["status cannot be 4xx"] = { fault = "status;status=4xx" },
                ["status is a number"] = { fault = "status", status = "403" },
                ["kind cannot be fish"] = { fault = "wrong-types", kind = "fish" },
                ["count is a number"] = { fault = "html", count = "all" },
                ["a probability is between 0 and 1"] = { fault = "html", probability = 2 },
                ["an order is a table"] = json.array { 1 },
            } do
                assert.same({ n = 2, nil, message }, { n = 2, tenant:arm(order) })
            end
            assert.same({ 200 }, statuses(1))
        end)

        it("is gone after a reset", function()
            assert(tenant:arm { fault = "html" })
            tenant:reset()
            add { user_id = "auth0|1" }
            assert.same({ 200 }, statuses(1))
        end)
    end)

    describe("the record", function()
        before_each(function()
            add { user_id = "auth0|1" }
            for i = 2, 6 do
                add { user_id = "github|" .. i }
            end
        end)

        local function try(user_id, words)
            link({ provider = "github", user_id = user_id }, { correlation = words })
            return tenant.record.changes[#tenant.record.changes]
        end

        it("tells what the caller was answered, and what befell it", function()
            local function told(change)
                return { change.user_id, change.status or "nothing", change.fault or "well" }
            end
            assert.same({ "2", 201, "well" }, told(try "2"))
            assert.same({ "3", "nothing", "reset-after" }, told(try("3", "fault=reset-after")))
            assert.same({ "4", 502, "html-after" }, told(try("4", "fault=html-after")))
            assert.same({ "4", 502, "html-after" }, told(try("4")))
        end)

        it("is read in pages", function()
            for i = 2, 6 do
                try(tostring(i))
            end
            local function page(from, count)
                local changes, next_page = tenant.record:page(from, count)
                local seen = {}
                for i, change in ipairs(changes) do
                    seen[i] = change.n
                end
                return { seen, next_page or "end" }
            end
            assert.same({ { 1, 2 }, 3 }, page(1, 2))
            assert.same({ { 3, 4 }, 5 }, page(3, 2))
            assert.same({ { 5 }, "end" }, page(5, 2))
            assert.same({ {}, "end" }, page(6, 2))
            assert.same({ { 1, 2, 3, 4, 5 }, "end" }, page())
        end)

        it("may only count", function()
            tenant.record:keep(false)
            try "2"
            assert.same({ 0, 1 }, { #tenant.record.changes, tenant.record.total })
        end)
    end)
end)
