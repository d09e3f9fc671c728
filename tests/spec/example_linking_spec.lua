--- The example location at which users link their own accounts.
local json = require "auth0.mock.json"
local nginx = require "support.nginx"
local ports = require "support.ports"
local process = require "support.process"
local served = require "support.served"
local tenant = require "support.tenant"

if not served.is_possible then return end

local PRIMARY, SECONDARY = "auth0|507f1f77bcf86cd799439020", "google-oauth2|115015401343387192604"

local function read(name)
    local file = assert(io.open(name, "rb"))
    local text = file:read("*a")
    file:close()
    return text
end

describe("the example of users who link their own accounts", function()
    local server, limited, astray, caller
    local issued = 0

    local function start(domain)
        local folder = tenant.run("pwd"):match "[^\n]+" .. "/tests/examples/linking"
        local words = { EXAMPLE = folder, PATH = package.path, CPATH = package.cpath, DOMAIN = domain,
            OPTIONS = (', resolve = { "%s" }, ca_file = "%s", proxy = false, deadline = 5'):format(tenant.resolve,
                tenant.ca) }
        return nginx.start_with(read(folder .. "/nginx.conf"), words)
    end

    setup(function()
        tenant.start()
        server = start(tenant.domain)
        limited = start(tenant.domain) -- for what a worker remembers of the tenant
        astray = start("127.0.0.1:" .. ports.closed()) -- where nobody listens
    end)

    teardown(function()
        ports.close()
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
        -- Those of one second would be the same token, which a test before this one has used.
        issued = issued + 1
        wanted.claims = wanted.claims or {}
        wanted.claims.jti = tostring(issued)
        return tenant.token(wanted)
    end

    -- As curl sends it; its own words are the headers, an empty line, and the body.
    local function ask(body, more)
        more = more or {}
        local text = type(body) == "table" and json.encode(body) or body
        local file = process.file(text or "")
        local words = { "curl -s -S -i --noproxy '*'", more.method and "-X " .. more.method or "",
            text and "--data-binary @" .. file or "" }
        local headers = { ["Content-Type"] = "application/json", Authorization = "Bearer " .. caller, Expect = "" }
        for name, value in pairs(more.headers or {}) do headers[name] = value end
        for _, line in ipairs(more.lines or {}) do words[#words + 1] = "-H " .. process.quoted(line) end
        for name, value in pairs(headers) do
            if value then words[#words + 1] = "-H " .. process.quoted(name .. ": " .. value) end
        end
        words[#words + 1] = ("http://127.0.0.1:%s/link"):format((more.server or server).port)
        local output = tenant.run(table.concat(words, " "))
        os.remove(file)
        local head, rest = output:match "^(.-)\r\n\r\n(.*)$"
        return tonumber(head:match "^HTTP/1.1 (%d+)"), json.decode(rest), head:lower()
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

    it("takes an ID token once", function()
        local token = id_token()
        assert.equal(200, (ask { link_with = token }))
        local status, problem = ask { link_with = token }
        assert.equal(403, status)
        assert.truthy(problem.detail:find("has been used", 1, true))
        assert.equal(1, #tenant.record().changes)
    end)

    it("knows a used token whose signature is spelled in another way", function()
        local token = id_token()
        assert.equal(200, (ask { link_with = token }))
        local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        local at = alphabet:find(token:sub(-1), 1, true)
        local beside = at % 2 == 1 and at + 1 or at - 1 -- in a bit that base64 does not use
        local status, problem = ask { link_with = token:sub(1, -2) .. alphabet:sub(beside, beside) }
        assert.equal(403, status)
        assert.truthy(problem.detail:find("has been used", 1, true), problem.detail)
    end)

    it("gives the token back where nobody was reached", function()
        local token = id_token()
        for _ = 1, 2 do
            local status, problem = ask({ link_with = token }, { server = astray })
            assert.same({ 502, "unreachable" }, { status, problem.code })
        end
    end)

    it("gives the token back where the tenant had too many requests", function()
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

    it("keeps the token where the tenant refused it", function()
        local token = id_token()
        tenant.arm { fault = "status;status=403", count = 1 }
        assert.equal(403, (ask { link_with = token }))
        local _, problem = ask { link_with = token }
        assert.truthy(problem.detail:find("has been used", 1, true), problem.detail)
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
        refused(400, "missing", nil, { method = "POST" })
        refused(403, "no ID token", { link_with = "x" })
        refused(413, nil, { link_with = ("x"):rep(20000) })
    end)

    it("refuses what a page elsewhere could send: forms, text, other methods", function()
        local body = { link_with = id_token() }
        for _, kind in ipairs { "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
            "application/json-seq", "" } do
            refused(415, "application/json", body, { headers = { ["Content-Type"] = kind } })
        end
        refused(415, "application/json", body, { lines = { "Content-Type: text/plain" } })
        refused(405, "only POST", nil, { method = "GET" })
        refused(405, "only POST", body, { method = "PUT" })
    end)

    it("takes the caller's token from its header alone, and only a user's", function()
        local body = { link_with = id_token() }
        refused(401, "no bearer token", body, { headers = { Authorization = false, Cookie = "token=" .. caller } })
        refused(401, "no bearer token", body, { headers = { Authorization = "Basic eDp5" } })
        refused(401, "no user's", body, { headers = { Authorization = "Bearer x" } })
        local machine = "Bearer " .. tenant.token { kind = "machine" }
        refused(401, "no user's", body, { headers = { Authorization = machine } })
    end)

    it("refuses an ID token that is old, of the future, of another sign-in, or of the same account", function()
        local now = os.time()
        refused(403, "five minutes", { link_with = id_token { claims = { iat = now - 400 } } })
        refused(403, "five minutes", { link_with = id_token { claims = { iat = now + 200 } } })
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
        tenant.arm { fault = "reset-after", count = 20 }
        local status, problem = ask { link_with = id_token() }
        assert.equal(504, status)
        assert.equal("urn:example:problem:unknown-outcome", problem.type)
        assert.equal("unknown_outcome", problem.code)
        assert.truthy(problem.detail:find("before trying again", 1, true))
    end)

    it("logs no token and no body", function()
        local token = id_token()
        ask { link_with = token }
        ask { link_with = token }
        local log = read(server.dir .. "/error.log")
        for _, secret in ipairs { token, caller, token:match "%.(.-)%.", caller:match "%.(.-)%." } do
            assert.falsy(log:find(secret, 1, true), log)
        end
    end)
end)
