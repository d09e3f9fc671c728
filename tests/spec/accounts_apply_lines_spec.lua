--- auth0-accounts apply: a line that is not made: it is stale, refused by the guard, failed, or not known.
local applying = require "support.applying"
local command = require "support.command"

local case = applying.case
local apply, assert_told, seed, arm = applying.apply, applying.assert_told, applying.seed, applying.arm
local links, as_client, edit = applying.links, applying.as_client, applying.edit
local states, ask = applying.states, applying.ask

before_each(applying.start)
after_each(applying.finish)

describe("a line that is stale", function()
    local function stale_by(change, id)
        seed { 2 }
        os.remove(case.journal)
        edit(id or "google-oauth2|101", change)
        local told = apply()
        assert.equal(1, told.code, told.out .. told.err)
        assert.equal(0, links())
        assert.same({ refused = 1 }, states())
        return told.err
    end

    it("is refused, and names the field", function()
        for name, change in pairs {
            email_verified = function(user) user.email_verified = false end,
            created_at = function(user) user.created_at = "2020-01-01T00:00:00.000Z" end,
            blocked = function(user) user.blocked = true end,
            user_metadata = function(user) user.user_metadata.more = 1 end,
            app_metadata = function(user) user.app_metadata = { more = 1 } end,
        } do
            for _, id in ipairs { "google-oauth2|101", "auth0|p1" } do
                local err = stale_by(change, id)
                assert.truthy(err:find(("line 1: refused: %s: the %s of the "):format(name, name), 1, true), err)
            end
        end
    end)

    it("is refused where an account is not under its address any more, and where both are linked already", function()
        local err = stale_by(function(user)
            case.mock.model.world.users:find(user.user_id)
            local own = require("support.mocked").with_token(case.mock, case.mock:token { kind = "machine" })
            assert(own:update_user(user.user_id, { email = "new@example.com" }))
            own:close()
        end, "auth0|p1")
        assert.truthy(err:find("email: the primary auth0|p1 is not found under the address person1@example.com", 1,
            true), err)
        seed { 2 }
        os.remove(case.journal)
        local own = require("support.mocked").with_token(case.mock, case.mock:token { kind = "machine" })
        assert(own:link("auth0|p1", "google-oauth2|101"))
        own:close()
        assert_told(apply(), 1, nil, "line 1: refused: google-oauth2|101 is an identity of the primary auth0|p1 alrea")
        assert.same({ { "false", "already_linked" } }, ask "SELECT made, code FROM outcome")
    end)

    it("does not stop the others, and is not tried again", function()
        edit("google-oauth2|101", function(user) user.blocked = true end)
        assert_told(apply(), 1, "made 3, refused 1", "blocked")
        local before = case.mock:requests()["GET /api/v2/users-by-email"]
        assert.equal(1, apply().code)
        assert.equal(before, case.mock:requests()["GET /api/v2/users-by-email"])
    end)
end)

describe("what the guard refuses", function()
    it("is not linked: a plan's options are those of the merge", function()
        seed({ 2 }, { proof = "shared_email", trusted_connections = { "google-oauth2" } })
        assert_told(apply(), 1, "refused 1", "password")
        assert.equal(0, links())
        assert.same({ { "false", "guarded" } }, ask "SELECT made, code FROM outcome")
    end)
end)

