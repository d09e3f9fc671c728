--- auth0-accounts apply: a run: how many lines begin, how fast, what stops them, and what the user sees of it.
local applying = require "support.applying"
local command = require "support.command"
local journals = require "auth0_accounts.journal"
local process = require "support.process"
local tenant = require "support.tenant"
local throttle = require "auth0_accounts.apply.throttle"

local case = applying.case
local run, apply, assert_told = applying.run, applying.apply, applying.assert_told
local seed, links, states = applying.seed, applying.links, applying.states

before_each(applying.start)
after_each(applying.finish)

describe("a run", function()
    it("begins no more than --limit", function()
        assert_told(apply("--limit", "3"), 0, "made 3, waiting 1")
        assert_told(apply(), 0, "made 4")
    end)

    it("looks at the canary before the rest begins", function()
        assert_told(apply("--canary", "2", "--in-flight", "1"), 0, "\nmade 4\n",
            "auth0-accounts: canary: 2 links were made, and are as they should be\n")
        assert.equal(4, case.mock:requests()["GET /api/v2/users/{id}"])
        seed { 2, 2, 2, 2 }
        os.remove(case.journal)
        local answer = case.mock.answer
        case.mock.answer = function(self, request)
            if request.method == "GET" and request.url:find "/users/" then
                return { how = "answered", status = 200, headers = { ["content-type"] = "application/json" },
                    body = '{"user_id":"auth0|p1","identities":[{"provider":"auth0","user_id":"p1"}]}' }
            end
            return answer(self, request)
        end
        assert_told(apply("--canary", "2"), 1, "stopped after the canary: line ")
        assert.equal(2, links())
    end)

    it("makes as many links for the canary as it says, however many lines are refused before", function()
        local sizes = {}
        for i = 1, 8 do sizes[i] = 2 end
        seed(sizes)
        for i = 1, 4 do
            applying.edit("auth0|p" .. i, function(account) account.blocked = true end)
        end
        assert_told(apply("--canary", "2"), 1, "made 4, refused 4", "canary: 2 links were made")
        assert.equal(4, case.mock:requests()["GET /api/v2/users/{id}"])
    end)

    it("looks at the canary where --limit lets no others follow", function()
        assert_told(apply("--canary", "2", "--limit", "2", "--quiet"), 0, "")
        assert.equal(4, case.mock:requests()["GET /api/v2/users/{id}"])
    end)

    it("keeps no more lines under way than a slow tenant lets through in time, whatever --in-flight says", function()
        local sizes = {}
        for i = 1, 100 do sizes[i] = 2 end
        seed(sizes)
        case.mock:configure { rates = { global = { burst = 10, rate = 2, per = 1 } } }
        local told = apply("--in-flight", "100")
        assert.equal(0, told.code, told.out .. told.err)
        assert.equal(100, links())
        local took = case.mock.engine:now()
        assert.is_true(took < 160, took) -- 300 requests, of which 5 could be made at once
    end)

    it("ends with 4 where the tenant is gone for a minute, and goes on when it is back", function()
        local answer, gone = case.mock.answer, nil
        case.mock.answer = function(self, request)
            if links() == 2 then gone = gone or case.mock:time() end
            if gone and case.mock:time() - gone < 60 then return { how = "unreached" } end
            return answer(self, request)
        end
        assert_told(apply("--in-flight", "1"), 4, "made 2, failed 1, waiting 1", "no connection to tenant.test")
        case.mock:advance(60)
        assert_told(apply(), 0, "\nmade 4\n")
    end)

    it("reads the accounts once more where the clock of this machine is set meanwhile", function()
        for _, jump in ipairs { -3600, 3600 } do
            seed { 2, 3, 2 }
            os.remove(case.journal)
            local time = case.mock.time
            case.mock.time = function(self) return time(self) + (links() >= 2 and jump or 0) end
            assert_told(apply("--in-flight", "1"), 0, "\nmade 4\n")
            assert.equal(4, case.mock:requests()["GET /api/v2/users/{id}"])
        end
    end)

    it("leaves the share of each limit that --reserve says to the tenant's logins", function()
        local took, sizes = {}, {}
        for i = 1, 40 do sizes[i] = 2 end
        for _, share in ipairs { "0%", "80%" } do
            seed(sizes)
            os.remove(case.journal)
            case.mock:configure { rates = { global = { burst = 20, rate = 10, per = 1 } } }
            local answer, least = case.mock.answer, 20
            case.mock.answer = function(self, request)
                local told = answer(self, request)
                least = math.min(least, tonumber(told.headers["x-ratelimit-remaining"]))
                return told
            end
            assert.equal(0, apply("--reserve", share).code)
            took[share] = case.mock.engine:now()
            assert.equal(share == "80%", least >= 16, least)
        end
        assert.is_true(took["80%"] > 4 * took["0%"])
    end)

    it("obeys a file that holds it back, while it runs", function()
        local file = process.file "0.5\n"
        assert.equal(0, apply("--throttle-file", file, "--in-flight", "4").code)
        assert.is_true(case.mock.engine:now() >= 6)
        os.remove(file)
    end)

    it("obeys that file as soon as it changes, and keeps what it said where it holds no number", function()
        local file = process.file "0.001\n"
        local now, own = 0, throttle.new(file)
        local function put(text)
            os.remove(file)
            if text then os.rename(process.file(text), file) end
            own:look()
        end
        local fake = { now = function() return now end, sleep = function(_, seconds) now = now + seconds end }
        local function wait()
            local from = now
            own:wait(fake, function() return now - from >= 3 end, function() end)
            return now - from
        end
        own:look()
        assert.equal(0, wait())
        assert.equal(3, wait())
        put "10"
        assert.is_true(wait() <= 0.1)
        put "0\n"
        assert.equal(3, wait())
        for _, text in ipairs { "", "stop", "-1", "1e999", "0x", "\n5" } do
            put(text)
            assert.equal(3, wait())
            assert_told(apply("--throttle-file", file), 2, nil, "holds no number, such as 2")
        end
        put(nil)
        assert.equal(0, wait())
    end)

    it("takes Ctrl-C and SIGUSR1 before the journal is there, too", function()
        local answer, which = case.mock.answer, nil
        case.mock.answer = function(self, request)
            if request.url:find("event-streams", 1, true) then
                tenant.run(("kill -%s %s"):format(which, process.id()))
            end
            return answer(self, request)
        end
        which = "INT"
        assert_told(apply(), 130, nil, "interrupted: nothing was changed")
        assert.is_nil(io.open(case.journal))
        which = "USR1"
        assert_told(apply(), 0, "\nmade 4\n", "auth0-accounts: filling the journal: 0 of 4\n")
    end)

    it("goes by the name that --correlation-id gives it, and verify finds it in the logs", function()
        assert_told(apply("--correlation-id", "it's me"), 2, nil, "expected at most 40 visible ASCII characters")
        assert_told(run("--correlation-id", ("x"):rep(41)), 2, nil, "expected at most 40 visible ASCII characters")
        assert_told(apply("--correlation-id", "CHG/12-3"), 0, "\nmade 4\n")
        for _, change in ipairs(case.mock:changes()) do
            assert.truthy(change.correlation:find "^CHG/12%-3%-%x%x%x%x%x%x%x%x%x%x%x%x/[1-4]$", change.correlation)
        end
        local told = command.run(case.mock, { "verify", case.journal, "--logs", "--correlation-id", "x" })
        assert_told(told, 0, "made 4, missing 0")
    end)

    it("ends cleanly after Ctrl-C, with 130: what was begun has come to its end", function()
        local answer, is_pressed = case.mock.answer, false
        case.mock.answer = function(self, request)
            if request.url:find "/identities$" and not is_pressed then
                is_pressed = true
                tenant.run("kill -INT " .. process.id())
            end
            return answer(self, request)
        end
        assert_told(apply("--in-flight", "2"), 130, "interrupted: what was begun has come to its end")
        case.mock.answer = answer
        local counts = states()
        assert.is_true(counts.made >= 1 and counts.made <= 2)
        assert.equal(4, counts.made + counts.waiting)
        assert_told(apply(), 0, "\nmade 4\n")
    end)

    it("stops where the disk is full, with nothing lost, and goes on when there is room", function()
        seed { 30 }
        local of_plan = journals.of_plan
        journals.of_plan = function(...)
            local opened = of_plan(...)
            local pages = opened.db:prepare("PRAGMA page_count"):first()
            opened.db:prepare(("PRAGMA max_page_count=%d"):format(pages + 4)):first()
            return opened
        end
        local told = apply()
        journals.of_plan = of_plan
        assert_told(told, 1, nil, "nothing is lost: make room, and give the same command again")
        local made = links()
        assert.is_true(made > 0 and made < 29, made)
        assert_told(apply(), 0, "\nmade 29\n")
        assert.equal(29, links())
    end)

    local function on_terminal(columns, ...)
        local given = { "apply", case.plan, "-j", case.journal, "--approve", case.digest, ... }
        return command.run(case.mock, given, nil, nil, columns)
    end

    it("shows how far it is on a terminal, as wide as that, and not with --quiet", function()
        for _, columns in ipairs { 80, 200 } do
            seed { 2, 3, 2, 4, 5 }
            os.remove(case.journal)
            case.mock:configure { rates = { write_users = { burst = 4, rate = 1, per = 1 } } }
            local told = on_terminal(columns)
            assert.equal(0, told.code, told.err)
            local longest = 0
            for line in told.err:gmatch "\r\27%[K([^\r]*)" do longest = math.max(longest, #line) end
            assert.is_true(longest > 40 and longest < columns, longest)
            assert.truthy(told.err:find("apply: %d+ of 11  %d+%.%d/s  ETA "), told.err)
            assert.truthy(told.err:find("waits .* for the write limit") or columns == 80, told.err)
            assert.truthy(told.err:find("\r\27%[K$"), told.err)
        end
        seed { 2 }
        os.remove(case.journal)
        assert_told(on_terminal(80, "--quiet"), 0, "")
    end)

    it("writes over no line where the terminal cannot", function()
        local told = command.run(case.mock, { "apply", case.plan, "-j", case.journal, "--approve", case.digest },
            { AUTH0_DOMAIN = case.mock.domain, AUTH0_TOKEN = case.mock:token { kind = "machine" }, TERM = "dumb" },
            nil, 80)
        assert_told(told, 0, "\nmade 4\n")
    end)

    it("shows there that --throttle-file holds it back", function()
        local file = process.file "0.5\n"
        local told = on_terminal(80, "--throttle-file", file)
        os.remove(file)
        assert.equal(0, told.code, told.err)
        assert.truthy(told.err:find "\r\27%[Kapply: 2 of 4 [^\r]*  throttle 0%.5/s  %l+ %d+/50", told.err)
    end)
end)
