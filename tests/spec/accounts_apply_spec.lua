--- auth0-accounts apply, over the model: what is approved is carried out, once, and the journal knows of all of it.
local accounts_core = require "auth0_accounts.core"
local cjson = require "cjson"
local command = require "support.command"
local journals = require "auth0_accounts.journal"
local mock_tenant = require "auth0.mock"
local plans = require "support.plans"
local process = require "support.process"
local tenant = require "support.tenant"
local throttle = require "auth0_accounts.apply.throttle"

local LINK = { method = "POST", template = "/api/v2/users/{id}/identities" }

local mock, plan, digest, journal, mapping

local function run(...)
    return command.run(mock, { "apply", plan, "-j", journal, ... })
end

local function apply(...)
    return run("--approve", digest, ...)
end

local function assert_told(told, code, out, err)
    assert.equal(code, told.code, told.out .. told.err)
    assert.truthy(not out or told.out:find(out, 1, true), told.out)
    assert.truthy(err and told.err:find(err, 1, true) or not err and told.err == "", told.err)
end

local function seed(sizes, options)
    mock = mock_tenant.new()
    if plan then os.remove(plan) end
    plan, digest = plans.of_mock(mock, sizes, options)
end

local function arm(order, words)
    words = words or {}
    for name, value in pairs(LINK) do words[name] = words[name] or value end
    words.fault = order
    mock:arm(words)
end

local function links()
    local count = 0
    for _, change in ipairs(mock:changes()) do count = count + (change.kind == "link" and 1 or 0) end
    return count
end

local function as_client(body)
    local own = require("support.mocked").with_token(mock, mock:token { kind = "machine" })
    body(own)
    own:close()
end

-- Edits an account by the model, as another client would.
local function edit(id, change)
    change(mock.model.world.users:find(id))
end

local function states()
    local opened = journals.open(journal)
    local counts = opened:counts()
    opened:close()
    return counts
end

