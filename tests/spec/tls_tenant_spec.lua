--- The TLS tenant: what goes over the wire, and that nothing stays behind.
local tenant = require "support.tenant"

local LINK = "/api/v2/users/auth0%7C1/identities"

describe("tests/tenant", function()
    local token

    setup(tenant.start)
    teardown(tenant.stop)

    before_each(function()
        tenant.reset { { user_id = "auth0|1", email = "one@example.com" }, { user_id = "google-oauth2|115" } }
        token = token or tenant.token()
    end)

    local function link(http, fault)
        return {
            path = LINK, token = token, http = http, fault = fault,
            body = { provider = "google-oauth2", user_id = "115" },
        }
    end

    local function read(http, fault)
        return { path = "/api/v2/users/auth0%7C1", token = token, http = http, fault = fault }
    end

    for _, http in ipairs { "1.1", "2" } do
        describe("over HTTP/" .. http, function()
            it("links, reads and unlinks on one connection", function()
                local answers = tenant.requests {
                    link(http), read(http),
                    { method = "DELETE", path = LINK .. "/google-oauth2/115", token = token, http = http },
                }
                local seen = {}
                for i, answer in ipairs(answers) do
                    seen[i] = { answer.exit, answer.status, answer.connects }
                end
                assert.same({ { 0, 201, 1 }, { 0, 200, 0 }, { 0, 200, 0 } }, seen)
                assert.equal(2, #tenant.json.decode(answers[1].body))
                assert.equal(1, #tenant.json.decode(answers[3].body))
            end)

            it("keeps its own door apart from an id that decodes to it", function()
                local answer = tenant.request {
                    path = "/api/v2/users/x%7Ca%2F..%2F..%2F..%2F..%2F_tenant%2Fready", http = http,
                }
                assert.equal(401, answer.status)
            end)

            it("refuses a broken escape as the API does", function()
                local answer = tenant.request { path = "/api/v2/users/auth0%zz", token = token, http = http }
                assert.equal(400, answer.status)
                assert.equal("invalid_uri", tenant.json.decode(answer.body).errorCode)
            end)

            it("leaves a body above 1 MB to the model", function()
                local request = link(http)
                request.body = '{"provider":"' .. ("x"):rep(1048576) .. '"}'
                local answer = tenant.request(request)
                assert.equal(413, answer.status)
                assert.is_table(tenant.json.decode(answer.body))
            end)

            it("shows what was sent as it was sent", function()
                local request = link(http)
                request.body = '{"provider": "google-oauth2",  "user_id": "google-oauth2|115"}'
                request.path = LINK .. "?x=%7C"
                request.headers = { ["X-Correlation-ID"] = "job 7" }
                assert.equal(201, tenant.request(request).status)
                local last = tenant.last()
                assert.same({ "POST", request.path, request.body, "TLSv1.3", http == "2" and "HTTP/2.0" or "HTTP/1.1" },
                    { last.method, last.uri, last.body, last.tls, last.protocol })
                assert.equal("Bearer " .. token, last.headers.Authorization or last.headers.authorization)
                assert.equal("job 7", tenant.record().changes[1].correlation)
            end)

            it("answers with the headers of the real one", function()
                local headers = tenant.request(read(http)).headers
                assert.equal("application/json; charset=utf-8", headers["content-type"])
                assert.same({ "50", "49" }, { headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"] })
                assert.matches("^%d+$", headers["x-ratelimit-reset"])
                assert.matches("^%x+$", headers["ot-baggage-auth0-request-id"])
                assert.is_string(headers.date)
            end)

            it("answers 204 without a body", function()
                local answer = tenant.request { method = "DELETE", path = "/api/v2/users/auth0%7C1", token = token,
                    http = http }
                assert.same({ 0, 204, "" }, { answer.exit, answer.status, answer.body })
            end)

            it("counts the connections that carried requests", function()
                tenant.requests { read(http), read(http) }
                tenant.request(read(http))
                assert.equal(2, tenant.record().connections)
            end)
        end)
    end

    it("checks real signatures", function()
        local head, payload = token:match("^([^.]+)%.([^.]+)%.")
        local other = tenant.token { kind = "machine", sub = "someone@clients" }:match("[^.]+$")
        local request = read()
        request.token = head .. "." .. payload .. "." .. other
        local answer = tenant.request(request)
        assert.equal(401, answer.status)
        assert.matches("Invalid signature received for JSON Web Token validation", answer.body)
    end)

    it("links with an ID token, and refuses one signed with HS256", function()
        local caller = tenant.token { kind = "user", sub = "auth0|1" }
        local function link_with(wanted)
            return tenant.request { path = LINK, token = caller, body = { link_with = tenant.token(wanted) } }
        end
        local refused = link_with { kind = "id", sub = "google-oauth2|115", alg = "HS256" }
        assert.equal(400, refused.status)
        assert.matches("must have alg RS256", refused.body)
        assert.equal(201, link_with({ kind = "id", sub = "google-oauth2|115" }).status)
    end)

    it("reports a client certificate that is shown, and needs none", function()
        tenant.request(read())
        assert.is_nil(tenant.last().client)
        local request = read()
        request.client_cert = true
        assert.equal(200, tenant.request(request).status)
        assert.equal("CN=lua-auth0 test client", tenant.last().client)
    end)

    it("is trusted by its CA's file and by its directory, under each of its names, and by nothing else", function()
        local function reach(options, name)
            local _, status = tenant.run(("curl -s %s --resolve '%s' https://%s:%s/_tenant/ready"):format(
                options, tenant.resolve, name, tenant.port))
            return status
        end
        for _, name in ipairs { "tenant.test", "localhost", "127.0.0.1" } do
            assert.equal(0, reach("--cacert '" .. tenant.ca .. "'", name))
            assert.equal(0, reach("--capath '" .. tenant.ca_path .. "'", name))
        end
        assert.equal(60, reach("", "tenant.test"))
    end)

    describe("its control", function()
        it("says what is wrong with an account, a token, a path, and a body", function()
            for _, request in ipairs {
                { path = "/_tenant/users", body = { user_id = "auth0|1" } },
                { path = "/_tenant/users", body = { identities = tenant.json.array { tenant.json.array {} } } },
                { path = "/_tenant/token", body = { kind = "robot" } },
                { path = "/_tenant/token", body = "" },
                { path = "/_tenant/users", body = "{" },
            } do
                request.method = "POST"
                local answer = tenant.request(request)
                assert.equal(400, answer.status)
                assert.is_true(#answer.body > 0)
            end
            assert.equal(404, tenant.request({ path = "/_tenant/nothing" }).status)
        end)

        it("makes what accounts and the tenant have beside profiles", function()
            for path, body in pairs {
                role = { id = "rol_1", name = "Editor" }, organization = { id = "org_1" }, group = { id = "grp_1" },
                ["event-stream"] = { id = "est_1", subscriptions = { "user.deleted" } },
            } do
                assert.equal(body.id, tenant.control("POST", "/_tenant/" .. path, body).id)
            end
            local made = tenant.control("POST", "/_tenant/connection",
                { name = "acme", strategy = "samlp", provisioning = { scim = true } })
            tenant.add_user { user_id = "auth0|3", roles = { "rol_1" }, groups = { "grp_1" } }
            local function get(path)
                return tenant.json.decode(tenant.request({ path = "/api/v2/" .. path, token = token }).body)
            end
            assert.equal("Editor", get("users/auth0%7C3/roles")[1].name)
            assert.equal("grp_1", get("users/auth0%7C3/groups")[1].id)
            assert.equal("user.deleted", get("event-streams").eventStreams[1].subscriptions[1].event_type)
            assert.equal("acme", get("connections/" .. made.id .. "/scim-configuration").connection_name)
        end)

        it("makes accounts with odd types, to the last digit", function()
            local user = tenant.add_user '{"provider":"facebook","user_id":10155000000000000001,"email_verified":"x"}'
            assert.equal("facebook|10155000000000000001", user.user_id)
            assert.equal("x", user.email_verified)
            assert.equal("10155000000000000001", tostring(user.identities[1].user_id))
        end)

        it("is neither counted nor recorded nor the last request", function()
            tenant.add_user { user_id = "github|9" }
            assert.same({ changes = {}, requests = {}, connections = 0 }, tenant.record())
            assert.equal(tenant.json.null, tenant.last())
        end)
    end)
end)
