--- The model tenant: what holds for every request.
local mock = require "auth0.mock.model"
local model = require "support.model"

local add, send, link, read, refused = model.add, model.send, model.link, model.read, model.refused

describe("auth0.mock", function()
    local tenant

    before_each(function()
        tenant = model.new()
    end)

    describe("when it is made", function()
        it("names the function that is missing", function()
            assert.has_error(function() mock.new { sign = print, verify = print, now = print } end,
                "auth0.mock.model.new: random is a function that you hand in")
        end)

        it("gives the same ids in every run from the same randomness", function()
            local first = add { email = "a@example.com" }
            local other = mock.new { sign = print, verify = print, random = model.steady_random(), now = os.time }
            assert.equal(first.user_id, other:add_user({ email = "b@example.com" }).user_id)
        end)
    end)

    describe("a bearer", function()
        before_each(function()
            add { user_id = "auth0|1" }
        end)

        local function unauthorized(message, token)
            local status, body = read("auth0%7C1", { token = token })
            assert.equal(401, status)
            assert.same({ statusCode = 401, error = "Unauthorized", message = message,
                attributes = { error = message } }, body)
        end

        it("is needed", function()
            unauthorized("Missing authentication", "none")
        end)

        it("is refused when it is no token, is forged, or has another algorithm", function()
            unauthorized("Invalid token", "rubbish")
            unauthorized("Invalid signature received for JSON Web Token validation", "forged")
            unauthorized("Invalid token", tenant:token { kind = "machine", alg = "HS256" })
        end)

        it("expires by the clock that was handed in", function()
            local expiry = math.floor(model.NOW) + 86400
            model.clock = expiry - 0.001
            assert.equal(200, (read "auth0%7C1"))
            model.clock = expiry
            unauthorized("Expired token received for JSON Web Token validation", model.machine)
        end)

        it("is refused when it is an ID token, or another tenant's", function()
            unauthorized("Invalid token", tenant:token { kind = "id", sub = "auth0|1" })
            unauthorized("Invalid token", tenant:token { kind = "machine", claims = { iss = "https://elsewhere/" } })
        end)

        it("needs the scope", function()
            refused(403, "Insufficient scope; expected: read:users, read:current_user.", "insufficient_scope",
                read("auth0%7C1", { token = tenant:token { kind = "machine", scope = "update:users" } }))
            refused(403, "Insufficient scope; expected: update:users, update:current_user_identities.",
                "insufficient_scope", link({ provider = "auth0", user_id = "2" },
                    { token = tenant:token { kind = "machine", scope = "read:users" } }))
        end)
    end)

    describe("the record", function()
        it("holds every change in commit order, with the request that made it", function()
            add { user_id = "auth0|1" }
            send("POST", "/api/v2/users", { connection = model.DATABASE, user_id = "2" })
            local _, _, answer = link({ provider = "auth0", user_id = "auth0|2" }, { correlation = "job-7" })
            send("DELETE", "/api/v2/users/auth0%7C1/identities/auth0/2")
            send("DELETE", "/api/v2/users/auth0%7C2")
            local kinds = {}
            for n, change in ipairs(tenant.record.changes) do
                assert.equal(n, change.n)
                kinds[n] = change.kind
            end
            assert.same({ "create", "link", "unlink", "delete" }, kinds)
            assert.same({ n = 2, kind = "link", primary = "auth0|1", provider = "auth0", user_id = "2",
                correlation = "job-7", request_id = answer.headers["ot-baggage-auth0-request-id"],
                method = "POST", path = "/api/v2/users/auth0%7C1/identities", subject = "mockclient@clients",
                time = model.NOW, status = 201 }, tenant.record.changes[2])
        end)

        it("counts requests by method and template, those that are refused too", function()
            read "auth0%7C1"
            read("auth0%7C2", { token = "none" })
            send("GET", "/api/v2/nothing")
            assert.same({ ["GET /api/v2/users/{id}"] = 2, ["GET (no such path)"] = 1 }, tenant.record.requests)
        end)

        it("is empty after a reset, as the tenant is", function()
            add { user_id = "auth0|1" }
            read "auth0%7C1"
            tenant:reset()
            assert.same({}, tenant.record.requests)
            assert.equal(404, (read "auth0%7C1"))
        end)
    end)

    it("answers 404 for a path that it does not have", function()
        refused(404, "Not Found", nil, send("GET", "/api/v2/clients"))
        refused(404, "Not Found", nil, send("GET", "/api/v2/users/"))
        refused(404, "Not Found", nil, send("PUT", "/api/v2/users/auth0%7C1"))
    end)

    it("knows what its tokens may say, and refuses a kind that it does not know", function()
        local token, message = tenant:token { kind = "robot" }
        assert.is_nil(token)
        assert.matches("kind is machine, user or id", message)
        assert.is_string(tenant:token { claims = { sub = "anyone" } })
    end)
end)

describe("auth0.mock.timestamp", function()
    local timestamp = require "auth0.mock.text.timestamp"

    it("knows the calendar", function()
        assert.equal("1970-01-01T00:00:00.000Z", timestamp.text(0))
        assert.equal("2000-02-29T23:59:59.999Z", timestamp.text(951868799.999))
        assert.equal("2026-11-23T00:00:00.000Z", timestamp.text(1795392000))
        assert.equal("2100-03-01T00:00:00.000Z", timestamp.text(4107542400))
    end)
end)
