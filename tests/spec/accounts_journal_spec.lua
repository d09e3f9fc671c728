--- What follows apply, over the model: verify, undo, mapping, and the journal itself.
local accounts_core = require "auth0_accounts.core"
local cjson = require "cjson"
local command = require "support.command"
local json = require "auth0.json"
local mock_tenant = require "auth0.mock"
local mocked = require "support.mocked"
local plans = require "support.plans"
local process = require "support.process"
local tenant = require "support.tenant"

local mock, plan, digest, journal

local function run(...)
    return command.run(mock, { ... })
end

local function assert_told(told, code, out, err)
    assert.equal(code, told.code, told.out .. told.err)
    assert.truthy(not out or told.out:find(out, 1, true), told.out)
    assert.truthy(err and told.err:find(err, 1, true) or not err and told.err == "", told.err)
end

local function apply(...)
    local told = run("apply", plan, "-j", journal, "--approve", digest, ...)
    assert.equal(0, told.code, told.out .. told.err)
end

local function verify(...)
    return run("verify", journal, ...)
end

local function undo(...)
    return run("undo", journal, "--approve", digest, ...)
end

local function as_client(body)
    local own = mocked.with_token(mock, mock:token { kind = "machine" })
    body(own)
    own:close()
end

-- What the table of doc/safety.md says an undo restores.
local RESTORED = { "user_id", "email", "email_verified", "name", "user_metadata", "app_metadata" }