-- What a query finds in the journal.
local function ask(sql)
    local db = assert(accounts_core.open(journal))
    local rows = {}
    for one, other in db:prepare(sql):rows() do rows[#rows + 1] = other == nil and one or { one, other } end
    db:close()
    return rows
end

before_each(function()
    seed { 2, 3, 2 }
    journal, mapping = command.new_name(), command.new_name()
end)

after_each(function()
    for _, name in ipairs { plan, journal, journal .. "-wal", mapping, mapping .. ".new" } do os.remove(name) end
    plan = nil
end)

describe("auth0-accounts apply without an approval", function()
    it("prints the target first, what it would do, and the very command; it changes nothing and ends with 2", function()
        local told = run()
        assert_told(told, 2, ("tenant:  %s\nplan:    %s, SHA-256 %s\nlinks:   4; 0 groups or accounts are left alone\n")
            :format(mock.domain, plan, digest))
        local line = ("\n  auth0-accounts apply %s -j %s --approve %s\n"):format(plan, journal, digest)
        assert.truthy(told.out:find(line, 1, true), told.out)
        assert.truthy(told.out:find("\nrequests: about 12\n", 1, true), told.out)
        assert.same({}, mock:requests())
        assert.is_nil(io.open(journal))
    end)

    it("quotes names for a shell, and repeats the options that were given", function()
        local odd = command.new_name() .. " 'of' me"
        os.rename(plan, odd)
        plan = odd
        local told = run("--limit", "3", "--reserve", "20%", "--acknowledge-events", "--domain", mock.domain,
            "--resolve", "a.test:1:127.0.0.1", "--resolve", "b.test:1:127.0.0.1", "--deadline", "9", "--no-color",
            "--correlation-id", "it's$(me)")
        local line = told.out:match "\n  (auth0%-accounts apply [^\n]*)\n"
        local words = tenant.run("printf '%s\\n' " .. line)
        assert.equal(table.concat({ "auth0-accounts", "apply", plan, "-j", journal, "--approve", digest, "--reserve",
            "0.2", "--limit", "3", "--domain", mock.domain, "--resolve", "a.test:1:127.0.0.1", "--resolve",
            "b.test:1:127.0.0.1", "--deadline", "9", "--correlation-id", "it's$(me)", "--acknowledge-events",
            "--no-color", "" }, "\n"), words)
    end)

    it("repeats each option that apply, undo or every command has", function()
        local approval = require "auth0_accounts.apply.approval"
        local defined = require("auth0_accounts.command_line").of(require("auth0_accounts.arguments").parser())
        local given, names = { plan = "p", journal = "j", receipt = "r", mock_file = "x" }, {}
        local function note(options)
            for _, option in ipairs(options) do
                local name = option.names[#option.names]
                names[#names + 1] = name
                given[name:sub(3):gsub("-", "_")] = option.value and "x" or true
            end
        end
        note(defined.options)
        for _, own in ipairs(defined.commands) do
            if own.name == "apply" or own.name == "undo" then note(own.options) end
        end
        given.journal = "j"
        local words = approval.command(given, digest):gsub(" %-j ", " --journal ") .. " --help --version "
        for _, name in ipairs(names) do assert.truthy(words:find(" " .. name .. " ", 1, true), name) end
    end)

    it("repeats --mock", function()
        local accounts = command.new_name()
        local function own(...)
            return command.run(nil, { "--mock", accounts, ... }, {})
        end
        command.run(nil, { "mock", accounts }, {})
        os.remove(plan)
        own("plan", accounts, "-o", plan, "--trust-connection", "google-oauth2", "--trust-connection", "github")
        local told = own("apply", plan, "-j", journal)
        assert.truthy(told.out:find(" --mock " .. accounts .. "\n", 1, true), told.out)
        digest = told.out:match "%-%-approve (%x+)"
        assert.equal(0, own("apply", plan, "-j", journal, "--approve", digest).code)
        assert.truthy(own("undo", journal).out:find(("undo %s --approve %s --mock %s\n"):format(journal, digest,
            accounts), 1, true))
        os.remove(accounts)
    end)

    it("says what counts as evidence, since a plan may be another person's", function()
        assert.truthy(run().out:find("\nproof:   operator\n", 1, true))
        seed({ 2 }, { proof = "shared_email", trusted_connections = { "google-oauth2", "x\27" },
            password_merge = true })
        assert.truthy(run().out:find("\nproof:   shared_email, of the connections google-oauth2, x\\x1b, also of "
            .. "accounts with a password\n", 1, true), run().out)
    end)
end)

describe("auth0-accounts apply", function()
    it("names no method of the library's where the tenant is not reached", function()
        local answer = mock.answer
        mock.answer = function(self, request)
            return request.url:find("users-by-email", 1, true) and { how = "unreached" } or answer(self, request)
        end
        local told = apply("--in-flight", "1")
        assert.equal(4, told.code)
        assert.truthy(told.out:find("\nthe first failure: no connection to ", 1, true), told.out)
        assert.truthy(told.err:find("line 1: failed: no connection to ", 1, true), told.err)
        mock.answer = function() return { how = "unreached" } end
        assert.truthy(apply().err:find("^auth0%-accounts: no connection to "))
    end)

    it("takes no answer for a list that is none", function()
        local answer, path, body = mock.answer, nil, nil
        mock.answer = function(self, request)
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
            os.remove(journal)
            assert.truthy(apply("--limit", "1").err:find("line 1: refused: "), lie)
        end
        assert.equal(0, links())
    end)

    it("links with three requests each, where there is metadata to write", function()
        local told = apply()
        assert_told(told, 0, "\nmade 4\n")
        assert.equal(4, links())
        assert.same({ ["GET /api/v2/event-streams"] = 1, ["GET /api/v2/users-by-email"] = 4,
            ["PATCH /api/v2/users/{id}"] = 4, [LINK.method .. " " .. LINK.template] = 4 }, mock:requests())
        assert.equal("600\n", (tenant.run("stat -c %a " .. process.quoted(journal))))
        assert.is_nil(io.open(journal .. "-wal"))
    end)

    it("has the intent with both images on the disk before anything is sent", function()
        local answer, seen = mock.answer, 0
        mock.answer = function(self, request)
            if request.method ~= "GET" then
                local id = request.headers["x-correlation-id"]:match "/(%d+)$"
                local copy = command.new_name()
                -- What a crash would leave: the files as they are.
                tenant.run(("cp %s %s; cp %s-wal %s-wal"):format(journal, copy, journal, copy))
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
        local before = mock:requests()["GET /api/v2/users-by-email"]
        assert_told(apply "--acknowledge-events", 0, "\nmade 4\n")
        assert.equal(before, mock:requests()["GET /api/v2/users-by-email"])
        assert.equal(4, links())
    end)

    it("links those that share an account one after another, and others together", function()
        seed { 5, 5, 5 }
        local under_way, most, together = {}, 0, 0
        local answer = mock.answer
        mock.answer = function(self, request)
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
        local answer, grown = mock.answer, nil
        mock.answer = function(self, request)
            if links() == 3 then grown = grown or #process.read(mapping) end
            return answer(self, request)
        end
        assert_told(apply("--mapping", mapping, "--in-flight", "1"), 0, "\nmade 4\n")
        local lines = {}
        for line in io.lines(mapping) do lines[#lines + 1] = cjson.decode(line) end
        assert.equal(4, #lines)
        assert.same({ line = 1, old = "google-oauth2|101", new = "auth0|p1" }, lines[1])
        assert.is_true(grown > 0 and grown < #process.read(mapping))
        assert.equal("600\n", (tenant.run("stat -c %a " .. process.quoted(mapping))))
        local whole = process.read(mapping)
        assert.equal(0, apply("--mapping", mapping).code)
        assert.equal(whole, process.read(mapping))
    end)

    it("writes no mapping over a file that holds something else", function()
        for _, name in ipairs { mapping, mapping .. ".csv" } do
            for _, text in ipairs { "my thesis", '{"line":1,"new":"auth0|p1","old":"google-oauth2|another"}\n',
                "old,new,line\nx,y,1\n", '{"line":1,', "x,1" } do
                os.rename(process.file(text), name)
                assert_told(apply("--mapping", name), 2, nil, "is no mapping of this journal: give another name")
                assert.equal(text, process.read(name))
            end
            os.remove(name)
        end
        assert.equal(0, links())
        for _, name in ipairs { mapping, mapping, mapping .. ".csv", mapping .. ".csv" } do
            assert.equal(0, apply("--mapping", name).code)
        end
        os.remove(mapping .. ".csv")
    end)

    it("leaves nothing beside a mapping that cannot take its place", function()
        tenant.run("mkdir " .. process.quoted(mapping))
        assert_told(apply("--mapping", mapping), 1, nil, "the mapping cannot be written (")
        assert.is_nil(io.open(mapping .. ".new"))
        assert.equal(0, links())
    end)
end)

describe("auth0-accounts apply refuses", function()
    it("a plan that was edited since it was approved", function()
        local file = assert(io.open(plan, "a"))
        file:write "\n"
        file:close()
        assert_told(apply(), 2, nil, "and " .. digest .. " was approved: it was edited since")
        assert.same({}, mock:requests())
    end)

    it("a plan that is none, is cut, or has a line that is no link, also if it is approved", function()
        local whole = process.read(plan)
        local first = whole:match "^[^\n]*\n"
        local broken = {
            ["its first line is no header"] = "no plan",
            ["of version 2"] = whole:gsub('"plan":1', '"plan":2'),
            ["has 3 links, and its header tells of 4"] = whole:gsub("[^\n]*\n$", ""),
            ["has 0 lines of what is left alone, and its header tells of 1"] = whole:gsub('"skipped":0', '"skipped":1'),
            [":2: does not say what is left alone"] = first .. '{"skipped":"blocked"}\n',
            [":2: is no link between two accounts"] = first .. '{"line":1}\n',
            [":2: "] = first .. "{\n",
            [":3: its number is not above that of the link before"] = whole:gsub('"line":2', '"line":1'),
            ["the header lacks a domain, options, or how many"] = whole:gsub('"links":4', '"links":1.5'),
            ["1: the header lacks a domain, options"] = whole:gsub('"proof":"operator"', '"union":5,%0'),
            ["2: is no link between two accounts"] = whole:gsub('"line":1,', '"line":1e300,'),
            ["is a secondary more than once"] = whole:gsub("google%-oauth2|10[1-4]", "google-oauth2|101"),
            ["is both a primary and a secondary"] = whole:gsub("google%-oauth2|102", "auth0|p1"),
            ["is a primary of more than one group"] = whole:gsub('"auth0|p3"', '"auth0|p1"'),
        }
        for words, text in pairs(broken) do
            os.remove(plan)
            plan = process.file(text)
            digest = accounts_core.sha256(text)
            assert_told(apply(), 2, nil, words)
            assert.is_nil(io.open(journal))
        end
        assert.equal(0, links())
    end)

    it("a plan that becomes another one while it is read", function()
        local text, whole = process.read(plan), accounts_core.sha256_file
        local function put(changed)
            local file = assert(io.open(plan, "w"))
            file:write(changed)
            file:close()
        end
        finally(function() accounts_core.sha256_file = whole end)
        for _, pair in ipairs { { '"proof":"operator"', '"proof":"shared_email"' }, { "person2@", "person3@" } } do
            accounts_core.sha256_file = function(name)
                local told = whole(name)
                put((text:gsub(pair[1], pair[2])))
                return told
            end
            put(text)
            assert_told(apply(), 2, nil, "was changed while it was read")
            assert.is_nil(io.open(journal))
        end
        assert.equal(0, links())
    end)

    it("a plan of another tenant", function()
        local text = process.read(plan):gsub(mock.domain, "other.test", 1)
        os.remove(plan)
        plan, digest = process.file(text), accounts_core.sha256(text)
        assert_told(apply(), 2, nil, "is a plan of the tenant other.test, and the tenant is " .. mock.domain)
    end)

    it("the journal of another plan, and a file that is no journal", function()
        assert.equal(0, apply().code)
        local other = plan
        local text = process.read(plan):gsub('"skipped":0', '"skipped":1', 1)
        plan, digest = process.file(text), accounts_core.sha256(text)
        os.remove(other)
        assert_told(apply(), 2, nil, "is the journal of another plan")
        os.remove(journal)
        journal = process.file "some text that is no database, and long enough to be taken for one, or for none of them"
        tenant.run("chmod 600 " .. process.quoted(journal))
        assert_told(apply(), 2, nil, "is no SQLite database (file is not a database); a journal is the file "
            .. "that apply made")
    end)

    it("a journal that another process works with, and says how to find it", function()
        assert.equal(0, apply().code)
        local opened = journals.open(journal)
        assert_told(apply(), 1, nil, ('another process works with it'))
        opened:close()
        assert.equal(0, apply().code)
    end)

    it("to begin where an event stream listens to user.deleted, until that is acknowledged", function()
        mock:add_event_stream { id = "est_1", name = "cleaner", subscriptions = { "user.deleted" } }
        mock:add_event_stream { id = "est_2", name = "greeter", subscriptions = { "user.created" } }
        mock:add_event_stream { id = "est_3", name = "off", subscriptions = { "user.deleted" }, status = "disabled" }
        assert_told(apply(), 2, nil, "an event stream of this tenant listens to user.deleted (cleaner)")
        assert.equal(0, links())
        assert.equal(0, apply("--acknowledge-events").code)
    end)

    it("to begin where the event streams cannot be read, until that is acknowledged", function()
        local environment = { AUTH0_DOMAIN = mock.domain,
            AUTH0_TOKEN = mock:token { kind = "machine", scope = "read:users update:users" } }
        local told = command.run(mock, { "apply", plan, "-j", journal, "--approve", digest }, environment)
        assert_told(told, 2, nil, "give the token read:event_streams")
        assert.equal(0, command.run(mock, { "apply", plan, "-j", journal, "--approve", digest,
            "--acknowledge-events" }, environment).code)
    end)
end)

describe("a line that is stale", function()
    local function stale_by(change, id)
        seed { 2 }
        os.remove(journal)
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
            mock.model.world.users:find(user.user_id)
            local own = require("support.mocked").with_token(mock, mock:token { kind = "machine" })
            assert(own:update_user(user.user_id, { email = "new@example.com" }))
            own:close()
        end, "auth0|p1")
        assert.truthy(err:find("email: the primary auth0|p1 is not found under the address person1@example.com", 1,
            true), err)
        seed { 2 }
        os.remove(journal)
        local own = require("support.mocked").with_token(mock, mock:token { kind = "machine" })
        assert(own:link("auth0|p1", "google-oauth2|101"))
        own:close()
        assert_told(apply(), 1, nil, "line 1: refused: google-oauth2|101 is an identity of the primary auth0|p1 alrea")
        assert.same({ { "false", "already_linked" } }, ask "SELECT made, code FROM outcome")
    end)

    it("does not stop the others, and is not tried again", function()
        edit("google-oauth2|101", function(user) user.blocked = true end)
        assert_told(apply(), 1, "made 3, refused 1", "blocked")
        local before = mock:requests()["GET /api/v2/users-by-email"]
        assert.equal(1, apply().code)
        assert.equal(before, mock:requests()["GET /api/v2/users-by-email"])
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
        assert_told(apply("--in-flight", "1"), 3, "stopped after 1 failures", "line 1: failed: ")
        assert.equal(0, links())
        assert_told(apply(), 0, "\nmade 4\n")
    end)

    it("does not stop it where --max-failures allows more", function()
        arm "status;status=403"
        assert_told(apply("--max-failures", "2", "--in-flight", "1"), 3, "made 3, failed 1", "line 1: failed: ")
        assert.equal(3, links())
    end)

    it("of the token ends it with 3, of the network with 4", function()
        local given = { "apply", plan, "-j", journal, "--approve", digest, "--acknowledge-events" }
        local told = command.run(mock, given, { AUTH0_DOMAIN = mock.domain, AUTH0_TOKEN = "wrong" })
        assert.equal(3, told.code, told.err)
        local answer = mock.answer
        mock.answer = function() return { how = "unreached" } end
        told = apply "--acknowledge-events"
        assert.equal(4, told.code, told.err)
        mock.answer = answer
        assert_told(apply(), 0, "\nmade 4\n")
    end)

    it("of a lost answer is settled by the next run", function()
        local answer = mock.answer
        mock.answer = function(self, request)
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
        mock.answer = answer
        mock:disarm()
        assert_told(apply(), 0, "\nmade 4\n")
        assert.equal(4, links())
    end)
end)

describe("a link whose outcome is not known", function()
    -- The tenant makes the link, or does not, and neither its answer nor a read tells which.
    local function begin(is_made)
        seed({ 2, 2 }, { proof = "operator", user_metadata = "discard" })
        local answer = mock.answer
        mock.answer = function(self, request)
            if request.method == "POST" and request.url:find("/identities", 1, true) then
                if is_made then answer(self, request) end
                arm("reset-before", { method = "GET", template = "/api/v2/users/{id}", count = 400 })
                return { how = "lost" }
            end
            return answer(self, request)
        end
        assert.equal(1, apply("--in-flight", "1").code)
        mock.answer = answer
        mock:disarm()
        assert.same({ unknown = 1, waiting = 1 }, states())
    end

    it("stays so where the next run cannot find it out, and is found out later", function()
        begin(true)
        arm("status;status=503", { method = "GET", template = "/api/v2/users/{id}", count = 400 })
        assert.equal(1, apply("--deadline", "5").code)
        assert.same({ unknown = 1, waiting = 1 }, states())
        mock:disarm()
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
        local answer, has_come = mock.answer, false
        mock.answer = function(self, request)
            if request.url:find("users%-by%-email") and not has_come then
                has_come = true
                local model = mock.model
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

describe("a run", function()
    it("begins no more than --limit", function()
        assert_told(apply("--limit", "3"), 0, "made 3, waiting 1")
        assert_told(apply(), 0, "made 4")
    end)

    it("looks at the canary before the rest begins", function()
        assert_told(apply("--canary", "2", "--in-flight", "1"), 0, "\nmade 4\n")
        assert.equal(4, mock:requests()["GET /api/v2/users/{id}"])
        seed { 2, 2, 2, 2 }
        os.remove(journal)
        local answer = mock.answer
        mock.answer = function(self, request)
            if request.method == "GET" and request.url:find "/users/" then
                return { how = "answered", status = 200, headers = { ["content-type"] = "application/json" },
                    body = '{"user_id":"auth0|p1","identities":[{"provider":"auth0","user_id":"p1"}]}' }
            end
            return answer(self, request)
        end
        assert_told(apply("--canary", "2"), 1, "stopped after the canary: line ")
        assert.equal(2, links())
    end)

    it("keeps no more lines under way than a slow tenant lets through in time, whatever --in-flight says", function()
        local sizes = {}
        for i = 1, 100 do sizes[i] = 2 end
        seed(sizes)
        mock:configure { rates = { global = { burst = 10, rate = 2, per = 1 } } }
        local told = apply("--in-flight", "100")
        assert.equal(0, told.code, told.out .. told.err)
        assert.equal(100, links())
        assert.is_true(mock.engine:now() < 160, mock.engine:now()) -- 300 requests, of which 5 could be made at once
    end)

    it("ends with 4 where the tenant is gone for a minute, and goes on when it is back", function()
        local answer, gone = mock.answer, nil
        mock.answer = function(self, request)
            if links() == 2 then gone = gone or mock:time() end
            if gone and mock:time() - gone < 60 then return { how = "unreached" } end
            return answer(self, request)
        end
        assert_told(apply("--in-flight", "1"), 4, "made 2, failed 1, waiting 1", "no connection to tenant.test")
        mock:advance(60)
        assert_told(apply(), 0, "\nmade 4\n")
    end)

    it("reads the accounts once more where the clock of this machine is set meanwhile", function()
        for _, jump in ipairs { -3600, 3600 } do
            seed { 2, 3, 2 }
            os.remove(journal)
            local time = mock.time
            mock.time = function(self) return time(self) + (links() >= 2 and jump or 0) end
            assert_told(apply("--in-flight", "1"), 0, "\nmade 4\n")
            assert.equal(4, mock:requests()["GET /api/v2/users/{id}"])
        end
    end)

    it("obeys a file that holds it back, while it runs", function()
        local file = process.file "0.5\n"
        assert.equal(0, apply("--throttle-file", file, "--in-flight", "4").code)
        assert.is_true(mock.engine:now() >= 6)
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
            own:wait(fake, function() return now - from >= 3 end)
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
        local answer, which = mock.answer, nil
        mock.answer = function(self, request)
            if request.url:find("event-streams", 1, true) then
                tenant.run(("kill -%s %s"):format(which, process.id()))
            end
            return answer(self, request)
        end
        which = "INT"
        assert_told(apply(), 130, nil, "interrupted: nothing was changed")
        assert.is_nil(io.open(journal))
        which = "USR1"
        assert_told(apply(), 0, "\nmade 4\n", "auth0-accounts: filling the journal: 0 of 4\n")
    end)

    it("goes by the name that --correlation-id gives it, and verify finds it in the logs", function()
        assert_told(apply("--correlation-id", "it's me"), 2, nil, "expected at most 40 visible ASCII characters")
        assert_told(run("--correlation-id", ("x"):rep(41)), 2, nil, "expected at most 40 visible ASCII characters")
        assert_told(apply("--correlation-id", "CHG/12-3"), 0, "\nmade 4\n")
        for _, change in ipairs(mock:changes()) do
            assert.truthy(change.correlation:find "^CHG/12%-3%-%x%x%x%x%x%x%x%x%x%x%x%x/[1-4]$", change.correlation)
        end
        assert_told(command.run(mock, { "verify", journal, "--logs", "--correlation-id", "x" }), 0, "made 4, missing 0")
    end)

    it("ends cleanly after Ctrl-C, with 130: what was begun has come to its end", function()
        local answer, is_pressed = mock.answer, false
        mock.answer = function(self, request)
            if request.url:find "/identities$" and not is_pressed then
                is_pressed = true
                tenant.run("kill -INT " .. process.id())
            end
            return answer(self, request)
        end
        assert_told(apply("--in-flight", "2"), 130, "interrupted: what was begun has come to its end")
        mock.answer = answer
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

    it("shows how far it is on a terminal, as wide as that, and not with --quiet", function()
        for _, columns in ipairs { 80, 200 } do
            seed { 2, 3, 2, 4, 5 }
            os.remove(journal)
            mock:configure { rates = { write_users = { burst = 4, rate = 1, per = 1 } } }
            local told = command.run(mock, { "apply", plan, "-j", journal, "--approve", digest }, nil, nil, columns)
            assert.equal(0, told.code, told.err)
            local longest = 0
            for line in told.err:gmatch "\r\27%[K([^\r]*)" do longest = math.max(longest, #line) end
            assert.is_true(longest > 40 and longest < columns, longest)
            assert.truthy(told.err:find("apply: %d+ of 11  %d+%.%d/s  ETA "), told.err)
            assert.truthy(told.err:find("waits .* for the write limit") or columns == 80, told.err)
            assert.truthy(told.err:find("\r\27%[K$"), told.err)
        end
        seed { 2 }
        os.remove(journal)
        local told = command.run(mock, { "apply", plan, "-j", journal, "--approve", digest, "--quiet" }, nil, nil, 80)
        assert_told(told, 0, "")
    end)
end)
