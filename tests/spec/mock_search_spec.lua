--- The model tenant: finding accounts.
local model = require "support.model"

local add, send, link, read, refused = model.add, model.send, model.link, model.read, model.refused

local function ids(list)
    local found = {}
    for i, user in ipairs(list) do
        found[i] = user.user_id
    end
    return found
end

describe("auth0.mock's users-by-email", function()
    before_each(function()
        model.new()
        add { user_id = "auth0|1", email = "one@example.com" }
        add { user_id = "google-oauth2|115", email = "One@Example.com" }
        add { user_id = "github|9", email = "one@example.com" }
    end)

    local function by_email(address, options)
        return send("GET", "/api/v2/users-by-email?email=" .. address, nil, options)
    end

    it("answers an array of the accounts whose address is the same, in case too", function()
        local status, list = by_email "one%40example.com"
        assert.equal(200, status)
        assert.same({ "auth0|1", "github|9" }, ids(list))
        assert.same({ "google-oauth2|115" }, ids(select(2, by_email "One%40Example.com")))
    end)

    it("answers an empty array for an address that no account has", function()
        local status, _, answer = by_email "nobody%40example.com"
        assert.same({ 200, "[]" }, { status, answer.body })
    end)

    it("sees changes at once, however far the search lags", function()
        model.set { search_lag = 60 }
        send("DELETE", "/api/v2/users/github%7C9")
        assert.same({ "auth0|1" }, ids(select(2, by_email "one%40example.com")))
    end)

    it("finds no address of a linked identity, unless it is set to", function()
        add { user_id = "github|8", email = "eight@example.com" }
        link { provider = "github", user_id = "8" }
        assert.same({}, ids(select(2, by_email "eight%40example.com")))
        model.set { email_finds_secondaries = true }
        assert.same({ "auth0|1" }, ids(select(2, by_email "eight%40example.com")))
    end)

    it("picks fields", function()
        local _, list = by_email "one%40example.com&fields=user_id,email"
        assert.same({ user_id = "auth0|1", email = "one@example.com" }, list[1])
        _, list = by_email "one%40example.com&fields=identities,created_at&include_fields=false"
        assert.is_nil(list[1].identities)
        assert.equal("auth0|1", list[1].user_id)
    end)

    it("refuses a missing address, an unknown parameter, and a scope that is too small", function()
        refused(400, "Query validation error: 'Missing required property: email'.", "invalid_query_string",
            send("GET", "/api/v2/users-by-email"))
        refused(400, "Query validation error: 'Additional properties not allowed: mail'.", "invalid_query_string",
            send("GET", "/api/v2/users-by-email?mail=x"))
        refused(403, "Insufficient scope; expected: read:users.", "insufficient_scope",
            by_email("x", model.with "update:users"))
    end)
end)

describe("auth0.mock's GET of one account", function()
    before_each(function()
        model.new()
        add { user_id = "auth0|1", email = "one@example.com", user_metadata = { a = 1 } }
    end)

    it("picks fields, or leaves them out", function()
        assert.same({ email = "one@example.com" }, select(2, read "auth0%7C1?fields=email"))
        local _, user = read "auth0%7C1?fields=identities,user_metadata&include_fields=false"
        assert.is_nil(user.identities)
        assert.equal("one@example.com", user.email)
    end)

    it("shows everything when only include_fields is said", function()
        assert.same(select(2, read "auth0%7C1"), select(2, read "auth0%7C1?include_fields=true"))
    end)

    it("refuses a flag that is none", function()
        refused(400, "Query validation error: 'Invalid value \"yes\". Value must be a boolean' on property "
            .. "include_fields.", "invalid_query_string", read "auth0%7C1?fields=email&include_fields=yes")
    end)
end)