local function look()
    local seen = {}
    as_client(function(own)
        for user in own:users { q = "*" } do
            local whole = assert(own:user(user.user_id))
            local kept = { identities = #whole.identities }
            for _, name in ipairs(RESTORED) do kept[name] = whole[name] ~= nil and json.encode(whole[name]) or nil end
            if kept.user_metadata == "{}" then kept.user_metadata = nil end
            seen[user.user_id] = kept
        end
    end)
    return seen
end

local function seed(sizes, options)
    mock = mock_tenant.new()
    if plan then os.remove(plan) end
    plan, digest = plans.of_mock(mock, sizes, options)
end

before_each(function()
    seed { 2, 3, 2 }
    journal = command.new_name()
end)

after_each(function()
    for _, name in ipairs { plan, journal, journal .. "-wal" } do os.remove(name) end
    plan = nil
end)

describe("auth0-accounts verify", function()
    it("has a word for each link, and ends with 0 where all were made", function()
        apply()
        assert_told(verify(), 0, "1 made auth0|p1 <- google-oauth2|101\n")
        assert_told(verify(), 0, "made 4, missing 0, elsewhere 0, changed 0\n")
        assert_told(verify "--quiet", 0, "")
    end)

    it("tells what is missing, elsewhere and changed, and ends with 1", function()
        apply()
        as_client(function(own)
            assert(own:unlink("auth0|p1", "google-oauth2|101"))
            assert(own:unlink("auth0|p2", "google-oauth2|102"))
            assert(own:link("auth0|p3", "google-oauth2|102"))
            assert(own:update_user("auth0|p2", { user_metadata = { key3 = "another" } }))
        end)
        local told = verify()
        assert_told(told, 1, "1 missing auth0|p1 <- google-oauth2|101 (the secondary is an account of its own)\n")
        assert_told(told, 1, "2 elsewhere auth0|p2 <- google-oauth2|102 (it is an identity of auth0|p3)\n")
        assert_told(told, 1, "3 changed auth0|p2 <- google-oauth2|103 (changed since: user_metadata.key3)\n")
        assert_told(told, 1, "made 1, missing 1, elsewhere 1, changed 1\n")
        local lines = {}
        for text in verify("--json").out:gmatch "[^\n]+" do -- in the order in which they came to their end
            local line = cjson.decode(text)
            lines[line.line or 5] = line
        end
        assert.same({ made = 1, missing = 1, elsewhere = 1, changed = 1 }, lines[5].counts)
        assert.same({ line = 1, word = "missing", primary = "auth0|p1", secondary = "google-oauth2|101",
            why = "the secondary is an account of its own" }, lines[1])
    end)

    it("says of a search that fails, or finds another identity, no more than is known", function()
        apply()
        as_client(function(own)
            assert(own:unlink("auth0|p2", "google-oauth2|102"))
            assert(own:link("auth0|p3", "google-oauth2|102"))
        end)
        local answer, told = mock.answer, nil
        mock.answer = function(self, request)
            return request.url:find("?", 1, true) and told or answer(self, request)
        end
        told = { how = "unreached" }
        assert.equal(4, verify().code)
        for _, body in ipairs { "[]", "[1,null]", "{}", '[{"user_id":"auth0|x","identities":5}]',
            '[{"user_id":"auth0|x","identities":[{"provider":"github","user_id":"102"},'
            .. '{"provider":"google-oauth2","user_id":"1"}]}]' } do
            told = { how = "answered", status = 200, headers = { ["content-type"] = "application/json" }, body = body }
            assert_told(verify(), 1, "missing auth0|p2 <- google-oauth2|102 (the secondary is nowhere)")
        end
    end)

    it("changes nothing, and ends with 4 where the tenant is gone, with 2 where there is no journal", function()
        apply()
        local before = #mock:changes()
        verify()
        assert.equal(before, #mock:changes())
        mock.answer = function() return { how = "unreached" } end
        assert_told(verify(), 4, "made 0, missing 0, elsewhere 0, changed 0, not read 4\n", "no connection")
        os.remove(journal)
        assert_told(verify(), 2, "", "there is no such journal")
    end)
end)

describe("auth0-accounts verify --logs", function()
    it("finds each link in the tenant's own logs, by its run and its line", function()
        local sizes = { 2, 3, 2 }
        for i = 4, 123 do sizes[i] = 2 end
        seed(sizes)
        apply("--limit", "60")
        apply()
        mock:add_user { user_id = "github|7", connection = "github" }
        as_client(function(own) assert(own:link("auth0|p1", "github|7", { correlation_id = "abc/1" })) end)
        assert_told(verify "--logs", 0, "made 124, missing 0, elsewhere 0, changed 0, unlogged 0, unrecorded 0\n")
        assert_told(verify("--logs", "--limit", "1"), 0, "changed 0, unlogged 0, unrecorded 0, not read 123\n")
        local last = verify("--logs", "--limit", "1", "--json").out:match "([^\n]*)\n$"
        assert.same({ counts = { made = 1, unlogged = 0, unrecorded = 0 }, unread = 123, reason = "limit" },
            cjson.decode(last))
    end)

    -- Of the logs, pages that `page` makes, from the second on; nil: the tenant's own.
    local function with_pages(page)
        local answer, count = mock.answer, 0
        mock.answer = function(self, request)
            if not request.url:find("/api/v2/logs?", 1, true) then return answer(self, request) end
            count = count + 1
            local told = answer(self, request)
            local list = count > 1 and count < 50 and page(count, cjson.decode(told.body))
            if list then told.body, told.headers["content-length"] = cjson.encode(list), nil end
            return told
        end
        return function() return count end
    end

    local function dated(number, seconds)
        return { log_id = ("95%018d"):format(number), type = "s",
            date = os.date("!%Y-%m-%dT%H:%M:%S.000Z", math.floor(mock:time()) + seconds) }
    end

    local function later(number, seconds)
        local list = {}
        for i = 1, 100 do list[i] = dated(100 * number + i, seconds) end
        return list
    end

    it("reads them no further than to a page that is later than each run", function()
        apply()
        mock:advance(86400)
        local pages = with_pages(function(count) return count > 2 and later(count, count == 5 and -60000 or -86000) end)
        assert_told(verify "--logs", 0, "unlogged 0, unrecorded 0\n")
        assert.equal(5, pages())
    end)

    it("reads on after an entry that is late, or out of order", function()
        apply()
        mock:advance(86400)
        local pages = with_pages(function(count, list)
            if count ~= 2 then return nil end
            local stray = dated(0, -60000)
            stray.log_id = list[1].log_id
            return { list[1], stray }
        end)
        assert_told(verify "--logs", 0, "unlogged 0, unrecorded 0\n")
        assert.is_true(pages() > 2)
    end)

    it("reads them no further than to the present, where sign-ins never end", function()
        apply()
        local pages = with_pages(function(count) return count > 2 and { dated(count, 0) } end)
        assert_told(verify "--logs", 0, "unlogged 0, unrecorded 0\n")
        assert.is_true(pages() <= 3, pages())
    end)

    it("shows on a terminal how many links it has found there", function()
        apply()
        local told = command.run(mock, { "verify", journal, "--logs" }, nil, nil, 80)
        assert.equal(0, told.code, told.err)
        assert.truthy(told.err:find "\r\27%[Kthe logs: 4 of 4  [^\r]*\r\27%[K$", told.err)
    end)

    it("tells what only one of the two has, and ends with 1", function()
        apply()
        local db = assert(require("auth0_accounts.core").open(journal))
        db:exec "UPDATE line SET state = 'failed' WHERE number = 4"
        db:close()
        local changes = mock.model.record.changes
        for i = #changes, 1, -1 do
            if changes[i].kind == "link" and changes[i].correlation:find "/2$" then table.remove(changes, i) end
        end
        local told = verify "--logs"
        assert_told(told, 1, "\n2 unlogged (was made, and the logs do not have it)\n")
        assert_told(told, 1, "\n4 unrecorded (is in the logs, and the journal does not have it as made)\n")
        assert_told(told, 1, "made 3, missing 0, elsewhere 0, changed 0, unlogged 1, unrecorded 1\n")
    end)

    it("comes to an end whatever they hold", function()
        apply()
        local run_name = mock:changes()[2].correlation:match "^(.*)/"
        local words = ',"type":"sapi","details":{"request":{"method":"post","path":"/api/v2/users/x/identities"}},'
            .. '"references":{"correlation_id":"' .. run_name .. '/99999999999999999999"}}'
        local last
        mock.answer = function(self, request)
            if not request.url:find("/logs", 1, true) then return getmetatable(mock).__index.answer(self, request) end
            return { how = "answered", status = 200, headers = {}, body = "[" .. last .. "]" }
        end
        for _, entry in ipairs { "5", "{}", '{"log_id":5}', '{"log_id":"1"' .. words } do
            last = entry
            assert_told(verify "--logs", 1, "made auth0|p1", "does not say where the next one begins")
        end
    end)

    it("ends with 3 where the token may not read them", function()
        apply()
        local told = command.run(mock, { "verify", journal, "--logs" }, { AUTH0_DOMAIN = mock.domain,
            AUTH0_TOKEN = mock:token { kind = "machine", scope = "read:users" } })
        assert.equal(3, told.code)
        assert.truthy(told.err:find("read:logs", 1, true), told.err)
    end)
end)

describe("auth0-accounts undo, by a journal,", function()
    it("offers nothing where there is nothing to take back", function()
        apply()
        assert.equal(0, undo().code)
        local told = run("undo", journal)
        assert_told(told, 0, "there is nothing to take back")
        assert.is_nil(told.out:find("--approve", 1, true))
    end)

    it("says first what cannot be brought back, who has signed in since, and the very command", function()
        apply()
        local token = mock:token { kind = "user", sub = "auth0|p2" }
        assert(token)
        mock.model.world.users:find("auth0|p2").last_login = "2030-01-01T00:00:00.000Z"
        local before = #mock:changes()
        local told = run("undo", journal)
        assert_told(told, 2, "links whose person has signed in since: 2 of 4\n")
        assert_told(told, 2, "does not get back its created_at, last_login, logins_count, picture, nickname")
        assert_told(told, 2, ("\n  auth0-accounts undo %s --approve %s\n"):format(journal, digest))
        assert.equal(before, #mock:changes())
    end)

    it("makes the accounts what they were, the last link first", function()
        seed { 2, 4, 2, 40 }
        local before = look()
        apply()
        assert.not_same(before, look())
        assert_told(undo "--in-flight=1", 0, "undone 44\n")
        assert.same(before, look())
        local order = {}
        for _, change in ipairs(mock:changes()) do
            if change.kind == "unlink" then order[#order + 1] = tonumber(change.user_id:match "10(%d+)") end
        end
        assert.equal(44, #order)
        for i = 2, #order do assert.is_true(order[i] < order[i - 1]) end
        assert_told(undo(), 0, "there is nothing to take back")
        assert.equal(44, #order)
    end)

    it("leaves what was changed since, lists it, and ends with 1", function()
        apply()
        as_client(function(own) assert(own:update_user("auth0|p1", { user_metadata = { key1 = "new" } })) end)
        local told = undo()
        assert_told(told, 1, "1 conflicts auth0|p1 <- google-oauth2|101\n  changed since, and left: user_metadata.key1")
        assert_told(told, 1, "undone 3, conflicts 1\n")
        as_client(function(own) assert.equal("new", assert(own:user "auth0|p1").user_metadata.key1) end)
    end)

    it("takes back only what the journal says was made", function()
        mock.model.world.users:find("google-oauth2|101").blocked = true
        assert.equal(1, run("apply", plan, "-j", journal, "--approve", digest).code)
        mock.model.world.users:find("google-oauth2|101").blocked = nil
        as_client(function(own) assert(own:link("auth0|p1", "google-oauth2|101")) end)
        assert_told(undo(), 0, "undone 3\n")
        as_client(function(own) assert.equal(2, #assert(own:identities "auth0|p1")) end)
    end)

    it("goes on after it was stopped", function()
        local before = look()
        apply()
        assert_told(undo("--limit", "1"), 0, "undone 1\n")
        mock:arm { fault = "status;status=403", method = "DELETE" }
        assert.equal(3, undo("--in-flight", "1").code)
        assert.equal(0, undo().code)
        assert.same(before, look())
    end)

    it("is approved by the plan's digest, and serves its tenant alone", function()
        apply()
        assert_told(run("undo", journal, "--approve", ("0"):rep(64)), 2, "links:", "was approved: auth0-accounts undo")
        mock = mock_tenant.new { domain = "other.test" }
        assert_told(undo(), 2, "", "is a journal of the tenant tenant.test, and the tenant is other.test")
    end)

    it("takes back both tries of a line that was begun twice", function()
        local before = look()
        -- The first try writes into the primary, and dies before its link is answered.
        local answer = mock.answer
        mock.answer = function(self, request)
            if request.url:find "/identities$" then
                mock:arm { fault = "reset-before", method = "GET", template = "/api/v2/users/{id}", count = 400 }
                return { how = "lost" }
            end
            return answer(self, request)
        end
        assert.equal(1, run("apply", plan, "-j", journal, "--approve", digest, "--in-flight", "1").code)
        mock.answer = answer
        mock:disarm()
        apply()
        assert_told(verify(), 0, "made 4, missing 0")
        mock:advance(700)
        assert_told(undo(), 0, "undone 4\n")
        assert.same(before, look())
    end)
end)

describe("a run that ends before all is done", function()
    it("says why, of verify and undo, too; an apply after an undo says what to do", function()
        apply()
        assert_told(verify "--limit=1", 0, "\nas many as --limit says were begun\n")
        assert_told(undo "--limit=1", 0, "undone 1\nas many as --limit says were begun\nthe same command goes on "
            .. "with the rest\n")
        assert_told(undo(), 0, "undone 3\n")
        assert_told(run("apply", plan, "-j", journal, "--approve", digest), 0, "\nundone 4\nlinks that undo took back "
            .. "stay so: to make them again, give a new plan a journal of its own\n")
    end)
end)

describe("a journal that is damaged, or was edited,", function()
    local function edited(sql)
        local db = assert(accounts_core.open(journal))
        db:exec(sql)
        db:close()
    end

    local function begin_anew(groups, option)
        seed(groups)
        os.remove(journal)
        apply(option)
    end

    local function assert_refuses(sql, words)
        edited(sql)
        local before = #mock:changes()
        assert_told(run("apply", plan, "-j", journal, "--approve", digest), 2, nil, words)
        assert.equal(before, #mock:changes())
    end

    it("takes no link of others back, nor writes what it should not", function()
        for _, sql in ipairs { "UPDATE outcome SET receipt = (SELECT receipt FROM outcome WHERE line = 2)",
            "UPDATE outcome SET receipt = '5'", "UPDATE outcome SET receipt = '{'", "UPDATE outcome SET receipt = '{}'",
            [[UPDATE outcome SET receipt = replace(receipt, '"tenant.test"', '"other.test"')]] } do
            begin_anew { 2, 2, 2 }
            edited(sql .. " WHERE line IN (1, 3)")
            local before = #mock:changes()
            for _, told in ipairs { undo "--in-flight=1", run("undo", journal), verify() } do
                assert_told(told, 2, nil, "is damaged, or was edited: line ")
            end
            assert.equal(before, #mock:changes())
        end
    end)

    -- As a plan has them: each statement makes a link that the guard would let pass.
    it("makes no link that the plan does not have", function()
        local turned = [[primary_id = secondary_id, secondary_id = primary_id, text = json_object('line', number,
            'group', unit, 'primary', json(text ->> '$.secondary'), 'secondary', json(text ->> '$.primary'))]]
        for sql, words in pairs {
            ["UPDATE line SET " .. turned .. " WHERE number = 4"] = "line 4: it is not as the plan has it",
            ["UPDATE line SET state = 'made', secondary_id = 'auth0|x' WHERE number = 4"] = "line 4: it is not as",
            ["UPDATE line SET text = text || ' ' WHERE number = 4"] = "line 4: it is not as the plan has it",
            ["UPDATE line SET unit = 1 WHERE number = 4"] = "line 4: it is not as the plan has it",
            ["DELETE FROM line WHERE number = 4"] = "line 4: it is not as the plan has it",
            ["UPDATE line SET number = 5 WHERE number = 4"] = "line 4: it is not as the plan has it",
            ["INSERT INTO line SELECT 5, 4, secondary_id, primary_id, 'waiting', text FROM line WHERE number = 4"] =
                "it has links that are not in the plan",
        } do
            begin_anew({ 2, 3, 2 }, "--limit=1")
            assert_refuses(sql, words)
        end
    end)

    it("makes none by a trigger of its own either, nor by other tables", function()
        local trigger = "CREATE TRIGGER %s AFTER INSERT ON run BEGIN UPDATE line SET primary_id = secondary_id; END"
        for _, sql in ipairs { trigger:format "t", "CREATE TABLE more (a)", "ALTER TABLE line ADD COLUMN more TEXT",
            "ALTER TABLE line RENAME TO real; CREATE VIEW line AS SELECT * FROM real", "DROP INDEX line_unit",
            "PRAGMA writable_schema=ON; INSERT INTO sqlite_master VALUES ('trigger', 'sqlite_stat1', 'run', 0, '"
                .. trigger:format "sqlite_stat1" .. "')" } do
            begin_anew({ 2, 3, 2 }, "--limit=1")
            assert_refuses(sql, "was edited: its tables are not those of a journal")
        end
        begin_anew({ 2, 3, 2 }, "--limit=1")
        edited "ANALYZE"
        apply()
    end)

    it("is told in a sentence, and changes nothing", function()
        for sql, words in pairs {
            ["UPDATE journal SET header = '{'"] = "it does not say of which plan it is",
            ["UPDATE journal SET header = '5'"] = "it does not say of which plan it is",
            ["DELETE FROM journal"] = "it does not say of which plan it is",
            ["UPDATE line SET state = 'waiting', text = '5'"] = "it is not as the plan has it",
            ["UPDATE line SET state = 'waiting', text = NULL"] = "what the plan has of it was pruned",
            ["UPDATE line SET state = 'begun'; DELETE FROM intent"] = "it was begun without a receipt",
        } do
            begin_anew { 2, 2, 2 }
            assert_refuses(sql, words)
        end
    end)

    it("is told in a sentence where the times of its runs are none", function()
        for _, change in ipairs { "run SET begun_at = 'x'", "run SET begun_at = 9e999", "intent SET at = -1" } do
            begin_anew { 2 }
            edited("UPDATE " .. change)
            assert_told(verify "--logs", 2, nil, "was edited: what should be a time is none")
        end
    end)

    it("is told in a sentence where the unit of a line is no number", function()
        apply()
        edited "UPDATE line SET unit = x'ff'"
        assert_told(run("mapping", journal), 2, nil, "line 1: its unit is no number")
    end)

    it("is printed by journal export, whatever it holds", function()
        apply()
        edited "UPDATE outcome SET message = x'1bff', elapsed = 9e999; UPDATE run SET name = x'ff'"
        local told = run("journal", "export", journal)
        assert_told(told, 0, '"message":"\\\\x1b\\\\xff"')
        assert_told(told, 0, '"elapsed":"inf"')
    end)
end)

describe("a journal that another process removes, since it could not fill it,", function()
    it("is no journal to a process that waited for it", function()
        local open = accounts_core.open
        finally(function() accounts_core.open = open end)
        accounts_core.open = function(name, ...)
            local opened = open(name, ...)
            if name == journal then os.remove(journal) end
            return opened
        end
        assert_told(run("apply", plan, "-j", journal, "--approve", digest), 1, nil,
            "it was removed, or another file has its name: give the same command again (")
        assert.same({}, mock:changes())
        accounts_core.open = open
        apply()
    end)

    it("is removed before that process gets at it, and its log with it", function()
        local broken = process.file((process.read(plan):gsub("google%-oauth2|102", "auth0|p1")))
        local remove, waiting = os.remove, nil
        finally(function() rawset(os, "remove", remove) end)
        rawset(os, "remove", function(name)
            if name == journal then
                waiting = accounts_core.open(journal):exec "BEGIN IMMEDIATE"
                assert.is_nil(io.open(journal .. "-wal"))
            end
            return remove(name)
        end)
        assert_told(run("apply", broken, "-j", journal, "--approve", accounts_core.sha256_file(broken)), 2, nil,
            "is both a primary and a secondary")
        remove(broken)
        assert.is_nil(waiting)
        assert.is_nil(io.open(journal))
    end)
end)

describe("auth0-accounts mapping", function()
    it("prints old ids and new ones, as JSON and as CSV", function()
        apply "--limit=2"
        local told = run("mapping", journal)
        assert_told(told, 0, '{"line":1,"new":"auth0|p1","old":"google-oauth2|101"}\n')
        assert.equal(2, select(2, told.out:gsub("\n", "\n")))
        told = run("mapping", journal, "--csv")
        assert.equal("old,new,line\ngoogle-oauth2|101,auth0|p1,1\ngoogle-oauth2|102,auth0|p2,2\n", told.out)
    end)

    it("has no more what was taken back, and lists that alone with --undone", function()
        apply()
        assert.equal(0, undo("--limit", "1").code)
        assert.equal(3, select(2, run("mapping", journal).out:gsub("\n", "")))
        assert_told(run("mapping", journal, "--undone"), 0, '{"line":4,"new":"auth0|p3","old":"google-oauth2|104"}\n')
        assert_told(run("mapping", journal, "--undone", "--csv"), 0, "old,new,line\ngoogle-oauth2|104,auth0|p3,4\n")
    end)

    it("makes no formula of an id", function()
        local mapping = require "auth0_accounts.apply.mapping"
        local lines = { { number = 1, primary = "=cmd|' /C calc'!A1", secondary = '+a,"b' },
            { number = 2, primary = "@SUM(1)", secondary = "-1|2" } }
        local fake = { units = function()
            return function()
                local unit = lines
                lines = nil
                return unit
            end
        end }
        local parts = {}
        for text in mapping.texts(fake, "csv") do parts[#parts + 1] = text end
        assert.equal("old,new,line\n\"'+a,\"\"b\",'=cmd|' /C calc'!A1,1\n'-1|2,'@SUM(1),2\n", table.concat(parts))
        lines = { { number = 1, primary = "auth0|a;=1;;+2", secondary = "auth0|a\t @x-y" } }
        parts = {}
        for text in mapping.texts(fake, "csv") do parts[#parts + 1] = text end
        assert.equal("old,new,line\nauth0|a\t '@x-y,auth0|a;'=1;;'+2,1\n", table.concat(parts))
    end)

    it("writes by its code what a terminal would obey, as journal export does", function()
        mock:add_user { user_id = "github|a\194\155\226\128\174", connection = "github", email = "person1@example.com",
            email_verified = true }
        local text = process.read(plan):gsub("google%-oauth2|101", "github|a\194\155\226\128\174"):gsub(
            '"digests":{[^}]*}', '"digests":{}')
        os.remove(plan)
        plan, digest = process.file(text), accounts_core.sha256(text)
        apply()
        assert.truthy(run("mapping", journal).out:find([["old":"github|a\u009b\u202e"]], 1, true))
        assert.is_nil(run("journal", "export", journal).out:find "[\128-\255]")
        assert.equal(text:match "github|a[^\"]*", run("mapping", journal, "--csv").out:match "github|a[^,]*")
        local told = tenant.run("script -qec " .. process.quoted(("%s src/auth0_accounts/command.lua mapping %s --csv")
            :format(process.lua(), journal)) .. " /dev/null </dev/null")
        assert.truthy(told:find([[github|a\u{9b}\u{202e},]], 1, true), told)
    end)
end)

describe("auth0-accounts journal", function()
    it("exports all of it, one JSON object a line", function()
        apply()
        local told = run("journal", "export", journal)
        assert.same({ 0, "" }, { told.code, told.err })
        local counts, first = {}, {}
        for line in told.out:gmatch "[^\n]+" do
            local name, object = next((cjson.decode(line)))
            counts[name] = (counts[name] or 0) + 1
            first[name] = first[name] or object
        end
        counts.wait = nil -- it has one for each cause
        assert.same({ journal = 1, run = 1, line = 4, intent = 4, outcome = 4 }, counts)
        assert.same({ digest, mock.domain }, { first.journal.plan, first.journal.domain })
        assert.same({ "planned", "merged" }, { first.intent.receipt.state, first.outcome.receipt.state })
        assert.equal(first.run.name .. "/1", first.intent.correlation)
        assert.equal("auth0|p1", first.line.text.primary.user_id)
    end)

    it("prunes: the images are gone from the file, ids stay, and nothing is taken back any more", function()
        seed { 2, 3 }
        apply()
        assert.truthy(process.read(journal):find("person1@example.com", 1, true))
        assert_told(run("journal", "prune", journal, "--older-than", "1"), 0,
            "0 links: what their accounts held is out of the journal")
        mock:advance(86400)
        assert_told(run("journal", "prune", journal, "--older-than", "1", "--json"), 0, '{"pruned":3}')
        local bytes = process.read(journal)
        for _, word in ipairs { "person1@example.com", "value", "key1", "secondary_was" } do
            assert.is_nil(bytes:find(word, 1, true), word)
        end
        assert.is_nil(io.open(journal .. "-wal"))
        assert_told(run("mapping", journal), 0, '"old":"google-oauth2|101"')
        assert_told(verify(), 0, "made 3, missing 0")
        assert_told(run("undo", journal), 2, "3 links cannot be taken back: what their accounts held was pruned")
        assert_told(undo(), 1, "refused ")
    end)

    it("tells of one pruned link in the singular", function()
        seed { 2 }
        apply()
        mock:advance(86400)
        assert_told(run("journal", "prune", journal, "--older-than", "1"), 0,
            "1 link: what its accounts held is out of the journal; undo cannot take it back any more\n")
        assert_told(run("undo", journal), 2, "\n1 link cannot be taken back: what its accounts held was pruned\n")
    end)

    it("wants --older-than for a prune, and only then", function()
        assert_told(run("journal", "prune", journal), 2, "", "missing option '--older-than'")
        assert_told(run("journal", "export", journal, "--older-than", "1"), 2, "", "unknown option '--older-than'")
        assert_told(run("journal", "export", journal), 2, "", "there is no such journal")
    end)
end)

describe("a journal", function()
    it("of a version that is not known is left alone", function()
        apply()
        local db = assert(require("auth0_accounts.core").open(journal))
        db:exec "PRAGMA user_version = 9"
        db:close()
        assert_told(verify(), 2, "", "is a journal of version 9, and this auth0-accounts knows version 1")
    end)

    it("that other users may read is refused", function()
        apply()
        tenant.run("chmod 644 " .. process.quoted(journal))
        assert_told(verify(), 2, "", "set its mode to 0600")
    end)
end)

