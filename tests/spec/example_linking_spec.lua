--- The example location at which users link their own accounts.
local example = require "support.linking_example"
local json = require "auth0.mock.text.json"
local nginx = require "support.nginx"
local process = require "support.process"
local served = require "support.served"
local tenant = require "support.tenant"

if not served.is_possible then return end

local PRIMARY, SECONDARY, ORIGIN = example.PRIMARY, example.SECONDARY, example.ORIGIN

local UNKNOWN = "urn:example:problem:unknown-outcome"

describe("the example of users who link their own accounts #load", function()
    local server, limited, caller

    local start = example.start

    setup(function()
        tenant.start()
        server = start "4m"
        limited = start "4m" -- for what a worker remembers of the tenant
    end)

    teardown(function()
        nginx.stop()
        tenant.stop()
    end)

    before_each(function()
        tenant.reset { { user_id = PRIMARY }, { user_id = SECONDARY, identities = { { provider = "google-oauth2",
            user_id = "115015401343387192604", isSocial = true, access_token = "of-google", refresh_token = "secret-r",
        } } } }
        caller = tenant.token { kind = "user", sub = PRIMARY }
    end)

    local function id_token(more)
        local wanted = { kind = "id", sub = SECONDARY }
        for name, value in pairs(more or {}) do wanted[name] = value end
        return example.token(wanted)
    end

    local function ask(body, more)
        more = more or {}
        local headers = { Authorization = "Bearer " .. caller }
        for name, value in pairs(more.headers or {}) do headers[name] = value end
        return example.ask(more.server or server, "/link" .. (more.query or ""), body,
            { method = more.method, headers = headers, lines = more.lines })
    end

    local function refused(status, words, body, more)
        local got, problem, head = ask(body, more)
        assert.equal(status, got)
        assert.truthy(head:find("content-type: application/problem+json", 1, true), head)
        assert.truthy(head:find("cache-control: no-store", 1, true), head)
        assert.equal(status, problem.status)
        if words then assert.truthy(problem.detail:find(words, 1, true), problem.detail) end
        assert.same({}, tenant.record().changes)
    end

    it("links, and shows no provider's token", function()
        local status, identities, head = ask { link_with = id_token { claims = { nonce = "n1" } }, nonce = "n1" }
        assert.equal(200, status)
        assert.truthy(head:find("cache-control: no-store", 1, true))
        assert.equal(2, #identities)
        assert.equal("google-oauth2", identities[2].provider)
        for _, identity in ipairs(identities) do
            assert.is_nil(identity.access_token)
            assert.is_nil(identity.refresh_token)
        end
        local change = tenant.record().changes[1]
        assert.equal(PRIMARY, change.primary)
    end)

    local function linked(body, more)
        tenant.reset { { user_id = PRIMARY }, { user_id = SECONDARY } }
        local status, problem = ask(body, more)
        assert.equal(200, status, problem.detail)
        assert.equal(PRIMARY, tenant.record().changes[1].primary)
    end

    it("takes an ID token once", function()
        local token = id_token()
        linked { link_with = token }
        tenant.reset { { user_id = PRIMARY }, { user_id = SECONDARY } }
        refused(403, "has been used", { link_with = token })
    end)

    -- 256 bytes are 341 characters and a third: four bits of the last one mean nothing.
    it("knows a used token by what was signed, in whichever way its signature is written", function()
        local token = id_token()
        linked { link_with = token }
        tenant.reset { { user_id = PRIMARY }, { user_id = SECONDARY } }
        for _, last in ipairs { "A", "B", "Q", "g", "w", "x" } do
            refused(403, "has been used", { link_with = token:sub(1, -2) .. last })
        end
    end)

    it("takes an ID token once more where nothing was sent to the tenant", function()
        local token = id_token()
        refused(502, "were not linked", { link_with = token }, { query = "?down=1" })
        linked { link_with = token }
    end)

    it("takes an ID token once more where the tenant had too many requests", function()
        local token = id_token()
        tenant.arm { fault = "status;status=429", count = 20 }
        local status, problem = ask({ link_with = token }, { server = limited })
        assert.same({ 429, "rate_limited" }, { status, problem.code })
        tenant.reset { { user_id = PRIMARY }, { user_id = SECONDARY } }
        -- Its worker knows for some seconds that the tenant has had enough, and gives the token back each time.
        served.eventually(20, "the end of the limit", function()
            status = ask({ link_with = token }, { server = limited })
            return status ~= 429
        end)
        assert.equal(200, status)
    end)

    it("passes on when the tenant has time again", function()
        tenant.configure { rates = { global = { rate = 1, per = 60, burst = 1 }, retry_after = true } }
        tenant.request { path = "/api/v2/users/" .. PRIMARY:gsub("|", "%%7C"), token = caller }
        local status, problem, head = ask({ link_with = id_token() }, { server = limited })
        assert.same({ 429, "rate_limited" }, { status, problem.code })
        assert.truthy(head:find "retry%-after: %d+", head)
    end)

    it("takes no ID token again that the tenant has refused", function()
        local token = id_token()
        tenant.arm { fault = "status;status=403", count = 1 }
        refused(403, "were not linked", { link_with = token })
        refused(403, "has been used", { link_with = token })
    end)

    it("refuses rather than forgets when there is no more room", function()
        local small = start "12k"
        tenant.arm { fault = "status;status=403", count = 1000 }
        local first, status, problem = id_token(), nil, nil
        ask({ link_with = first }, { server = small })
        for _ = 1, 300 do
            status, problem = ask({ link_with = id_token() }, { server = small })
            if status ~= 403 then break end
        end
        assert.same({ 503, "unavailable" }, { status, problem.code })
        status, problem = ask({ link_with = first }, { server = small })
        assert.equal(403, status)
        assert.truthy(problem.detail:find("has been used", 1, true), problem.detail)
    end)

    it("links no other user's account, whatever the options say", function()
        linked({ link_with = id_token() }, { query = "?more=auth0%7C666" })
    end)

    it("tells a mistake in its options to the log alone", function()
        refused(400, "cannot be used", { link_with = id_token() }, { query = "?wrong=1" })
        assert.truthy(process.read(server.dir .. "/error.log"):find('unknown option "nonsense"', 1, true))
    end)

    for name, value in pairs { provider = "google-oauth2", user_id = "1", id = PRIMARY, domain = "evil.test",
        connection_id = "con_1" } do
        it("refuses " .. name .. " in the body", function()
            refused(400, "another member", { link_with = id_token(), [name] = value })
        end)
    end

    it("refuses other bodies", function()
        refused(400, "link_with is not a string", {})
        refused(400, "link_with is not a string", { link_with = 1 })
        refused(400, "nonce is not a string", { link_with = id_token(), nonce = 1 })
        refused(400, "no JSON object", "{")
        refused(400, "missing", nil, { method = "POST", headers = { ["Content-Length"] = "0" } })
        refused(411, "no Content-Length", nil, { method = "POST" })
        refused(403, "no ID token", { link_with = "x" })
    end)

    it("reads 16 KB, and no more", function()
        local text = json.encode { link_with = id_token() }
        linked(text .. (" "):rep(16384 - #text))
        tenant.reset()
        text = json.encode { link_with = id_token() }
        text = text .. (" "):rep(16385 - #text)
        refused(413, nil, text)
    end)

    -- A chunk of one byte takes six: 3,000 of them are more than the buffer of 16 KB holds.
    it("writes no body into a file", function()
        local link_with = id_token()
        local body = json.encode { link_with = link_with }
        body = body .. (" "):rep(3000 - #body)
        local file = process.file(("POST /link HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\n"
            .. "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%s0\r\n\r\n"):format(caller,
            (body:gsub(".", "1\r\n%0\r\n"))))
        local output = tenant.run(("bash -c 'exec 3<>/dev/tcp/127.0.0.1/%s; cat %s >&3; cat <&3'"):format(server.port,
            file))
        os.remove(file)
        assert.truthy(output:find("^HTTP/1.1 411 "), output)
        assert.falsy(process.read(server.dir .. "/error.log"):find("temporary file", 1, true))
    end)

    it("refuses what a page elsewhere could send: forms, text, other methods", function()
        local body = { link_with = id_token() }
        for _, kind in ipairs { "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
            "application/json-seq", "" } do
            refused(415, "application/json", body, { headers = { ["Content-Type"] = kind } })
        end
        refused(415, "application/json", body, { headers = { ["Content-Type"] = { "application/json", "a/b" } } })
        refused(405, "only POST", nil, { method = "GET" })
        refused(405, "only POST", body, { method = "PUT" })
        linked(body, { headers = { ["Content-Type"] = "Application/JSON; charset=utf-8" } })
    end)

    it("takes requests of its own pages, and of what is no browser", function()
        for _, origin in ipairs { "https://evil.example", "null", ORIGIN .. ".evil.example", "http://app.example.com",
            ORIGIN .. ":8443" } do
            refused(403, "another origin", { link_with = id_token() }, { headers = { Origin = origin } })
        end
        local lines = {}
        for i = 1, 100 do lines[i] = ("X-%d: 1"):format(i) end
        lines[101] = "Origin: https://evil.example" -- is not hidden by those before it
        refused(403, "another origin", { link_with = id_token() }, { lines = lines })
        linked({ link_with = id_token() }, { headers = { Origin = ORIGIN } })
    end)

    it("takes the caller's token from its header alone, and only a user's", function()
        local body = { link_with = id_token() }
        refused(401, "no bearer token", body, { headers = { Authorization = false, Cookie = "token=" .. caller } })
        refused(401, "no bearer token", body, { headers = { Authorization = "Basic eDp5" } })
        refused(401, "no user's", body, { headers = { Authorization = "Bearer x" } })
        local machine = "Bearer " .. tenant.token { kind = "machine" }
        refused(401, "no user's", body, { headers = { Authorization = machine } })
    end)

    it("takes an ID token of the last five minutes, of a clock a little ahead, and of the stated nonce", function()
        local now = os.time()
        linked { link_with = id_token { claims = { iat = now - 280 } } }
        linked { link_with = id_token { claims = { iat = now + 20 } } }
        linked { link_with = id_token { claims = { nonce = "a" } }, nonce = "a" }
        linked { link_with = id_token { claims = { nonce = "b" } } }
    end)

    it("refuses an ID token that is old, of the future, of another sign-in, or of the same account", function()
        local now = os.time()
        refused(403, "five minutes", { link_with = id_token { claims = { iat = now - 400 } } })
        refused(403, "five minutes", { link_with = id_token { claims = { iat = now + 200 } } })
        refused(403, "five minutes", { link_with = id_token { claims = { iat = tostring(now) } } })
        refused(403, "another sign-in", { link_with = id_token { claims = { nonce = "a" } }, nonce = "b" })
        refused(403, "another sign-in", { link_with = id_token(), nonce = "b" })
        refused(403, "same account", { link_with = id_token { sub = PRIMARY } })
    end)

    it("leaves the verdict about signatures to the tenant", function()
        local token = id_token()
        local forged = token:gsub("%.[%w_-]+$", ".AAAA")
        local status = ask { link_with = forged }
        assert.is_true(status == 400 or status == 401 or status == 403, status)
        assert.same({}, tenant.record().changes)
    end)

    it("tells an unknown outcome as one", function()
        local told = {}
        for fault, expected in pairs { ["reset-after"] = 502, ["delay;seconds=8"] = 504 } do
            tenant.reset { { user_id = PRIMARY }, { user_id = SECONDARY } }
            tenant.arm { fault = fault, count = 20 }
            local status, problem = ask { link_with = id_token() }
            told[#told + 1] = problem.type
            assert.equal(expected, status)
            assert.equal("unknown_outcome", problem.code)
            assert.truthy(problem.detail:find("before trying again", 1, true))
        end
        assert.same({ UNKNOWN, UNKNOWN }, told)
    end)

    it("logs no token and no body", function()
        local token = id_token()
        ask({ link_with = token, nonce = "of-a-sign-in" }, { query = "?down=1" })
        tenant.arm { fault = "reset-after", count = 20 }
        ask { link_with = token }
        ask { link_with = token }
        ask { link_with = token .. "A" }
        ask { link_with = token, provider = "of-a-body" }
        local log = process.read(server.dir .. "/error.log") .. process.read(limited.dir .. "/error.log")
        assert.truthy(log:find("auth0.link", 1, true)) -- it does say what failed
        for _, text in ipairs { token, caller } do
            for part in text:gmatch "[^.]+" do
                assert.falsy(log:find(part, 1, true), log)
            end
        end
        for _, secret in ipairs { "of-a-sign-in", "of-a-body" } do
            assert.falsy(log:find(secret, 1, true), log)
        end
        assert.equal("", (tenant.run(("find %s/body -type f"):format(server.dir))))
    end)
end)
