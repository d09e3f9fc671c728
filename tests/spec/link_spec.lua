--- auth0.link: what it sends, byte for byte, and what it makes of the answer.
local auth0 = require "auth0"
local linking = require "support.linking"
local tenant = require "support.tenant"

local json = tenant.json

describe("auth0.link", function()
    setup(linking.start)
    teardown(linking.stop)
    before_each(function() linking.reset "link" end)

    -- What the tenant received: whether it liked it is another matter.
    local function sent(options)
        auth0.link(options)
        local request = tenant.last()
        return json.decode(request.body), request
    end

    describe("sends", function()
        it("a POST to the identities of the primary, over TLS 1.3", function()
            local _, request = sent(linking.options())
            assert.equal("POST", request.method)
            assert.equal("/api/v2/users/auth0%7C507f1f77bcf86cd799439020/identities", request.uri)
            assert.equal("TLSv1.3", request.tls)
        end)

        for id, encoded in pairs {
            ["auth0|1"] = "auth0%7C1",
            ["samlp|acme|7"] = "samlp%7Cacme%7C7",
            ["auth0|a/b"] = "auth0%7Ca%2Fb",
            ["auth0|a/...b"] = "auth0%7Ca%2F...b",
            ["auth0|.."] = "auth0%7C..",
            ["auth0|..x"] = "auth0%7C..x",
            ["auth0|100%"] = "auth0%7C100%25",
            ["auth0|%41%7c"] = "auth0%7C%2541%257c",
            ["oauth2|siwe|eip155%3A5%3A0xab"] = "oauth2%7Csiwe%7Ceip155%253A5%253A0xab",
            ["adfs|john@fabrikam.com"] = "adfs%7Cjohn%40fabrikam.com",
            ["auth0|a:b+c d"] = "auth0%7Ca%3Ab%2Bc%20d",
            ["auth0|a?b#c&d=e;f"] = "auth0%7Ca%3Fb%23c%26d%3De%3Bf",
            ["auth0|'\"<>\\^`{}[]"] = "auth0%7C%27%22%3C%3E%5C%5E%60%7B%7D%5B%5D",
            ["auth0|Z\195\188rich"] = "auth0%7CZ%C3%BCrich",
            ["auth0|AZaz09-._~"] = "auth0%7CAZaz09-._~",
        } do
            for _, http_version in ipairs { "1.1", "2" } do
                it(("the id %s encoded exactly once, over HTTP/%s"):format(id, http_version), function()
                    tenant.add_user { user_id = id == "auth0|1" and "auth0|other" or id }
                    if id == "auth0|1" then tenant.add_user { user_id = id } end
                    local identities = linking.link { primary = id, http_version = http_version }
                    assert.equal("/api/v2/users/" .. encoded .. "/identities", tenant.last().uri)
                    assert.equal(id, identities[1].provider .. "|" .. identities[1].user_id)
                end)
            end
        end

        for _, http_version in ipairs { "1.1", "2" } do
            it("exactly its headers, over HTTP/" .. http_version, function()
                local _, request = sent(linking.options { http_version = http_version, correlation_id = "job-7" })
                local headers = linking.headers(request)
                assert.equal("Bearer " .. linking.token, headers.authorization)
                assert.equal("application/json", headers["content-type"])
                assert.equal("application/json", headers.accept)
                assert.equal("job-7", headers["x-correlation-id"])
                assert.truthy(headers["user-agent"]:find("^lua%-auth0/%d+%.%d+%.%d+ lua"))
                assert.truthy(headers["auth0-client"]:find("^[%w+/]+=*$"))
                assert.equal(tostring(#request.body), headers["content-length"])
                assert.equal(tenant.domain, headers.host)
                assert.equal("HTTP/" .. http_version, headers["x-http-version"])
                local names = {}
                for name in pairs(headers) do names[#names + 1] = name end
                table.sort(names)
                assert.same({ "accept", "auth0-client", "authorization", "content-length", "content-type", "host",
                    "user-agent", "x-correlation-id", "x-http-version" }, names)
            end)
        end

        it("no Auth0-Client with telemetry = false, and no X-Correlation-ID unasked", function()
            local _, request = sent(linking.options { telemetry = false })
            local headers = linking.headers(request)
            assert.is_nil(headers["auth0-client"])
            assert.is_nil(headers["x-correlation-id"])
            _, request = sent(linking.options { telemetry = true })
            assert.is_string(linking.headers(request)["auth0-client"])
        end)

        it("the user_agent that was given", function()
            local _, request = sent(linking.options { user_agent = "import/2 (x)" })
            assert.equal("import/2 (x)", linking.headers(request)["user-agent"])
        end)

        it("values that end in a colon, as a line without a value does", function()
            for _, http_version in ipairs { "1.1", "2" } do
                local _, request = sent(linking.options { user_agent = "import:", correlation_id = "job:7:",
                    http_version = http_version })
                local headers = linking.headers(request)
                assert.equal("import:", headers["user-agent"])
                assert.equal("job:7:", headers["x-correlation-id"])
            end
        end)
    end)

    describe("writes as the body", function()
        it("the secondary's id in the form that it was given, and its provider", function()
            assert.same({ provider = "google-oauth2", user_id = linking.secondary }, (sent(linking.options())))
        end)

        it("the connection, with primary and secondary", function()
            local body = sent(linking.options { connection_id = "con_0123456789abcdef" })
            assert.same({ provider = "google-oauth2", user_id = linking.secondary,
                connection_id = "con_0123456789abcdef" }, body)
        end)

        it("a connection_id of another form too", function()
            local body = sent(linking.options { connection_id = "con-odd/1" })
            assert.equal("con-odd/1", body.connection_id)
        end)

        it("what was given by the API's names, the id bare or full", function()
            for _, user_id in ipairs { "115015401343387192604", linking.secondary } do
                local body, request = sent(linking.named { id = linking.primary, provider = "google-oauth2",
                    user_id = user_id, connection_id = "con_googleoauth20000" })
                assert.same({ provider = "google-oauth2", user_id = user_id,
                    connection_id = "con_googleoauth20000" }, body)
                assert.equal("/api/v2/users/auth0%7C507f1f77bcf86cd799439020/identities", request.uri)
            end
        end)

        it("the provider out of a full user_id of a known one", function()
            local body = sent(linking.named { id = linking.primary, user_id = linking.secondary })
            assert.same({ provider = "google-oauth2", user_id = linking.secondary }, body)
        end)

        it("an integer as an integer, to the last digit", function()
            local integers = { [42] = "42", [2 ^ 53 - 1] = "9007199254740991" }
            local tointeger = rawget(math, "tointeger")
            if tointeger then -- a table's key is an integer there, wherever it can be one
                integers[2 ^ 62] = "4611686018427387904"
                integers[tointeger(2 ^ 62) - 1] = "4611686018427387903"
            end
            for integer, digits in pairs(integers) do
                local body, request = sent(linking.named { id = linking.primary, provider = "google-oauth2",
                    user_id = integer })
                assert.truthy(request.body:find('"user_id":' .. digits .. "[,}]"), request.body)
                assert.equal("google-oauth2", body.provider)
            end
        end)

        it("an integer beside a connection", function()
            local body, request = sent(linking.named { id = linking.primary, provider = "google-oauth2", user_id = 42,
                connection_id = "con_0123456789abcdef" })
            assert.truthy(request.body:find('"user_id":42[,}]'), request.body)
            assert.equal("con_0123456789abcdef", body.connection_id)
            assert.equal("google-oauth2", body.provider)
        end)

        it("link_with alone, with either naming of the primary", function()
            local id_token = tenant.token { kind = "id", sub = linking.secondary }
            local body = sent(linking.options { secondary = linking.absent, link_with = id_token })
            assert.same({ link_with = id_token }, body)
            body = sent(linking.named { id = linking.primary, link_with = id_token })
            assert.same({ link_with = id_token }, body)
        end)

        it("a provider that is given in so many words, known or not", function()
            for _, provider in ipairs { "brandnew", "samlp", "acme-provider" } do
                local body = sent(linking.named { id = linking.primary, provider = provider, user_id = "acme|7" })
                assert.same({ provider = provider, user_id = "acme|7" }, body)
            end
        end)

        it("ids of three parts whole: only the first bar splits", function()
            local body = sent(linking.options { secondary = "samlp|acme|7" })
            assert.same({ provider = "samlp", user_id = "samlp|acme|7" }, body)
            body = sent(linking.options { secondary = "oauth2|discord|123" })
            assert.same({ provider = "oauth2", user_id = "oauth2|discord|123" }, body)
        end)

        it("text that JSON has to escape, exact", function()
            local odd = "a\"b\\c/\195\188\240\159\152\128'\226\128\168"
            local body = sent(linking.named { id = linking.primary, provider = "custom", user_id = odd })
            assert.equal(odd, body.user_id)
        end)
    end)

    describe("succeeds", function()
        it("with the array of identities, the primary's own first", function()
            local identities, message, receipt = linking.link()
            assert.is_nil(message)
            assert.is_table(receipt)
            assert.same({
                { connection = "Username-Password-Authentication", provider = "auth0",
                    user_id = "507f1f77bcf86cd799439020", isSocial = false,
                    profileData = { email = "ann@example.com" } },
                { connection = "google-oauth2", provider = "google-oauth2", user_id = "115015401343387192604",
                    isSocial = true, profileData = {} },
            }, identities)
        end)

        it("by link_with, in the server's and in the user's way", function()
            local id_token = tenant.token { kind = "id", sub = linking.secondary }
            for _, wanted in ipairs { { kind = "machine" }, { kind = "user", sub = linking.primary } } do
                linking.reset "link"
                local identities = linking.link { secondary = linking.absent, link_with = id_token,
                    token = tenant.token(wanted) }
                assert.equal("115015401343387192604", identities[2].user_id)
                assert.equal(1, linking.changes())
            end
        end)

        it("with user_id as a string, exact, where the tenant sent a number", function()
            tenant.reset { { user_id = linking.primary },
                { provider = "google-oauth2", user_id = json.decode "9007199254740993" } }
            local identities = linking.link { secondary = "google-oauth2|9007199254740993" }
            assert.equal("9007199254740993", identities[2].user_id)
            tenant.reset { { user_id = linking.primary },
                { provider = "google-oauth2", user_id = json.decode "115015401343387192604" } }
            identities = linking.link()
            assert.equal("115015401343387192604", identities[2].user_id)
            tenant.reset { { user_id = linking.primary }, { provider = "google-oauth2", user_id = 42 } }
            identities = auth0.link(linking.named { id = linking.primary, provider = "google-oauth2", user_id = 42 })
            assert.equal("42", identities[2].user_id)
        end)

        it("without the members that are null, and with auth0.null inside an array", function()
            tenant.reset {
                { identities = {
                    { provider = "auth0", user_id = "507f1f77bcf86cd799439020" },
                    { provider = "github", user_id = "7", isSocial = json.null,
                        profileData = { name = json.null, tags = json.array { json.null, "x" } } },
                } },
                { user_id = linking.secondary, email = json.null },
            }
            local identities = linking.link()
            assert.is_nil(identities[2].isSocial)
            assert.is_nil(identities[2].profileData.name)
            assert.same({ auth0.null, "x" }, identities[2].profileData.tags)
            assert.same({}, identities[3].profileData)
        end)

        it("with the profile as it is: a text \"false\" stays a text", function()
            tenant.reset { { user_id = linking.primary, email = "ann@example.com", email_verified = true },
                { user_id = linking.secondary, email = "Ann@Example.COM", email_verified = "false",
                    given_name = "Z\195\188\240\159\152\128" } }
            local identities = linking.link()
            assert.same({ email = "ann@example.com", email_verified = true }, identities[1].profileData)
            assert.same({ email = "Ann@Example.COM", email_verified = "false",
                given_name = "Z\195\188\240\159\152\128" }, identities[2].profileData)
        end)

        it("with an account that has many identities", function()
            local all = { { provider = "auth0", user_id = "507f1f77bcf86cd799439020" } }
            for i = 2, 200 do all[i] = { provider = "github", user_id = tostring(i) } end
            tenant.reset { { identities = all }, { user_id = linking.secondary } }
            local identities = linking.link()
            assert.equal(201, #identities)
            assert.equal("200", identities[200].user_id)
        end)

        it("with a receipt", function()
            auth0.close()
            local _, _, receipt = linking.link()
            assert.equal(201, receipt.status)
            assert.equal(1, receipt.attempts)
            assert.equal(tenant.record().changes[1].request_id, receipt.request_id)
            assert.is_nil(receipt.already)
            assert.is_true(receipt.elapsed > 0)
            local timings = receipt.timings
            for _, name in ipairs { "dns", "connect", "tls", "first_byte", "total" } do
                assert.is_true(timings[name] >= 0, name)
            end
            assert.is_true(0 < timings.connect and timings.connect <= timings.tls)
            assert.is_true(timings.tls <= timings.first_byte and timings.first_byte <= timings.total)
        end)

        it("with a receipt that shows a connection that was there already", function()
            linking.link()
            local _, _, receipt = linking.unlink()
            assert.same({ 0, 0 }, { receipt.timings.connect, receipt.timings.tls })
        end)
    end)

    it("commits one link, between the two accounts that were named", function()
        linking.link { correlation_id = "job-7" }
        local record = tenant.record()
        assert.equal(1, #record.changes)
        local change = record.changes[1]
        assert.same({ "link", linking.primary, "google-oauth2", "115015401343387192604", "job-7" },
            { change.kind, change.primary, change.provider, change.user_id, change.correlation })
        assert.same({ ["POST /api/v2/users/{id}/identities"] = 1 }, record.requests)
    end)
end)
