--- A tenant's accounts and connections, found: by address, by query, as candidates for a link.
local auth0 = require "auth0"
local mocked = require "support.mocked"

local PRIMARY = mocked.PRIMARY
local BY_EMAIL = "GET /api/v2/users-by-email"

-- What the tenant answers to reads of a path; `how` gets the answer, the request, and how many have been before.
local function spoil(mock, part_of_url, how)
    local answer, count = mock.answer, 0
    mock.answer = function(self, request)
        local told = answer(self, request)
        if request.url:find(part_of_url, 1, true) then
            how(told, request, count)
            count = count + 1
        end
        return told
    end
end

local function ids_of(list)
    local ids = {}
    for i, user in ipairs(list) do ids[i] = user.user_id end
    return ids
end

describe("users_by_email", function()
    local mock, tenant

    before_each(function()
        mock = mocked.mock(0)
        mock:add_user { user_id = "google-oauth2|2", connection = "google-oauth2", email = "Ann@Example.com" }
        mock:add_user { user_id = "auth0|3", connection = "Username-Password-Authentication", email = "bob@x.test" }
        tenant = mocked.tenant(mock)
    end)

    it("asks for the address as given, and in lower case, and shows each account once", function()
        local users, message, receipt = tenant:users_by_email "Ann@Example.com"
        assert.is_table(users, message)
        assert.same({ "google-oauth2|2", PRIMARY }, ids_of(users))
        assert.equal(200, receipt.status)
        assert.equal(2, mocked.requests(mock)[BY_EMAIL])
        assert.same({ PRIMARY }, ids_of(assert(tenant:users_by_email "ann@example.com")))
        assert.equal(3, mocked.requests(mock)[BY_EMAIL])
    end)

    it("encodes the address once, and lowers ASCII alone", function()
        mock:add_user { user_id = "auth0|4", connection = "Username-Password-Authentication",
            email = "a+b%2b&c=d@x.test" }
        assert.same({ "auth0|4" }, ids_of(assert(tenant:users_by_email "a+b%2b&c=d@x.test")))
        mock:add_user { user_id = "google-oauth2|5", connection = "google-oauth2", email = "\195\132@x.test" }
        assert.same({ "google-oauth2|5" }, ids_of(assert(tenant:users_by_email "\195\132@x.test")))
    end)

    it("finds no account: an empty array", function()
        assert.same({}, (assert(tenant:users_by_email "nobody@x.test")))
    end)

    -- Of an account: small values and large ones, and names that all accounts have.
    local function metadata(account, bytes)
        local parts, size, i = {}, 0, 0
        while size < bytes do
            i = i + 1
            parts[i] = ('"consent_%d":{"given":true,"at":"2026-11-%02dT10:%02d:11.345Z","tags":["%x","a"],"text":"%s"}')
                :format(i % 60, i % 28 + 1, account, i * account, ("What was agreed to; "):rep(i % 9))
            size = size + #parts[i]
        end
        return table.concat(parts, ",")
    end

    it("finds fifty accounts of 20 KB each", function()
        spoil(mock, "/users-by-email", function(told)
            local list = {}
            for i = 1, 50 do
                list[i] = ('{"user_id":"auth0|%d","app_metadata":{%s}}'):format(i, metadata(i, 20000))
            end
            told.body = "[" .. table.concat(list, ",") .. "]"
        end)
        assert.equal(50, #assert(tenant:users_by_email "ann@example.com"))
    end)

    it("fails where both answers together take more memory than one may", function()
        spoil(mock, "/users-by-email", function(told, _, count)
            told.body = ('[{"user_id":"auth0|%d","more":[%s0]}]'):format(count, ("[],"):rep(40000))
        end)
        assert.equal(1, #assert(tenant:users_by_email "ann@example.com"))
        local found, message, failure = tenant:users_by_email "Ann@example.com"
        assert.is_nil(found)
        assert.equal("too_large", failure.code)
        assert.truthy(message:find("its answers together take more memory than one of 1048576 bytes may", 1, true),
            message)
    end)

    it("fails where what is listed are no accounts", function()
        local body
        spoil(mock, "users-by-email", function(told) told.body = body end)
        for _, text in ipairs { "[1]", '["a"]', "[null]", "[{}]", '[{"user_id":{}}]', '[{"user_id":"a|1"},[]]' } do
            body = text
            local users, message, failure = tenant:users_by_email "ann@example.com"
            assert.is_nil(users)
            assert.same({ "bad_response", 200 }, { failure.code, failure.status })
            assert.truthy(message:find "^tenant:users_by_email: .*an account in it has no id", message)
        end
    end)

    it("has one deadline for both looks", function()
        spoil(mock, "users-by-email", function(told) told.after = 6 end)
        local began = mock.engine:now()
        local users, message, failure = tenant:users_by_email("Ann@Example.com", { deadline = 10 })
        assert.is_nil(users)
        assert.equal("timeout", failure.code, message)
        assert.is_true(mock.engine:now() - began < 10.1)
        assert.is_table((tenant:users_by_email("Ann@Example.com", { deadline = 13 })))
    end)

    it("raises for what is no address", function()
        for _, wrong in ipairs { "", 7, {} } do
            local done, message = pcall(tenant.users_by_email, tenant, wrong)
            assert.is_false(done)
            assert.truthy(message:find("tenant:users_by_email: expected an address", 1, true), message)
        end
    end)

    it("fails as other calls do", function()
        local reader = mock:token { kind = "machine", scope = "update:users" }
        tenant:close()
        tenant = mocked.with_token(mock, reader)
        local users, message, failure = tenant:users_by_email "Ann@Example.com"
        assert.is_nil(users)
        assert.equal("forbidden", failure.code)
        assert.truthy(message:find("^tenant:users_by_email: .*read:users"), message)
    end)
end)

describe("users", function()
    local mock, tenant

    local function add(count)
        for i = 1, count do
            mock:add_user { user_id = ("google-oauth2|%04d"):format(i), connection = "google-oauth2" }
        end
    end

    before_each(function()
        mock = mocked.mock(0)
        tenant = mocked.tenant(mock)
    end)

    local function count_of(options)
        local count = 0
        for user in tenant:users(options) do
            assert.is_string(user.user_id)
            count = count + 1
        end
        return count
    end

    it("shows them page after page, and asks for no page too many", function()
        add(119)
        assert.equal(120, count_of())
        assert.equal(3, mocked.requests(mock)["GET /api/v2/users"])
        assert.equal(120, count_of { per_page = 40 })
        assert.equal(6, mocked.requests(mock)["GET /api/v2/users"])
    end)

    it("asks for nothing before it is asked", function()
        local iterator = tenant:users { q = "user_id:none" }
        assert.is_nil(mocked.requests(mock)["GET /api/v2/users"])
        assert.is_nil(iterator())
        assert.is_nil(iterator())
    end)

    it("takes what the API takes", function()
        add(3)
        local users = {}
        for user in tenant:users { q = "identities.connection:google-oauth2", sort = "user_id:-1",
            fields = { "user_id" } } do
            users[#users + 1] = user
        end
        assert.same({ { user_id = "google-oauth2|0003" }, { user_id = "google-oauth2|0002" },
            { user_id = "google-oauth2|0001" } }, users)
    end)

    it("raises after the first 1,000 where there are more", function()
        add(1004)
        local count = 0
        local done, failure = pcall(function()
            for _ in tenant:users() do count = count + 1 end
        end)
        assert.is_false(done)
        assert.equal(1000, count)
        assert.equal("invalid_request", failure.code)
        assert.truthy(tostring(failure):find("finds 1005 accounts, and shows the first 1000", 1, true))
    end)

    it("ends quietly at 1,000 where there are no more", function()
        add(999)
        assert.equal(1000, count_of { per_page = 100 })
    end)

    it("raises the failure of a page", function()
        add(60)
        local count = 0
        local done, failure = pcall(function()
            for _ in tenant:users { correlation_id = count > 0 and "x" or nil, attempts = 1 } do
                count = count + 1
                if count == 50 then mock:arm { fault = "status;status=503", method = "GET" } end
            end
        end)
        assert.is_false(done)
        assert.same({ 50, "server_error", 503 }, { count, failure.code, failure.status })
        assert.truthy(tostring(failure):find("^tenant:users: "), tostring(failure))
    end)

    for _, body in ipairs { '{"ok":true}', '{"total":1}', '{"total":1,"users":7}', '{"total":1,"users":[7]}',
        '{"total":1,"users":{"a":{}}}', '{"total":"1","users":[{}]}', '{"users":[{}]}', '{"total":{},"users":[{}]}',
        '{"total":2,"users":[]}' } do
        it("raises for a page that says " .. body, function()
            spoil(mock, "/users?", function(told) told.body = body end)
            local done, failure = pcall(tenant:users())
            assert.is_false(done)
            assert.equal("bad_response", failure.code)
            assert.truthy(tostring(failure):find "^tenant:users: ", tostring(failure))
        end)
    end

    -- Pages of a server that never comes to an end, each of `rows` accounts with other ids or with the same.
    local function endless(rows, is_repeating, limit)
        spoil(mock, "/users?", function(told, _, count)
            assert(count < 1001)
            local users = {}
            local before = is_repeating and 0 or count * rows
            for i = 1, rows do users[i] = ('{"user_id":"auth0|%d"}'):format(before + i) end
            told.status = 200
            told.body = ('{"total":999999,"limit":%d,"users":[%s]}'):format(limit, table.concat(users, ","))
        end)
        local count = 0
        local done, failure = pcall(function()
            for _ in tenant:users() do count = count + 1 end
        end)
        assert.is_false(done)
        return count, failure.code, tostring(failure)
    end

    it("raises for a page that repeats an earlier one", function()
        local count, code, message = endless(50, true, 50)
        assert.same({ 50, "bad_response" }, { count, code })
        assert.truthy(message:find("a page repeats an earlier one", 1, true), message)
    end)

    it("raises for a page that is longer than was asked for, or than its own limit", function()
        local count, code, message = endless(51, false, 50)
        assert.same({ 0, "bad_response" }, { count, code })
        assert.truthy(message:find("a page has 51 users, and 50 were asked for", 1, true), message)
    end)

    it("ends after 1,000, whatever a server says of its pages", function()
        local count, code = endless(1, false, 1)
        assert.same({ 1000, "invalid_request" }, { count, code })
    end)

    it("makes do with a limit that is none", function()
        spoil(mock, "/users?", function(told) told.body = told.body:gsub('"limit":%d+', '"limit":{}') end)
        assert.equal(1, count_of())
    end)

    it("serves auth0.each, in lanes", function()
        add(119)
        local seen = {}
        assert.equal(120, auth0.each(tenant:users { per_page = 10 }, 7, function(user)
            assert(tenant:identities(user.user_id))
            assert(not seen[user.user_id])
            seen[user.user_id] = true
        end))
    end)

    it("raises at once for a mistake in its options", function()
        for _, options in ipairs { { qq = "x" }, { per_page = 0 }, { per_page = 101 }, { q = 7 } } do
            local done, message = pcall(tenant.users, tenant, options)
            assert.is_false(done)
            assert.truthy(message:find("^tenant:users: "), message)
        end
    end)
end)

describe("connections", function()
    it("are shown all, by name, and by strategy", function()
        local mock = mocked.mock(1)
        for i = 1, 120 do assert(mock:add_connection("db-" .. i, "auth0")) end
        local tenant = mocked.tenant(mock)
        assert.is_true(#assert(tenant:connections()) >= 122)
        local one = assert(tenant:connections { name = "db-7" })
        assert.same({ 1, "db-7", "auth0" }, { #one, one[1].name, one[1].strategy })
        assert.truthy(one[1].id:find "^con_")
        assert.equal(1, #assert(tenant:connections { strategy = "google-oauth2" }))
        local _, _, failure = tenant:connections { correlation_id = "fault=status;status=500", attempts = 1 }
        assert.equal("server_error", failure.code)
    end)

    it("have id, name and strategy, unless other fields are asked for", function()
        local mock = mocked.mock(1)
        local tenant = mocked.tenant(mock)
        local function fields_of(options)
            options.name = "google-oauth2"
            local names = {}
            for name in pairs(assert(tenant:connections(options))[1]) do names[#names + 1] = name end
            table.sort(names)
            return table.concat(names, ",")
        end
        assert.equal("id,name,strategy", fields_of {})
        assert.equal("id,name,strategy", fields_of { include_fields = true })
        assert.equal("id,options", fields_of { fields = { "id", "options" } })
        local all = "id,is_domain_connection,name,options,realms,strategy"
        assert.equal(all, fields_of { include_fields = false })
        assert.equal((all:gsub("options,", "")), fields_of { fields = "options", include_fields = false })
    end)
end)

describe("connections of a tenant that", function()
    local mock, tenant

    before_each(function()
        mock = mocked.mock(0)
        tenant = mocked.tenant(mock)
    end)

    for _, body in ipairs { '{"ok":true}', '{"total":1,"connections":7}', '{"total":1,"connections":[7]}',
        '{"total":1,"connections":{"a":{}}}', '{"connections":[{}]}', '{"total":"1","connections":[{}]}',
        '{"total":1,"connections":[]}' } do
        it("says " .. body .. " are a failure", function()
            spoil(mock, "/connections", function(told) told.body = body end)
            local found, message, failure = tenant:connections()
            assert.is_nil(found)
            assert.equal("bad_response", failure.code)
            assert.truthy(message:find "^tenant:connections: ", message)
        end)
    end

    local function page(total, rows, first)
        local list = {}
        local options = ("x"):rep(2000)
        for i = 1, rows do list[i] = ('{"id":"con_%d","options":"%s"}'):format(first + i, options) end
        return ('{"total":%d,"connections":[%s]}'):format(total, table.concat(list, ","))
    end

    for what, case in pairs {
        ["repeats its pages"] = { function() return page(999, 50, 0) end, "a page repeats an earlier one" },
        ["sends more than a page"] = { function() return page(999, 51, 0) end, "a page has 51 connections, and 50" },
        ["has no end of them"] = { function(count) return page(51 + count * 50, 50, count * 50) end,
            "it has 1001 connections, and the API shows the first 1000" },
    } do
        it(what .. " is a failure, and fills no memory", function()
            local before, most = nil, 0
            spoil(mock, "/connections", function(told, _, count)
                assert(count < 21)
                collectgarbage()
                before = before or collectgarbage "count"
                most = math.max(most, collectgarbage "count" - before)
                told.body = case[1](count)
            end)
            local found, message, failure = tenant:connections()
            assert.is_true(most < 8192, most .. " KiB")
            assert.is_nil(found)
            assert.equal("bad_response", failure.code)
            assert.truthy(message:find(case[2], 1, true), message)
        end)
    end

    -- Twenty pages, whose connections have so many bytes.
    local function fill(bytes)
        spoil(mock, "/connections", function(told, _, count)
            local list = {}
            for i = 1, 50 do
                list[i] = ('{"id":"con_%016d","strategy":"samlp","name":"%s"}'):format(count * 50 + i, ("x"):rep(bytes))
            end
            told.body = ('{"total":1000,"connections":[%s]}'):format(table.concat(list, ","))
        end)
    end

    it("has 1,000 with the longest names is served, as is one that was asked for all of their options", function()
        fill(128)
        assert.equal(1000, #assert(tenant:connections()))
        fill(5000)
        assert.equal(1000, #assert(tenant:connections { fields = { "id", "strategy", "options" } }))
    end)

    it("shows more than is kept of one call is a failure, unless max_response allows it", function()
        fill(9000)
        local found, message, failure = tenant:connections()
        assert.is_nil(found)
        assert.same({ "too_large", "none", 200 }, { failure.code, failure.outcome, failure.status })
        assert.equal("tenant:connections: the answer of " .. tenant.domain .. " is too large (status 200; its answers "
            .. "together take more memory than one of 524288 bytes may: raise max_response, or ask for less; request "
            .. failure.request_id .. ")", message)
        fill(9000)
        assert.equal(1000, #assert(tenant:connections { max_response = 2097152 }))
        tenant:close()
        fill(9000)
        assert.equal(1000, #assert(mocked.tenant(mock, { max_response = 2097152 }):connections()))
    end)

    for _, id in ipairs { "7", "{}", '"' .. ("x"):rep(1025) .. '"' } do
        it("gives one the id " .. id:sub(1, 3) .. " is a failure", function()
            local body = '{"total":1,"connections":[{"id":' .. id .. "}]}"
            spoil(mock, "/connections", function(told) told.body = body end)
            local found, message, failure = tenant:connections()
            assert.is_nil(found)
            assert.equal("bad_response", failure.code)
            assert.truthy(message:find("the id of a row is no text of at most 1024 bytes", 1, true), message)
        end)
    end

    it("shows one twice, since another was made meanwhile, is none", function()
        spoil(mock, "/connections", function(told, _, count)
            told.body = count == 0 and page(51, 50, 0) or page(52, 2, 49)
        end)
        assert.equal(52, #assert(tenant:connections()))
    end)

    it("always has one more end with the deadline", function()
        spoil(mock, "/connections", function(told, _, count)
            assert(count < 100)
            told.after, told.body = 4, ('{"total":%d,"connections":[{}]}'):format(count + 2)
        end)
        local found, message, failure = tenant:connections { deadline = 30 }
        assert.is_nil(found)
        assert.equal("timeout", failure.code)
        assert.truthy(message:find "^tenant:connections: ", message)
        assert.is_true(mock.engine:now() < 32, mock.engine:now())
    end)
end)

describe("candidates", function()
    local mock, tenant

    local function add(id, fields)
        local all = { user_id = id, email = "ann@example.com", email_verified = true,
            connection = id:find "^auth0" and "Username-Password-Authentication" or "google-oauth2" }
        for name, value in pairs(fields or {}) do all[name] = value end
        mock:add_user(all)
    end

    before_each(function()
        mock = mocked.mock(0)
        tenant = mocked.tenant(mock)
    end)

    it("are the other accounts with its verified address, each with its evidence", function()
        add("google-oauth2|2", { created_at = "2020-01-01T00:00:00.000Z", blocked = true })
        add("auth0|3", { created_at = "2019-01-01T00:00:00.000Z" })
        local found, message = tenant:candidates(PRIMARY)
        assert.is_table(found, message)
        assert.same({ "auth0|3", "google-oauth2|2" }, ids_of(found))
        local one, two = found[1].evidence, found[2].evidence
        assert.same({ true, true, true, false, false }, { one.both_verified, one.same_connection,
            one.is_password_account, one.is_blocked, one.has_secondaries })
        assert.same({ true, false, false, true, false }, { two.both_verified, two.same_connection,
            two.is_password_account, two.is_blocked, two.has_secondaries })
        assert.equal("2019-01-01T00:00:00.000Z", one.created_at)
        assert.equal("google-oauth2|2", found[2].user.user_id)
    end)

    it("are none where an address is not verified, unless that is asked for", function()
        for i, verified in ipairs { false, "true", "false", "" } do
            add("google-oauth2|" .. i, { email_verified = verified })
        end
        assert.same({}, (assert(tenant:candidates(PRIMARY))))
        local found = assert(tenant:candidates(PRIMARY, { unverified = true }))
        assert.equal(4, #found)
        for _, each in ipairs(found) do assert.is_false(each.evidence.both_verified) end
        assert.same({}, (assert(tenant:candidates "google-oauth2|1")))
    end)

    for what, case in pairs {
        ["no address"] = { { email = "", email_verified = false }, "no_email", "no_email" },
        ["an address that is not verified"] = { { email_verified = false }, "email_not_verified" },
        ["email_verified as a string"] = { { email_verified = "true" }, "email_verified_is_string" },
    } do
        it("say in the receipt that there was nothing to look for: " .. what, function()
            add("google-oauth2|2", case[1])
            local function reason(options)
                local found, _, receipt = tenant:candidates("google-oauth2|2", options)
                assert.equal(receipt.reason == nil, receipt.searched)
                if receipt.reason then assert.same({}, found) end
                return receipt.reason
            end
            if case[1].email == "" then spoil(mock, "/users/", function(told)
                told.body = told.body:gsub('"email":"[^"]*",?', "")
            end) end
            assert.equal(case[2], reason())
            assert.equal(case[3], reason { unverified = true })
        end)
    end

    it("say in the receipt that they were looked for", function()
        local found, _, receipt = tenant:candidates(PRIMARY)
        assert.same({}, found)
        assert.is_true(receipt.searched)
        assert.is_nil(receipt.reason)
    end)

    it("are looked for by an address alone", function()
        add("google-oauth2|2", { created_at = "2020-01-01T00:00:00.000Z", email_verified = "true" })
        add("auth0|3", { created_at = "2019-01-01T00:00:00.000Z" })
        add("auth0|4", { email = "bob@example.com" })
        local found, _, receipt = tenant:candidates { email = "ANN@example.com" }
        assert.same({ "auth0|3", PRIMARY }, ids_of(found))
        assert.is_true(receipt.searched)
        assert.is_true(found[1].evidence.is_verified)
        assert.same({}, { found[1].evidence.both_verified, found[1].evidence.same_connection })
        found = assert(tenant:candidates { email = "ann@example.com", unverified = true })
        assert.same({ "auth0|3", "google-oauth2|2", PRIMARY }, ids_of(found))
        assert.is_false(found[2].evidence.is_verified)
    end)

    it("are told to have secondaries", function()
        add "google-oauth2|2"
        mock:add_user { user_id = "github|3", connection = "github" }
        assert(tenant:link("google-oauth2|2", "github|3"))
        assert.is_true((assert(tenant:candidates(PRIMARY)))[1].evidence.has_secondaries)
    end)

    local function others(body)
        spoil(mock, "users-by-email", function(told) told.body = body end)
        return tenant:candidates(PRIMARY, { unverified = true })
    end

    it("have evidence only of the kind that it has to be, and an order, whatever the tenant says", function()
        local found = assert(others [=[[{"user_id":"a|3","email":"ann@example.com","created_at":{"a":1}},
            {"user_id":"a|2","email":"ANN@example.com","created_at":7,"last_login":[1],"logins_count":"1"},
            {"user_id":"a|1","email":"ann@example.com","created_at":"2020","identities":[{"connection":{}}]}]]=])
        assert.same({ "a|2", "a|3", "a|1" }, ids_of(found))
        for i, created_at in ipairs { false, false, "2020" } do
            local evidence = found[i].evidence
            assert.equal(created_at or nil, evidence.created_at)
            assert.is_nil(evidence.last_login or evidence.logins_count or evidence.connection)
        end
    end)

    for _, body in ipairs { "[1]", "[{},{}]", '[{"user_id":"a|1","identities":7}]',
        '[{"user_id":"a|1","identities":[7]}]', '[{"user_id":"a|1","identities":{"a":[]}}]' } do
        it("are a failure where the tenant says " .. body, function()
            local found, message, failure = others(body)
            assert.is_nil(found)
            assert.equal("bad_response", failure.code)
            assert.truthy(message:find "^tenant:candidates: ", message)
        end)
    end

    it("are a failure where the account itself is none", function()
        local body
        spoil(mock, "/users/", function(told) told.body = body end)
        for _, text in ipairs { "{}", '{"user_id":"a|1","identities":7}' } do
            body = text
            assert.equal("bad_response", select(3, tenant:candidates(PRIMARY)).code)
        end
    end)

    it("have the address that was asked for, and are not the account itself by any of its names", function()
        spoil(mock, "/users/", function(told)
            told.body = told.body:gsub('"user_id":"auth0|1"', '"user_id":"auth0|one"')
        end)
        local found = assert(others [=[[{"user_id":"auth0|1","email":"ann@example.com"},{"user_id":"a|1"},
            {"user_id":"auth0|one","email":"ann@example.com"},{"user_id":"a|2","email":"bob@example.com"},
            {"user_id":"a|3","email":"Ann@Example.com"}]]=])
        assert.same({ "a|3" }, ids_of(found))
    end)

    it("have one deadline for all that is read", function()
        mock:add_user { user_id = "github|4", connection = "github", email = "Bob@x.test", email_verified = true }
        spoil(mock, "/users", function(told) told.after = 5 end)
        assert.equal("timeout", select(3, tenant:candidates("github|4", { deadline = 12 })).code)
        assert.is_table((tenant:candidates("github|4", { deadline = 16 })))
    end)

    it("are none of an account without an address", function()
        mock:add_user { user_id = "github|3", connection = "github" }
        assert.same({}, (assert(tenant:candidates("github|3", { unverified = true }))))
    end)

    it("fail in their own name", function()
        local _, message, failure = tenant:candidates "auth0|404"
        assert.equal("not_found", failure.code)
        assert.truthy(message:find "^tenant:candidates: ", message)
    end)
end)