describe("a failure", function()
    it("stops the run at the first, and the same command goes on", function()
        arm "status;status=403"
        assert_told(apply("--in-flight", "1"), 3, "stopped after 1 failure\n", "line 1: failed: ")
        assert.equal(0, links())
        assert_told(apply(), 0, "\nmade 4\n")
    end)

    it("does not stop it where --max-failures allows more", function()
        arm "status;status=403"
        assert_told(apply("--max-failures", "2", "--in-flight", "1"), 3, "made 3, failed 1", "line 1: failed: ")
        assert.equal(3, links())
    end)

    it("that comes again is told with what goes past it", function()
        arm("status;status=400", { id = "auth0|p1" })
        assert_told(apply("--in-flight", "1"), 1, "if the same lines fail again, --max-failures 2 goes past them\n",
            "line 1: failed: ")
        assert.equal(0, links())
        arm("status;status=400", { id = "auth0|p1" })
        assert_told(apply("--in-flight", "1", "--max-failures", "2"), 1, "made 3, failed 1", "line 1: failed: ")
    end)

    it("of the token ends it with 3, of the network with 4", function()
        local given = { "apply", case.plan, "-j", case.journal, "--approve", case.digest, "--acknowledge-events" }
        local told = command.run(case.mock, given, { AUTH0_DOMAIN = case.mock.domain, AUTH0_TOKEN = "wrong" })
        assert.equal(3, told.code, told.err)
        local answer = case.mock.answer
        case.mock.answer = function() return { how = "unreached" } end
        told = apply "--acknowledge-events"
        assert.equal(4, told.code, told.err)
        case.mock.answer = answer
        assert_told(apply(), 0, "\nmade 4\n")
    end)

    it("of a lost answer is settled by the next run", function()
        local answer = case.mock.answer
        case.mock.answer = function(self, request)
            local told = answer(self, request)
            if request.method == "POST" and request.url:find("/identities", 1, true) then
                arm("reset-before", { method = "GET", template = "/api/v2/users/{id}", count = 400 })
                return { how = "lost" }
            end
            return told
        end
        local told = apply("--in-flight", "1")
        assert.equal(1, told.code, told.err)
        assert.same({ unknown = 1, waiting = 3 }, states())
        case.mock.answer = answer
        case.mock:disarm()
        assert_told(apply(), 0, "\nmade 4\n")
        assert.equal(4, links())
    end)
end)

describe("a link whose outcome is not known", function()
    -- The tenant makes the link, or does not, and neither its answer nor a read tells which.
    local function begin(is_made)
        seed({ 2, 2 }, { proof = "operator", user_metadata = "discard" })
        local answer = case.mock.answer
        case.mock.answer = function(self, request)
            if request.method == "POST" and request.url:find("/identities", 1, true) then
                if is_made then answer(self, request) end
                arm("reset-before", { method = "GET", template = "/api/v2/users/{id}", count = 400 })
                return { how = "lost" }
            end
            return answer(self, request)
        end
        assert.equal(1, apply("--in-flight", "1").code)
        case.mock.answer = answer
        case.mock:disarm()
        assert.same({ unknown = 1, waiting = 1 }, states())
    end

    it("stays so where the next run cannot find it out, and is found out later", function()
        begin(true)
        arm("status;status=503", { method = "GET", template = "/api/v2/users/{id}", count = 400 })
        assert.equal(1, apply("--deadline", "5").code)
        assert.same({ unknown = 1, waiting = 1 }, states())
        case.mock:disarm()
        assert_told(apply(), 0, "\nmade 2\n")
        assert.equal(2, links())
    end)

    it("stays so where another try fails, since the former one may still come", function()
        begin(false)
        arm("status;status=403", { method = "GET", template = "/api/v2/users-by-email" })
        assert.equal(3, apply().code)
        assert.same({ unknown = 1, waiting = 1 }, states())
        as_client(function(own) assert(own:link("auth0|p1", "google-oauth2|101")) end) -- as if it came late
        assert_told(apply(), 0, "\nmade 2\n")
    end)

    it("is found out by the next run where it comes in the middle of this one", function()
        begin(false)
        local answer, has_come = case.mock.answer, false
        case.mock.answer = function(self, request)
            if request.url:find("users%-by%-email") and not has_come then
                has_come = true
                local model = case.mock.model
                model.world.users:link(model.world.users:find "auth0|p1", model.world.users:find "google-oauth2|101",
                    "refuse")
            end
            return answer(self, request)
        end
        assert.equal(1, apply().code)
        assert.same({ unknown = 1, made = 1 }, states())
        assert_told(apply(), 0, "\nmade 2\n")
    end)

    it("is let go where its primary is gone", function()
        begin(true)
        as_client(function(own)
            assert(own:request { method = "DELETE", path = { "api", "v2", "users", "auth0|p1" } })
        end)
        assert_told(apply(), 1, "made 1, refused 1", "line 1: refused: ")
    end)
end)
