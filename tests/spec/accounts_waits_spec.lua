--- What a run waits for, as its journal has it: the causes, how often, and how long.
local applying = require "support.applying"
local cjson = require "cjson"
local command = require "support.command"
local journals = require "auth0_accounts.journal"
local process = require "support.process"

local case = applying.case
local apply, arm, seed = applying.apply, applying.arm, applying.seed

before_each(applying.start)
after_each(applying.finish)

-- What a kind of run waited for, by cause: how often, and seconds.
local function waits(kind)
    local told, found, is_of = command.run(case.mock, { "journal", "export", case.journal }), {}, {}
    for line in told.out:gmatch "[^\n]+" do
        local name, object = next((cjson.decode(line)))
        if name == "run" then is_of[object.id] = object.kind == (kind or "apply") end
        if name == "wait" and is_of[object.run] then found[object.cause] = object end
    end
    return found
end

local function assert_near(expected, wait)
    assert.is_true(wait and wait.seconds > expected - 1 and wait.seconds < expected + 3, wait and wait.seconds)
end

local function many(count)
    local sizes = {}
    for i = 1, count do sizes[i] = 2 end
    seed(sizes)
end

describe("a journal has what a run waited for", function()
    it("rate limits: the time in which several calls wait for one counts once", function()
        many(40)
        case.mock:configure { rates = { write_users = { burst = 4, rate = 1, per = 1 } } }
        assert.equal(0, apply("--in-flight", "10").code)
        local took, found = case.mock.engine:now(), waits()
        assert.is_true(took > 60)
        assert.is_true(found.write.seconds > 0.5 * took and found.write.seconds <= took, found.write.seconds)
        assert.is_true(found.write.count > 20)
        assert.is_nil(found.throttle or found.rate_limited or found.unreachable)
    end)

    it("an answer with the status 429: as long as the tenant said, once", function()
        many(12)
        local answer, is_said = case.mock.answer, false
        case.mock.answer = function(self, request)
            if is_said or request.method ~= "POST" then return answer(self, request) end
            is_said = true
            return { how = "answered", status = 429, headers = { ["content-type"] = "application/json",
                ["retry-after"] = "20" }, body = "{}" }
        end
        assert.equal(0, apply("--in-flight", "4").code)
        local found = waits()
        assert_near(20, found.rate_limited)
        assert.is_true(not found.write or found.write.seconds < 1)
    end)

    it("tries after one that failed, by its code", function()
        arm("status;status=500", { count = 2 })
        assert.equal(0, apply("--in-flight", "1").code)
        local found = waits()
        assert.equal(2, found.server_error.count)
        assert.is_true(found.server_error.seconds > 0)
    end)

    it("the throttle file", function()
        local file = process.file "0.5\n"
        assert.equal(0, apply("--throttle-file", file, "--in-flight", "4").code)
        os.remove(file)
        local found = waits()
        assert.equal(3, found.throttle.count)
        assert_near(case.mock.engine:now(), found.throttle)
    end)

    it("a token, which takes its time", function()
        local answer = case.mock.answer
        case.mock.answer = function(self, request)
            if request.url:find("/oauth/token", 1, true) then self:advance(7) end
            return answer(self, request)
        end
        local told = command.run(case.mock, { "apply", case.plan, "-j", case.journal, "--approve", case.digest,
            "--acknowledge-events" }, { AUTH0_DOMAIN = case.mock.domain, AUTH0_CLIENT_ID = "mockclient",
            AUTH0_CLIENT_SECRET = "mocksecret" })
        assert.equal(0, told.code, told.err)
        assert_near(7, waits().token)
    end)

    it("of undo as well; verify, and an undo that is not approved, leave it as it is", function()
        local file = process.file "0.5\n"
        local function run(name, ...)
            return command.run(case.mock, { name, case.journal, "--throttle-file", file, "--in-flight", "1", ... })
        end
        assert.equal(0, apply().code)
        assert.equal(0, run("verify").code)
        assert.equal(2, run("undo").code)
        assert.is_nil(waits().throttle or waits("undo").throttle)
        assert.equal(0, run("undo", "--approve", case.digest).code)
        os.remove(file)
        assert.equal(3, waits("undo").throttle.count)
        assert.is_nil(waits().throttle)
    end)
end)

describe("a wait", function()
    it("comes to the disk with the next commit, and brings none about", function()
        assert.equal(0, apply().code)
        local opened = journals.open(case.journal)
        local function rows() return opened:statement("SELECT count(*) FROM wait WHERE cause = 'x'"):first() end
        opened:begin_run("second", "apply", 1)
        opened:add_wait("x", 1, 2)
        opened:commit()
        assert.equal(0, rows())
        opened:end_run("done", 2)
        opened:close()
        assert.same({ { 1, 2 } }, applying.ask "SELECT count, seconds FROM wait WHERE cause = 'x'")
    end)
end)