describe("auth0.mock's search", function()
    before_each(function()
        model.new()
    end)

    local function search(query, options)
        return send("GET", "/api/v2/users" .. (query and "?" .. query or ""), nil, options)
    end

    local function add_many(count)
        for i = 1, count do
            add { user_id = ("auth0|%04d"):format(i), email = ("u%d@example.com"):format(i), logins_count = i % 7 }
        end
    end

    local function escaped(text)
        return (text:gsub("[^%w]", function(character) return ("%%%02X"):format(character:byte()) end))
    end

    describe("pages:", function()
        before_each(function()
            add_many(60)
        end)

        it("25 accounts where nothing is asked for, 50 at most", function()
            assert.equal(25, #select(2, search()))
            assert.equal(50, #select(2, search "per_page=100"))
            assert.equal(7, #select(2, search "per_page=7"))
        end)

        it("in the order in which the accounts were made", function()
            assert.same({ "auth0|0003", "auth0|0004" }, ids(select(2, search "per_page=2&page=1")))
        end)

        it("with totals when they are asked for", function()
            local status, body = search "per_page=50&page=1&include_totals=true"
            assert.equal(200, status)
            assert.same({ 50, 50, 10, 60, 10 }, { body.start, body.limit, body.length, body.total, #body.users })
        end)

        it("of 100 in a private cloud", function()
            model.set { per_page_max = 100 }
            assert.equal(60, #select(2, search "per_page=100"))
            assert.equal(50, #select(2, search()))
        end)

        it("above 100 are refused, and above the maximum when it is set to", function()
            assert.equal(400, (search "per_page=101"))
            model.set { per_page_over = "refuse" }
            refused(400, "Query validation error: 'Value 51 is greater than maximum 50' on property per_page.",
                "invalid_query_string", search "per_page=51")
        end)

        it("end after 1,000 records, with a 400", function()
            model.set { search_cap = 40 }
            assert.equal(200, (search "per_page=20&page=1"))
            refused(400, "You can only page through the first 40 records. See "
                .. "https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation", nil,
                search "per_page=20&page=2")
            assert.equal(1000, require("auth0.mock.model.settings").defaults().search_cap)
        end)

        it("take numbers only", function()
            for _, query in ipairs { "page=-1", "page=x", "per_page=1.5", "include_totals=1", "page=%zz" } do
                local status, body = search(query)
                assert.same({ 400, "invalid_query_string" }, { status, body.errorCode })
            end
        end)
    end)

    describe("sort", function()
        before_each(function()
            add { user_id = "auth0|a", name = "B" }
            add { user_id = "auth0|b", name = "A" }
            add { user_id = "auth0|c" }
            add { user_id = "auth0|d", name = "B" }
        end)

        it("orders by a field, both ways; who lacks it comes last", function()
            assert.same({ "auth0|b", "auth0|a", "auth0|d", "auth0|c" }, ids(select(2, search "sort=name:1")))
            assert.same({ "auth0|a", "auth0|d", "auth0|b", "auth0|c" }, ids(select(2, search "sort=name%3A-1")))
        end)

        it("refuses another form", function()
            assert.equal(400, (search "sort=name"))
        end)
    end)

    describe("by query", function()
        before_each(function()
            add { user_id = "auth0|1", email = "One@Example.com", name = "Ann Lee", given_name = "Ann",
                logins_count = 3, app_metadata = { plan = "Gold" }, created_at = "2020-01-01T00:00:00.000Z" }
            add { user_id = "samlp|acme|7", email = "two@example.com", name = "Bob", logins_count = 12, blocked = true }
            add { user_id = "github|9", nickname = "nine (9)" }
            add { user_id = "auth0|2", email = "linked@other.example" }
            link { provider = "github", user_id = "9" }
            link { provider = "auth0", user_id = "2" }
        end)

        for q, wanted in pairs {
            ["email:one@example.com"] = { "auth0|1" },
            ['email:"ONE@example.com"'] = { "auth0|1" },
            ["name:ann*"] = { "auth0|1" },
            ['name:"ann lee"'] = { "auth0|1" },
            ["name:ann"] = {},
            ["given_name:ANN"] = { "auth0|1" },
            ["name:b?b"] = { "samlp|acme|7" },
            ['email:"*"'] = {},
            ["user_id:auth0*"] = { "auth0|1" },
            ["user_id:AUTH0*"] = {},
            ["app_metadata.plan:Gold"] = { "auth0|1" },
            ["app_metadata.plan:gold"] = {},
            ['identities.connection:"github"'] = { "auth0|1" },
            ["identities.connection:acme AND blocked:true"] = { "samlp|acme|7" },
            ["identities.profileData.email:LINKED@other.example"] = { "auth0|1" },
            ["identities.provider:samlp OR email:one@example.com"] = { "auth0|1", "samlp|acme|7" },
            ["email:*@example.com AND NOT blocked:true"] = { "auth0|1" },
            ["email:*@example.com -blocked:true"] = { "auth0|1" },
            ["-blocked:true email:*@example.com"] = { "auth0|1" },
            ["email:*@example.com !blocked:true"] = { "auth0|1" },
            ["email:*@example.com OR NOT blocked:true"] = { "auth0|1" },
            ['user_id:a* -user_id:"auth0|1"'] = {},
            ["name:bob name:ann*"] = { "auth0|1", "samlp|acme|7" },
            ["name:bob || name:ann*"] = { "auth0|1", "samlp|acme|7" },
            ["name:bob && blocked:true"] = { "samlp|acme|7" },
            ["name:bob +logins_count:3"] = { "auth0|1" },
            ["+email:*@example.com name:bob"] = { "auth0|1", "samlp|acme|7" },
            ["+email:*@example.com -name:bob"] = { "auth0|1" },
            ["name:bob OR name:ann* AND logins_count:3"] = { "auth0|1" },
            ["name:bob OR (name:ann* AND logins_count:3)"] = { "auth0|1", "samlp|acme|7" },
            ["email:*@example.com AND (name:bob -blocked:true)"] = {},
            ["email:*@example.com AND (-blocked:true)"] = { "auth0|1" },
            ["-name:bob"] = { "auth0|1" },
            ["(name:bob OR name:ann*) AND logins_count:3"] = { "auth0|1" },
            ["logins_count:[4 TO 12]"] = { "samlp|acme|7" },
            ["logins_count:{3 TO *]"] = { "samlp|acme|7" },
            ["logins_count:[* TO 12}"] = { "auth0|1" },
            ["created_at:[2019-12-31 TO 2020-01-02]"] = { "auth0|1" },
            ["_exists_:blocked"] = { "samlp|acme|7" },
            ["NOT _exists_:blocked"] = { "auth0|1" },
            ["bob"] = { "samlp|acme|7" },
            ["identities.user_id:acme\\|7"] = { "samlp|acme|7" },
            ['identities.provider:"samlp" AND identities.user_id:"acme|7"'] = { "samlp|acme|7" },
            ["email:nobody AND email:one@example.com OR name:bob"] = {},
            ["(email:nobody AND email:one@example.com) OR name:bob"] = { "samlp|acme|7" },
        } do
            it("finds " .. q, function()
                local status, list = search("q=" .. escaped(q) .. "&search_engine=v3")
                assert.equal(200, status)
                assert.same(wanted, ids(list))
            end)
        end

        it("with many wildcards ends soon, however much there is to try", function()
            add { user_id = "auth0|long", name = ("a"):rep(255) }
            assert.same({}, ids(select(2, search("q=name:" .. ("*a"):rep(40) .. "*b"))))
            assert.same({ "auth0|long" }, ids(select(2, search("q=name:" .. ("*a?"):rep(40) .. "*"))))
        end)

        it("refuses what it cannot read", function()
            for _, q in ipairs { "(name:bob", "name:bob)", "name:", "name:bob AND", 'name:"bob',
                "-", "name:bob NOT", "--name:bob", "NOT -name:bob" } do
                local status, body = search("q=" .. escaped(q))
                assert.same({ 400, "invalid_query_string" }, { status, body.errorCode })
            end
        end)

        it("refuses checkpoint pages, which are for other lists", function()
            for _, name in ipairs { "from", "take" } do
                refused(400, ("Query validation error: 'Additional properties not allowed: %s'."):format(name),
                    "invalid_query_string", search(name .. "=1"))
            end
        end)

        it("refuses an unknown search engine, and a query that is too long", function()
            assert.equal(400, (search "search_engine=v4"))
            refused(414, "The query is too long.", nil, search("q=" .. ("x"):rep(4097)))
        end)

        it("shows the providers' tokens to those who may read them only", function()
            add { identities = { { provider = "line", user_id = "1", access_token = "secret" } } }
            assert.is_nil(select(3, search "q=user_id:line*").body:find("secret", 1, true))
            assert.is_table(select(2, search("q=user_id:line*", model.with "read:users read:user_idp_tokens")))
            assert.matches("secret", select(3, search("q=user_id:line*",
                model.with "read:users read:user_idp_tokens")).body)
        end)
    end)

    describe("lags", function()
        before_each(function()
            add { user_id = "auth0|1", name = "Old" }
            add { user_id = "github|9" }
            model.set { search_lag = 10 }
        end)

        local function names()
            local found = {}
            for i, user in ipairs(select(2, search())) do
                found[i] = user.user_id .. " " .. (user.name or "-") .. " " .. #user.identities
            end
            return found
        end

        it("behind what a read by id shows", function()
            send("PATCH", "/api/v2/users/auth0%7C1", { name = "New" })
            link { provider = "github", user_id = "9" }
            add { user_id = "auth0|3" }
            assert.equal("New", select(2, read "auth0%7C1").name)
            assert.same({ "auth0|1 Old 1", "github|9 - 1" }, names())
            model.clock = model.NOW + 9.9
            assert.same({ "auth0|1 Old 1", "github|9 - 1" }, names())
            model.clock = model.NOW + 10
            assert.same({ "auth0|1 New 2", "auth0|3 - 1" }, names())
        end)

        it("change by change, and shows an account that came back once", function()
            link { provider = "github", user_id = "9" }
            model.clock = model.NOW + 5
            send("DELETE", "/api/v2/users/auth0%7C1/identities/github/9")
            model.clock = model.NOW + 10
            assert.same({ "auth0|1 Old 2" }, names())
            model.clock = model.NOW + 15
            assert.same({ "auth0|1 Old 1", "github|9 - 1" }, names())
        end)

        it("for a linked identity too", function()
            add { user_id = "email|9", email = "old@example.com" }
            link { provider = "email", user_id = "9" }
            model.clock = model.NOW + 10
            assert.same({ "auth0|1 Old 2", "github|9 - 1" }, names())
            send("PATCH", "/api/v2/users/auth0%7C1", { email = "new@example.com", connection = "email" })
            local function address()
                return select(2, search("fields=identities"))[1].identities[2].profileData.email
            end
            assert.equal("old@example.com", address())
            model.clock = model.NOW + 20
            assert.equal("new@example.com", address())
        end)

        it("no more when it is set to 0", function()
            add { user_id = "auth0|3" }
            model.set { search_lag = 0 }
            assert.equal(3, #names())
        end)
    end)
end)
