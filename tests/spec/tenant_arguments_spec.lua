--- Mistakes in the arguments of a tenant's methods: each raises at the caller's line, in the method's name, and nothing
--- is sent.
local auth0 = require "auth0"
local mocked = require "support.mocked"

local PRIMARY = mocked.PRIMARY

local cases = {}
local function bad(method, what, arguments, sentence)
    cases[#cases + 1] = { method = method, what = what, arguments = arguments, sentence = sentence }
end

for _, method in ipairs { "link", "unlink" } do
    bad(method, "no primary", { nil, "auth0|2" }, "primary: ")
    bad(method, "no secondary", { PRIMARY }, "secondary: ")
    bad(method, "a primary that is a table", { {}, "auth0|2" }, "primary: expected a string, got a table")
    bad(method, "a secondary that is a number", { PRIMARY, 2 }, "secondary: expected a string, got a number")
    bad(method, "an account with itself", { PRIMARY, PRIMARY }, "secondary: names the same account as primary")
    bad(method, "a primary that climbs", { "auth0|a/../x", "auth0|2" }, "primary: ")
    bad(method, "options that are text", { PRIMARY, "auth0|2", "x" }, "expected a table of options, got string")
    bad(method, "an unknown option", { PRIMARY, "auth0|2", { dedline = 1 } }, 'the nearest known one is "deadline"')
    bad(method, "the tenant's option", { PRIMARY, "auth0|2", { token = "t" } }, "token: is an option of auth0.tenant")
    bad(method, "the tenant's host", { PRIMARY, "auth0|2", { domain = "x" } }, "domain: is an option of auth0.tenant")
    bad(method, "one table of all", { { primary = PRIMARY, secondary = "auth0|2" } },
        ("primary: expected a string, got a table; it is tenant:%s(primary, secondary, options)"):format(method))
    bad(method, "a deadline of 0", { PRIMARY, "auth0|2", { deadline = 0 } }, "deadline: ")
end
bad("link", "the other's option", { PRIMARY, "auth0|2", { check = true } }, "check: is an option of auth0.unlink")
bad("link", "both ways at once", { PRIMARY, "auth0|2", { link_with = "t" } }, "link_with: ")
for method, patch in pairs { user = false, identities = false, candidates = false, update_user = { a = 1 } } do
    patch = patch or nil
    bad(method, "no id", { nil, patch }, "expected an account's full id, ")
    bad(method, "an id that is a number", { 7, patch }, "expected an account's full id, got a number")
    bad(method, "an empty id", { "", patch }, "expected an account's full id, got an empty text")
    bad(method, "an id without provider", { "507f1f77", patch }, "id: expected a full id, such as auth0|507f1f77")
    bad(method, "an id that ends at its bar", { "newcomer|", patch }, 'id: ends at its "|"')
    bad(method, "an id that climbs", { "..", patch }, 'id: expected no "." and no ".."')
    bad(method, "an id that climbs when it is decoded", { "auth0|a/%2e%2e/b", patch }, 'id: has a "." or ".."')
    bad(method, "an id with a NUL", { "auth0|\0", patch }, "id: ")
end
bad("candidates", "options without an address", { {} }, "expected an account's full id, or { email = ... }")
bad("candidates", "an empty address", { { email = "" } }, "email: is empty")
bad("candidates", "an address that is a number", { { email = 7 } }, "email: expected a string, got number")
bad("candidates", "an id and an address", { PRIMARY, { email = "a@b.c" } }, "email: goes without an id")
bad("candidates", "two tables", { { email = "a@b.c" }, {} }, "expected an account's full id, got a table")
-- What a misspelt option was meant to be, in each method that takes options.
for method, case in pairs {
    user = { { PRIMARY, { include_feilds = true } }, "include_fields" },
    identities = { { PRIMARY, { atempts = 1 } }, "attempts" },
    update_user = { { PRIMARY, { name = "x" }, { eraze = true } }, "erase" },
    users_by_email = { { "a@b.c", { dedline = 1 } }, "deadline" },
    candidates = { { PRIMARY, { unverifed = true } }, "unverified" },
    connections = { { { stategy = "auth0" } }, "strategy" },
    users = { { { per_pgae = 1 } }, "per_page" },
    export = { { { on_progres = print } }, "on_progress" },
    request = { { { pth = "/api/v2/roles" } }, "path" },
} do
    bad(method, "a misspelt option", case[1], ('; the nearest known one is "%s"'):format(case[2]))
end
bad("export", "fields that are a number", { { fields = 1 } }, "fields: expected a name, or an array of names, got a")
bad("export", "no fields", { { fields = "" } }, "fields: is empty")
bad("export", "a field that is a number", { { fields = { "user_id", 2 } } }, "fields: entry 2: expected a name, or {")
bad("export", "a bad name", { { fields = { { name = "a", export_as = 1 } } } }, "fields: entry 1: expected a name")
bad("export", "a misspelt key of a field", { { fields = { { name = "a", exportas = "b" } } } },
    'fields: entry 1: has no exportas; the nearest known one is "export_as"')
bad("user", "fields that are numbers", { PRIMARY, { fields = { 1 } } }, "fields: expected a name, or an array of names")
bad("update_user", "no patch", { PRIMARY }, "patch: expected a table or JSON as a string, got a nil")
bad("update_user", "an empty patch", { PRIMARY, {} }, "patch: is empty")
bad("update_user", "an empty text", { PRIMARY, "" }, "patch: is empty")
bad("request", "nothing", {}, "expected a table of options, got nothing")
bad("request", "no path", { {} }, 'path: expected text that begins with "/api/v2/", or')
bad("request", "a path without a slash", { { path = "api/v2/roles" } }, 'path: begins with "/"')
bad("request", "a path above the API", { { path = "/users" } }, 'path: expected one that begins with "/api/v2/", as')
bad("request", "parts of it", { { path = { "users", PRIMARY } } }, 'begins with "/api/v2/", as in "/api/v2/users/..."')
bad("request", "a path with a query", { { path = "/api/v2/roles?a=b" } }, "path: has no query")
bad("request", "a path with a bar", { { path = "/api/v2/users/auth0|1" } }, "path: holds a character that has to be")
bad("request", "a path with a line feed", { { path = "/api\r\nX: 1" } }, "path: holds a character that has to be")
bad("request", "a path with half an escape", { { path = "/api/%7" } }, "path: holds a character that has to be")
bad("request", "no parts", { { path = {} } }, "path: is empty")
bad("request", "a part that is a number", { { path = { "api", 2 } } }, "path: part 2: expected a text")
for _, path in ipairs { "/api/v2/../x", "/api/v2/.", "/api/%2e%2E/x", "/api/a%2f..%2fb", "/api/a%5c..", { "api", ".." },
    { "a", "x/../y" }, { "a", "x\\..\\y" }, "/api/%252e%252E/x", "/api/%25252e./x", "/api/..;a=b/x", "/api/.;/x",
    "/api/%2e.%3b/x", { "a", "..;x" }, { "a", "%252e%252e%3B" }, "/api/%" .. ("25"):rep(30) .. "41" } do
    bad("request", "a path that climbs", { { path = path } }, ', which would lead elsewhere')
end
bad("request", "an unknown method", { { method = "PRAY", path = "/api/v2/x" } }, "method: expected GET, POST, PATCH")
bad("request", "a body of a GET", { { path = "/api/v2/x", body = {} } }, "body: does not go with GET")
bad("request", "a body that is a function", { { method = "POST", path = "/api/v2/x", body = print } }, "body: ")
bad("request", "a body that is no JSON", { { method = "POST", path = "/api/v2/x", body = { print } } },
    "body: cannot be sent: no JSON for a function")
bad("request", "a query that is text", { { path = "/api/v2/x", query = "a=b" } }, "query: ")
bad("request", "a query of tables", { { path = "/api/v2/x", query = { a = {} } } }, "query: expected names with")
bad("request", "a query without names", { { path = "/api/v2/x", query = { "a" } } }, "query: expected names with")

describe("a mistake in an argument of a tenant's method", function()
    local mock, tenant, before

    setup(function()
        mock = mocked.mock(1)
        tenant = mocked.tenant(mock)
        before = mock.model.record.total
    end)

    for _, case in ipairs(cases) do
        it(("raises in %s: %s: %s"):format(case.method, case.what, case.sentence), function()
            local a = case.arguments
            local line = debug.getinfo(1, "l").currentline + 2
            local done, message = pcall(function()
                local value = tenant[case.method](tenant, a[1], a[2], a[3])
                return value
            end)
            assert.is_false(done)
            local where = ("tenant_arguments_spec.lua:%d: tenant:%s: "):format(line, case.method)
            assert.truthy(message:find(where, 1, true), message)
            assert.truthy(message:find(case.sentence, 1, true), message)
        end)
    end

    it("raises for a dot where a colon is meant", function()
        for _, method in ipairs { "link", "user", "request", "stats", "close" } do
            local done, message = pcall(tenant[method], { path = "/x" })
            assert.is_false(done)
            local words = ("tenant:%s: is called with a colon, not with a dot"):format(method)
            assert.truthy(message:find(words, 1, true), message)
            done, message = pcall(tenant[method])
            assert.is_false(done)
            assert.truthy(message:find(words, 1, true), message)
        end
    end)

    it("raises for an array that is none", function()
        local done, message = pcall(auth0.array, "x")
        assert.is_false(done)
        assert.truthy(message:find("auth0.array: expected a table, got a string", 1, true))
    end)

    it("sent nothing", function()
        assert.same({}, mocked.requests(mock))
        assert.equal(before, mock.model.record.total)
    end)
end)
