--- What a merge makes of answers that are not what the API promises: fields of another type, lists that hide something,
--- pages that lie. None of them lets a merge through that should not be.
local mock_tenant = require "auth0.mock"
local mocked = require "support.mocked"

local ANN, GOOGLE, ACME = "auth0|1", "google-oauth2|2", "samlp|acme|4"
local FACTOR = '[{"id":"totp|1","type":"totp","confirmed":true}]'

local mock, tenant, answers

local function codes(findings)
    local list = {}
    for i, finding in ipairs(findings) do list[i] = finding.code .. " of " .. finding.side end
    table.sort(list)
    return table.concat(list, ", ")
end

local function found(secondary, options)
    return codes(assert(tenant:preview(ANN, secondary, options or { proof = "operator" })).reasons)
end

-- A request whose address ends so is answered so: with a JSON text, or with a status and no JSON.
local function answer(ending, body, status)
    answers[#answers + 1] = { ending = ending, body = body, status = status or 200 }
end

before_each(function()
    mock, answers = mock_tenant.new(), {}
    mock:add_connection("acme", "samlp")
    mock:add_user { user_id = ANN }
    mock:add_user { user_id = GOOGLE }
    mock:add_user { user_id = ACME }
    local real = mock.answer
    mock.answer = function(self, request)
        for _, one in ipairs(answers) do
            if request.method == "GET" and request.url:find(one.ending .. "$") then
                return { how = "answered", status = one.status, body = one.body, after = 0,
                    headers = { ["content-type"] = "application/json" } }
            end
        end
        return real(self, request)
    end
    tenant = mocked.tenant(mock)
end)

after_each(function() tenant:close() end)

describe("a list that is read for the guard", function()
    local SECONDARYS = "google%-oauth2%%7C2/"

    for what, body in pairs {
        ["an error"] = '{"statusCode":403,"error":"Forbidden","details":[]}',
        ["entries that are null"] = "[null]",
        ["entries without an id"] = '[{"name":"acme"}]',
        ["an id that is a step up the path"] = '[{"id":".."}]',
        ["fewer entries than it says"] = '{"start":0,"limit":50,"total":900,"organizations":[]}',
        ["no entries where others are meant"] = '{"hints":[],"total":1}',
    } do
        it("and holds " .. what .. " is unreadable", function()
            answer(SECONDARYS .. "organizations%?page=0&per_page=50", body)
            assert.equal("unreadable of secondary", found(GOOGLE))
            assert.equal("unreadable of secondary",
                found(GOOGLE, { proof = "operator", carry = { "organizations" } }))
        end)
    end

    it("and is wrapped in an object is read, whatever stands beside it", function()
        answer(SECONDARYS .. "organizations%?page=0&per_page=50",
            '{"hints":[],"total":1,"organizations":[{"id":"org_1"}]}')
        assert.equal("organizations_lost of secondary", found(GOOGLE))
    end)

    for _, following in ipairs { "5", '""', "{}", "true" } do
        it("and goes on with " .. following .. " is unreadable, and is not asked for again", function()
            answer(SECONDARYS .. "groups%?take=50", '{"groups":[],"next":' .. following .. "}")
            assert.equal("unreadable of secondary", found(GOOGLE))
        end)
    end

    it("and goes on with a long mark is asked for with all of it", function()
        local mark = ("m/"):rep(300)
        answer(SECONDARYS .. "groups%?take=50", '{"groups":[],"next":"' .. mark .. '"}')
        answer(SECONDARYS .. "groups%?take=50&from=" .. mark:gsub("/", "%%%%2F"), '{"groups":[{"id":"grp_1"}]}')
        assert.equal("groups_lost of secondary", found(GOOGLE))
    end)

    it("and that is not answered is not said to lack a scope", function()
        answer(SECONDARYS .. "groups%?take=50", "", 404)
        local reasons = assert(tenant:preview(ANN, GOOGLE, { proof = "operator" })).reasons
        assert.equal("the groups of the secondary, google-oauth2|2, could not be read: there was no answer that can be "
            .. 'used; ask again, with a token that has read:groups. Or leave "groups" out of checks, or say unreadable '
            .. '= "allow"', reasons[1].message)
    end)
end)

describe("a second factor of the primary", function()
    for _, one in ipairs { '"false"', "0", '""', "[]", "{}" } do
        it("counts only if it is confirmed, which is not said by " .. one, function()
            answer("google%-oauth2%%7C2/authentication%-methods%?page=0&per_page=50", FACTOR)
            answer("auth0%%7C1/authentication%-methods%?page=0&per_page=50",
                '[{"id":"totp|1","type":"totp","confirmed":' .. one .. "}]")
            assert.equal("weaker_factors of primary", found(GOOGLE))
        end)
    end

    for _, one in ipairs { "false", "{}", '"guardian"', "[]", "[null]", '[""]', "0", "[false]" } do
        it("counts by the profile only if it names one, which is not done by " .. one, function()
            local profile = '{"user_id":"%s","identities":[{"provider":"%s","user_id":"%s","connection":"c",'
                .. '"isSocial":false}],"multifactor":%s}'
            answer("users/auth0%%7C1", profile:format(ANN, "auth0", "1", one))
            answer("users/google%-oauth2%%7C2", profile:format(GOOGLE, "google-oauth2", "2", '["guardian"]'))
            assert.equal("weaker_factors of primary", found(GOOGLE, { proof = "operator", checks = {} }))
        end)
    end
end)

describe("a profile", function()
    local PROFILE = '{"user_id":"google-oauth2|2","identities":[{"provider":"google-oauth2","user_id":"2",'
        .. '"connection":"google-oauth2","isSocial":true}],%s}'

    for _, members in ipairs { '"blocked":true,"blocked":false', '"blocked":true,"b\\u006cocked":null',
        '"email_verified":false,"email_verified":true', '"multifactor":["guardian"],"multifactor":[]',
        '"user_metadata":["a"]', '"app_metadata":"admin"' } do
        it("that says twice what it is, or has metadata that is no object, is unreadable: " .. members, function()
            answer("users/google%-oauth2%%7C2", PROFILE:format(members))
            local reasons = assert(tenant:preview(ANN, GOOGLE, { proof = "operator", checks = {} })).reasons
            assert.equal("unreadable of secondary", codes(reasons))
            assert.truthy(reasons[1].message:find("could not be read: there was no answer that can be used", 1, true))
        end)
    end
end)

describe("a page of another server, with the status 404,", function()
    it("does not say that a connection has no SCIM", function()
        answer("/scim%-configuration", "<html>Not Found</html>", 404)
        assert.equal("unreadable of secondary", found(ACME))
    end)

    it("does not say that an account does not exist", function()
        answer("users/google%-oauth2%%7C2", "<html>Not Found</html>", 404)
        local result, message, failure = tenant:merge(ANN, GOOGLE, { proof = "operator" })
        assert.is_nil(result)
        assert.same({ "bad_response", "none" }, { failure.code, failure.outcome })
        assert.truthy(message:find("something else than the API answered for " .. mock.domain, 1, true), message)
    end)
end)

it("an account is not trusted for the connection of an identity that it is not called after", function()
    answer("users/google%-oauth2%%7C2", '{"user_id":"google-oauth2|2","email":"ann@acme.test","email_verified":true,'
        .. '"identities":[{"provider":"github","user_id":"9","connection":"github","isSocial":true}]}')
    answer("users/auth0%%7C1", '{"user_id":"auth0|1","email":"ann@acme.test","email_verified":true,'
        .. '"identities":[{"provider":"auth0","user_id":"1","connection":"db","isSocial":false}]}')
    assert.equal("connection_not_trusted of secondary", found(GOOGLE, { proof = "shared_email", checks = {},
        password_merge = true, trusted_connections = { "github", "db" } }))
end)

it("what is to be carried, but cannot be read, is not said to be carried", function()
    answer("google%-oauth2%%7C2/organizations%?page=0&per_page=50", '[{"id":"org_1"}]')
    answer("auth0%%7C1/organizations%?page=0&per_page=50", "{}")
    local preview = assert(tenant:preview(ANN, GOOGLE,
        { proof = "operator", carry = { "organizations", "roles" }, unreadable = "allow" }))
    assert.equal("unreadable of primary", codes(preview.warnings))
    local why = {}
    for _, fate in ipairs { "carried", "not_known" } do
        for _, thing in ipairs(preview[fate]) do
            if thing.what == "organizations" then why[#why + 1] = fate .. ": " .. thing.why end
        end
    end
    assert.same({ "not_known: not carried: it could not be read" }, why)
end)

it("a connection whose id would lead out of its path is unreadable", function()
    answer("connections%?name=acme", '[{"id":"..","name":"acme"}]')
    assert.equal("unreadable of secondary", found(ACME))
end)

it("an account that was deleted and made again while on_receipt waited is not linked", function()
    local _, message, failure = tenant:merge(ANN, GOOGLE, { proof = "operator", checks = {}, on_receipt = function()
        mock:advance(11)
        assert(tenant:request { method = "DELETE", path = { "api", "v2", "users", GOOGLE } })
        mock:add_user { user_id = GOOGLE }
    end })
    assert.same({ "guarded", "none" }, { failure and failure.code, failure and failure.outcome }, message)
end)
