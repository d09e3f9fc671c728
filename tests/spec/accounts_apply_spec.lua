--- auth0-accounts apply, over the model: what is approved is carried out, once, and the journal knows of all of it.
local accounts_core = require "auth0_accounts.core"
local applying = require "support.applying"
local cjson = require "cjson"
local command = require "support.command"
local process = require "support.process"
local tenant = require "support.tenant"

local case = applying.case
local apply, assert_told, seed, links = applying.apply, applying.assert_told, applying.seed, applying.links
local LINK = applying.LINK

before_each(applying.start)
after_each(applying.finish)

describe("auth0-accounts apply", function()
    it("names no method of the library's where the tenant is not reached", function()
        local answer = case.mock.answer
        case.mock.answer = function(self, request)
            return request.url:find("users-by-email", 1, true) and { how = "unreached" } or answer(self, request)
        end
        local told = apply("--in-flight", "1")
        assert.equal(4, told.code)
        assert.truthy(told.out:find("\nthe first failure: no connection to ", 1, true), told.out)
        assert.truthy(told.err:find("line 1: failed: no connection to ", 1, true), told.err)
        case.mock.answer = function() return { how = "unreached" } end
        assert.truthy(apply().err:find("^auth0%-accounts: no connection to "))
    end)

    it("takes no answer for a list that is none", function()
        local answer, path, body = case.mock.answer, nil, nil
        case.mock.answer = function(self, request)
            if not request.url:find(path, 1, true) then return answer(self, request) end
            return { how = "answered", status = 200, headers = { ["content-type"] = "application/json" }, body = body }
        end
        path = "event-streams"
        for _, lie in ipairs { "null", "[null]", "[1]", "{}", "", '{"eventStreams":5}', '{"eventStreams":[5]}',
            '{"eventStreams":[{"subscriptions":5}]}', '{"eventStreams":[{"subscriptions":[5]}]}',
            '{"eventStreams":[],"next":"for ever"}' } do
            body = lie
            assert_told(apply(), 2, nil, "cannot be read (the answer of tenant.test to event-streams is not what the "
                .. "API promises): give the token")
        end
        path = "users-by-email"
        for _, lie in ipairs { "null", "[null]", "[1]", "{}", "", "[{}]", '[{"user_id":null}]', '["x"]' } do
            body = lie
            local told = apply("--in-flight", "1")
            assert.equal(1, told.code)
            assert.truthy(told.out:find("\nthe first failure: the answer of tenant.test to users-by-email is not what "
                .. "the API promises\n", 1, true), told.out)
        end
        for _, lie in ipairs { '5', '[5,null]', '[{"provider":{},"user_id":[]}]', "null", '{"a":1}' } do
            body = ('[{"user_id":"auth0|p1","email":"person1@example.com","email_verified":true,"identities":%s},'
                .. '{"user_id":"google-oauth2|101","email":"person1@example.com","email_verified":true}]'):format(lie)
            os.remove(case.journal)
            assert.truthy(apply("--limit", "1").err:find("line 1: refused: "), lie)
        end
        assert.equal(0, links())
    end)

    it("links with three requests each, where there is metadata to write", function()
        local told = apply()
        assert_told(told, 0, "\nmade 4\n")
        assert.equal(4, links())
        assert.same({ ["GET /api/v2/event-streams"] = 1, ["GET /api/v2/users-by-email"] = 4,
            ["PATCH /api/v2/users/{id}"] = 4, [LINK.method .. " " .. LINK.template] = 4 }, case.mock:requests())
        assert.equal("600\n", (tenant.run("stat -c %a " .. process.quoted(case.journal))))
        assert.is_nil(io.open(case.journal .. "-wal"))
    end)

    it("has the intent with both images on the disk before anything is sent", function()
        local answer, seen = case.mock.answer, 0
        case.mock.answer = function(self, request)
            if request.method ~= "GET" then
                local id = request.headers["x-correlation-id"]:match "/(%d+)$"
                local copy = command.new_name()
                -- What a crash would leave: the files as they are.
                tenant.run(("cp %s %s; cp %s-wal %s-wal"):format(case.journal, copy, case.journal, copy))
                local db = assert(accounts_core.open(copy))
                local text = db:prepare("SELECT receipt FROM intent WHERE line = ?"):first(tonumber(id))
                db:close()
                os.remove(copy)
                assert(text and cjson.decode(text).secondary_was.user_metadata:find "value", "no image")
                seen = seen + 1
            end
            return answer(self, request)
        end
        assert_told(apply(), 0, "\nmade 4\n")
        assert.equal(8, seen)
    end)

    it("says that a plan has no links", function()
        seed { 1 }
        assert_told(apply(), 0, "\nthe plan has no links\n")
    end)

    it("does nothing twice: the same command again asks for nothing", function()
        assert.equal(0, apply().code)
        local before = case.mock:requests()["GET /api/v2/users-by-email"]
        assert_told(apply "--acknowledge-events", 0, "\nmade 4\n")
        assert.equal(before, case.mock:requests()["GET /api/v2/users-by-email"])
        assert.equal(4, links())
    end)

    it("links those that share an account one after another, and others together", function()
        seed { 5, 5, 5 }
        local under_way, most, together = {}, 0, 0
        local answer = case.mock.answer
        case.mock.answer = function(self, request)
            local line = (request.headers["x-correlation-id"] or ""):match "/(%d+)$"
            if line then
                local unit = math.ceil(line / 4)
                local email = request.url:match "users%-by%-email"
                if email then
                    under_way[unit] = (under_way[unit] or 0) + 1
                    most = math.max(most, under_way[unit])
                    local count = 0
                    for _, of in pairs(under_way) do count = count + (of > 0 and 1 or 0) end
                    together = math.max(together, count)
                elseif request.url:find "/identities$" then
                    under_way[unit] = under_way[unit] - 1
                end
            end
            return answer(self, request)
        end
        assert_told(apply(), 0, "\nmade 12\n")
        assert.same({ 1, 3 }, { most, together })
    end)

    it("grows a mapping of old ids and new ones as links are made", function()
        local answer, grown = case.mock.answer, nil
        case.mock.answer = function(self, request)
            if links() == 3 then grown = grown or #process.read(case.mapping) end
            return answer(self, request)
        end
        assert_told(apply("--mapping", case.mapping, "--in-flight", "1"), 0, "\nmade 4\n")
        local lines = {}
        for line in io.lines(case.mapping) do lines[#lines + 1] = cjson.decode(line) end
        assert.equal(4, #lines)
        assert.same({ line = 1, old = "google-oauth2|101", new = "auth0|p1" }, lines[1])
        assert.is_true(grown > 0 and grown < #process.read(case.mapping))
        assert.equal("600\n", (tenant.run("stat -c %a " .. process.quoted(case.mapping))))
        local whole = process.read(case.mapping)
        assert.equal(0, apply("--mapping", case.mapping).code)
        assert.equal(whole, process.read(case.mapping))
    end)

    it("writes no mapping over a file that holds something else", function()
        for _, name in ipairs { case.mapping, case.mapping .. ".csv" } do
            for _, text in ipairs { "my thesis", '{"line":1,"new":"auth0|p1","old":"google-oauth2|another"}\n',
                "old,new,line\nx,y,1\n", '{"line":1,', "x,1" } do
                os.rename(process.file(text), name)
                assert_told(apply("--mapping", name), 2, nil, "is no mapping of this journal: give another name")
                assert.equal(text, process.read(name))
            end
            os.remove(name)
        end
        assert.equal(0, links())
        assert.same({ 0 }, applying.ask "SELECT count(*) FROM run")
        for _, name in ipairs { case.mapping, case.mapping, case.mapping .. ".csv", case.mapping .. ".csv" } do
            assert.equal(0, apply("--mapping", name).code)
        end
        os.remove(case.mapping .. ".csv")
    end)

    it("leaves nothing beside a mapping that cannot take its place", function()
        local rename = os.rename
        os.rename = function() return nil, "it is busy" end -- luacheck: ignore 122
        local told = apply("--mapping", case.mapping)
        os.rename = rename -- luacheck: ignore 122
        assert_told(told, 1, nil, "the mapping cannot be written (it is busy)")
        assert.is_nil(io.open(case.mapping .. ".new"))
        assert.equal(0, links())
    end)
end)
