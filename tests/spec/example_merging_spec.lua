--- The example location at which users merge their own accounts.
local example = require "support.linking_example"
local json = require "auth0.mock.text.json"
local nginx = require "support.nginx"
local process = require "support.process"
local served = require "support.served"
local tenant = require "support.tenant"

if not served.is_possible then return end

local PRIMARY, SECONDARY = example.PRIMARY, example.SECONDARY

describe("the example of users who merge their own accounts #load", function()
    local server, folder, caller

    setup(function()
        tenant.start()
        folder = os.tmpname()
        tenant.run(("rm %s && mkdir -m 700 %s && chmod 777 %s"):format(folder, folder, folder))
        server = example.start("4m", { RECEIPTS = folder })
    end)

    teardown(function()
        nginx.stop()
        tenant.stop()
        tenant.run("rm -r " .. folder)
    end)

    local function seed(more)
        local secondary = { user_id = SECONDARY, user_metadata = { color = "blue", size = 7 }, identities = { {
            provider = "google-oauth2", user_id = "115015401343387192604", isSocial = true,
            access_token = "of-google" } } }
        for name, value in pairs(more or {}) do secondary[name] = value end
        tenant.reset { { user_id = PRIMARY, user_metadata = { color = "red" } }, secondary }
    end

    before_each(function()
        seed()
        tenant.run(("rm -f %s/*"):format(folder))
        caller = tenant.token { kind = "user", sub = PRIMARY }
    end)

    -- What a page sends: both tokens of the other account's sign-in.
    local function body_of(more)
        more = more or {}
        local access = { kind = "user", sub = SECONDARY }
        for name, value in pairs(more.access or {}) do access[name] = value end
        return { link_with = example.token { kind = "id", sub = SECONDARY }, access_token = example.token(access) }
    end

    local function ask(body, more)
        more = more or {}
        local headers = { Authorization = "Bearer " .. (more.caller or caller), Origin = more.origin,
            ["Content-Type"] = more.kind }
        return example.ask(more.server or server, "/merge" .. (more.query or ""), body, { headers = headers })
    end

    local function refused(status, words, body, more)
        local got, problem = ask(body, more)
        assert.equal(status, got, problem.detail)
        if words then assert.truthy(problem.detail:find(words, 1, true), problem.detail) end
        assert.same({}, tenant.record().changes)
        return problem
    end

    local function receipts()
        local list = {}
        for name in tenant.run("ls " .. folder):gmatch "[^\n]+" do
            list[#list + 1] = json.decode(process.read(folder .. "/" .. name))
        end
        return list
    end

    it("merges, shows no provider's token, and keeps a receipt", function()
        local status, identities = ask(body_of())
        assert.equal(200, status, identities.detail)
        assert.same({ 2, "google-oauth2" }, { #identities, identities[2].provider })
        assert.is_nil(identities[2].access_token)
        local machine = tenant.token { kind = "machine" }
        local answer = tenant.request { path = "/api/v2/users/" .. PRIMARY:gsub("|", "%%7C"), token = machine }
        assert.same({ color = "red", size = 7 }, json.decode(answer.body).user_metadata)
        local kept = receipts()
        assert.equal(1, #kept)
        assert.same({ "planned", PRIMARY, SECONDARY, "both_authenticated" }, { kept[1].state, kept[1].primary,
            kept[1].secondary.id, kept[1].proof })
        assert.truthy(kept[1].secondary_was.user_metadata:find("blue", 1, true))
    end)

    it("tells what stands against the merge, all of it at once", function()
        seed { blocked = true, organizations = { "org_1" } }
        local problem = refused(409, "were not linked", body_of())
        assert.equal("guarded", problem.code)
        table.sort(problem.reasons)
        assert.same({ "blocked", "organizations_lost" }, problem.reasons)
    end)

    it("changes nothing while the receipt cannot be kept", function()
        local broken = example.start("4m", { RECEIPTS = folder .. "/missing" })
        local status = ask(body_of(), { server = broken })
        assert.is_true(status >= 400)
        assert.same({}, tenant.record().changes)
    end)

    it("needs the other account's own access token, of this sign-in", function()
        refused(400, "access_token is not a string", { link_with = example.token { kind = "id", sub = SECONDARY } })
        refused(403, "not of the account", body_of { access = { sub = "auth0|3" } })
        refused(403, "five minutes", body_of { access = { claims = { iat = os.time() - 400 } } })
        refused(403, "another application", body_of { access = { azp = "elsewhere" } })
        refused(403, "not of the account", body_of { access = { kind = "machine", sub = "x@clients" } })
    end)

    it("refuses what a page elsewhere could send, and tokens that no account has", function()
        refused(403, "another origin", body_of(), { origin = "https://evil.example" })
        refused(415, "application/json", body_of(), { kind = "text/plain" })
        refused(400, "cannot be used", body_of(), { caller = tenant.token { kind = "user", sub = "x" } })
        refused(400, "another member", { link_with = "a", access_token = "b", user_id = "c" })
    end)

    it("takes an access token once, whatever ID token comes with it", function()
        local body = body_of()
        assert.equal(200, (ask(body)))
        seed()
        refused(403, "has been used", { access_token = body.access_token,
            link_with = example.token { kind = "id", sub = SECONDARY } })
    end)

    it("leaves the verdict about both access tokens to the tenant, before the machine's is used", function()
        local body = body_of()
        body.access_token = body.access_token:gsub("%.[%w_-]+$", ".AAAA")
        refused(401, nil, body)
        refused(401, nil, body_of(), { caller = caller:gsub("%.[%w_-]+$", ".AAAA") })
        assert.equal(0, tenant.record().requests["PATCH /api/v2/users/{id}"] or 0)
        assert.same({}, receipts())
    end)

    it("logs no token", function()
        local body = body_of()
        tenant.arm { fault = "reset-after", method = "POST", count = 20 }
        ask(body)
        local log = process.read(server.dir .. "/error.log")
        for _, text in ipairs { caller, body.access_token, body.link_with, "of-google" } do
            for part in text:gmatch "[^.]+" do assert.falsy(log:find(part, 1, true), log) end
        end
    end)
end)
