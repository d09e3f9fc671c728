--- The TLS tenant: faults on the wire.
local tenant = require "support.tenant"

local LINK = "/api/v2/users/auth0%7C1/identities"
local TEMPLATE = "POST /api/v2/users/{id}/identities"

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

    local function is_committed()
        return #tenant.record().changes == 1
    end

    --- curl's own words and output for a read, with more of its options.
    local function curl(http, options, host)
        local domain = (host or "tenant.test") .. ":" .. tenant.port
        local command = "curl -sSN --http%s --cacert '%s' --resolve '%s:127.0.0.1' -H 'Authorization: Bearer %s' %s "
            .. "'https://%s/api/v2/users/auth0%%7C1' 2>&1"
        return tenant.run(command:format(http, tenant.ca, domain, token, options, domain))
    end

    for _, http in ipairs { "1.1", "2" } do
        describe("over HTTP/" .. http, function()
            for name, expected in pairs {
                ["delay;seconds=0.05"] = { 0, 201, true },
                ["html"] = { 0, 502, false },
                ["html-after"] = { 0, 502, true },
                ["empty"] = { 0, 201, true },
                ["status;status=408"] = { 0, 408, false },
                ["status-after;status=503"] = { 0, 503, true },
                ["text;status=500"] = { 0, 500, false },
                ["text-after;status=502"] = { 0, 502, true },
                ["no-error-code"] = { 0, 201, true },
                ["drip;seconds=0.05;bytes=64"] = { 0, 201, true },
                ["redirect"] = { 0, 302, false },
                ["not-array"] = { 0, 201, true },
                ["wrong-types"] = { 0, 201, true },
                ["broken-json"] = { 0, 201, true },
                ["broken-gzip"] = { 61, 201, true },
                ["large;bytes=3000000"] = { 0, 201, true },
                ["truncated"] = { http == "2" and 92 or 18, 201, true },
                ["misspelt"] = { 0, 500, false },
            } do
                it("does the fault " .. name, function()
                    local answer = tenant.request(link(http, name))
                    assert.same(expected, { answer.exit, answer.status, is_committed() })
                    assert.equal(1, tenant.record().requests[TEMPLATE])
                end)
            end

            it("takes a fault from the correlation id, and answers what was asked for", function()
                local request = link(http)
                request.headers = { ["X-Correlation-ID"] = "fault=html;status=504" }
                local answer = tenant.request(request)
                assert.same({ 504, "text/html" }, { answer.status, answer.headers["content-type"] })
                assert.matches("^<html>", answer.body)
            end)

            it("redirects to https on the same host", function()
                assert.matches("^https://" .. tenant.domain:gsub("%p", "%%%0"),
                    tenant.request(link(http, "redirect")).headers.location)
            end)

            for name, commits in pairs {
                ["reset-before"] = false, ["reset-before;kind=fin"] = false,
                ["reset-after"] = true, ["reset-after;kind=fin"] = true,
            } do
                it(name .. " ends the connection without an answer", function()
                    local answers = tenant.requests { link(http, name), read(http) }
                    assert.is_true(answers[1].exit ~= 0)
                    assert.same({ 0, "" }, { answers[1].status, answers[1].body })
                    assert.same({ 0, 200, 1 }, { answers[2].exit, answers[2].status, answers[2].connects })
                    assert.equal(commits, is_committed())
                    assert.same({ [TEMPLATE] = 1, ["GET /api/v2/users/{id}"] = 1 }, tenant.record().requests)
                end)
            end

            it("kills with RST, or with FIN when that is asked for", function()
                local function words_of(fault)
                    local command = "curl -sS --http%s --cacert '%s' --resolve '%s' -H '%s' 'https://%s' 2>&1"
                    return (tenant.run(command:format(http, tenant.ca, tenant.resolve,
                        "X-Tenant-Fault: fault=" .. fault, tenant.domain .. LINK)))
                end
                assert.matches("reset by peer", words_of "reset-before")
                assert.not_matches("reset by peer", words_of "reset-before;kind=fin")
            end)

            it("closes an idle connection after the answer", function()
                local kept = tenant.requests({ read(http), read(http) }, "2/s")
                assert.same({ 1, 0 }, { kept[1].connects, kept[2].connects })
                -- libcurl 8.23 looks at most once a second whether an idle connection still is one.
                local closed = tenant.requests({ read(http, "idle-close"), read(http) }, "40/m")
                assert.same({ 1, 1 }, { closed[1].connects, closed[2].connects })
                assert.same({ 200, 200 }, { closed[1].status, closed[2].status })
            end)

            it("lets a slow answer drip", function()
                local whole = curl(http, "")
                local some, status = curl(http, "--max-time 1 -H 'X-Tenant-Fault: fault=drip;bytes=32;seconds=60'")
                assert.equal(28, status)
                local came = some:match("^(.-)curl:")
                assert.equal(whole:sub(1, 32), came)
            end)

            it("commits late, though no request comes", function()
                local answer = tenant.request(link(http, "late;seconds=0.2"))
                assert.is_true(answer.exit ~= 0)
                assert.equal(0, answer.status)
                local tries = 0
                while not is_committed() and tries < 100 do
                    tries = tries + 1
                    tenant.run "sleep 0.05"
                end
                local change = tenant.record().changes[1]
                assert.same({ "link", "late" }, { change.kind, change.fault })
                assert.is_nil(change.status)
            end)

            it("does not commit too early", function()
                assert.equal(504, tenant.request(link(http, "late;seconds=600;status=504")).status)
                assert.is_false(is_committed())
            end)

            it("does armed faults to the requests that they are meant for", function()
                tenant.arm { fault = "reset-after", method = "POST", template = "/api/v2/users/{id}/identities" }
                local seen = {}
                -- Each on a connection of its own: libcurl repeats a request when one that it has kept dies under it.
                for i, request in ipairs { read(http), link(http), read(http) } do
                    seen[i] = tenant.request(request).status
                end
                assert.same({ 200, 0, 200 }, seen)
                assert.equal("reset-after", tenant.record().changes[1].fault)
            end)

            it("ends a connection after one request, or after ten, under the names for it", function()
                local requests = {}
                for i = 1, 12 do
                    requests[i] = read(http)
                    requests[i].host = "goaway-10.test"
                end
                local made = 0
                for _, answer in ipairs(tenant.requests(requests)) do
                    assert.same({ 0, 200 }, { answer.exit, answer.status })
                    made = made + answer.connects
                end
                assert.equal(2, made)
                local words = curl(http, "-v", "goaway.test")
                assert.matches(http == "2" and "GOAWAY, error=0, last_stream=1" or "Connection: close", words, 1, true)
            end)

            for name, words in pairs {
                ["expired.test"] = "certificate has expired",
                ["wrong-name.test"] = "no alternative certificate subject name",
                ["self-signed.test"] = "self-signed certificate",
            } do
                it("shows a client a certificate that it must refuse at " .. name, function()
                    local output, status = curl(http, "", name)
                    assert.equal(60, status)
                    assert.matches(words, output, 1, true)
                    assert.same({}, tenant.record().requests)
                end)
            end
        end)
    end
end)
