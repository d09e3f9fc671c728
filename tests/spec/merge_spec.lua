--- tenant:preview, tenant:merge and tenant:settle over the model: what they cost, what they tell, what stands then.
local auth0 = require "auth0"
local cjson = require "cjson"
local core = require "auth0.core"
local json = require "auth0.json"
local mock_tenant = require "auth0.mock"
local mocked = require "support.mocked"

local PRIMARY, SECONDARY = mocked.PRIMARY, "google-oauth2|115015401343387192604"
local LINK = { method = "POST", template = "/api/v2/users/{id}/identities" }

local mock, tenant

local function account(id, fields)
    local all = { user_id = id, connection = id:match "^auth0" and "Username-Password-Authentication" or
        id:match "^[^|]*" }
    for name, value in pairs(fields or {}) do all[name] = value end
    return mock:add_user(all)
end

-- The two profiles alone are read.
local function options(fields)
    local all = { proof = "operator", checks = {} }
    for name, value in pairs(fields or {}) do all[name] = value end
    return all
end

local function fault(order, fields)
    local all = {}
    for name, value in pairs(order) do all[name] = value end
    for name, value in pairs(fields) do all[name] = value end
    mock:arm(all)
end

local function codes(findings)
    local list = {}
    for i, finding in ipairs(findings) do
        assert.is_string(finding.message)
        list[i] = finding.code
    end
    table.sort(list)
    return list
end

local function changes()
    local list = {}
    for i, change in ipairs(mock:changes()) do list[i] = change.kind end
    return list
end

-- Of the users' endpoints alone: the request for the token is no concern here.
local function requests()
    local counts = { reads = 0, patches = 0, links = 0, others = 0 }
    for name, count in pairs(mock:requests()) do
        local key = name == "GET /api/v2/users/{id}" and "reads" or name == "PATCH /api/v2/users/{id}" and "patches"
            or name == "POST /api/v2/users/{id}/identities" and "links" or "others"
        if name ~= "POST /oauth/token" then counts[key] = counts[key] + count end
    end
    return counts
end

before_each(function()
    mock = mock_tenant.new()
    account(PRIMARY, { email = "ann@example.com", email_verified = true, user_metadata = { color = "red" } })
    account(SECONDARY, { email = "ann@example.com", email_verified = true })
    tenant = mocked.tenant(mock)
end)

after_each(function()
    if not tenant.is_closed then tenant:close() end
end)

describe("tenant:preview", function()
    it("costs two reads, changes nothing, and tells what a merge would do", function()
        account("github|7", { user_metadata = { color = "blue", size = 7 } })
        local result, message = tenant:preview(PRIMARY, "github|7", options())
        assert.is_table(result, message)
        assert.same({ PRIMARY, "github|7", "operator" }, { result.primary, result.secondary, result.proof })
        assert.same({}, codes(result.reasons))
        assert.equal('{"user_metadata":{"size":7}}', result.patch_text)
        assert.same({ user_metadata = { size = 7 } }, result.patch)
        assert.is_nil(result.receipt)
        assert.same({}, changes())
        assert.same({ reads = 2, patches = 0, links = 0, others = 0 }, requests())
        assert.equal(2, result.requests)
    end)

    it("tells all reasons at once, with their side", function()
        account("github|7", { blocked = true, email = "bob@example.com" })
        local result = assert(tenant:preview(PRIMARY, "github|7", options { proof = "shared_email" }))
        local found = {}
        for _, reason in ipairs(result.reasons) do found[reason.code] = reason.side end
        assert.equal("secondary", found.blocked)
        assert.truthy(found.emails_differ)
        assert.truthy(found.email_not_verified)
        assert.truthy(found.connection_not_trusted)
    end)

    it("lists what is lost, and what is not known", function()
        local result = assert(tenant:preview(PRIMARY, SECONDARY, options()))
        for _, list in ipairs { "kept", "lost", "carried", "not_known" } do
            for _, thing in ipairs(result[list]) do
                assert.is_string(thing.what)
                assert.is_string(thing.of)
            end
        end
        assert.truthy(result.not_known[1])
    end)
end)

describe("tenant:merge", function()
    it("of a pair without metadata costs two reads and a link", function()
        local result, message, facts = tenant:merge(PRIMARY, SECONDARY, options())
        assert.is_table(result, message)
        assert.equal(2, #result.identities)
        assert.equal("merged", result.receipt.state)
        assert.is_nil(result.already)
        assert.same({ reads = 2, patches = 0, links = 1, others = 0 }, requests())
        assert.same({ 3, 3 }, { result.requests, facts.attempts })
    end)

    it("writes first what the primary is to have, in one patch more, and links then", function()
        account("github|7", { user_metadata = { color = "blue", size = 7 }, app_metadata = { role = "admin" } })
        local result = assert(tenant:merge(PRIMARY, "github|7", options()))
        assert.same({ reads = 2, patches = 1, links = 1, others = 0 }, requests())
        local user = assert(tenant:user(PRIMARY))
        assert.same({ color = "red", size = 7 }, user.user_metadata)
        assert.is_nil(user.app_metadata)
        assert.same({ color = "blue", size = 7 }, core.decode(result.receipt.secondary_was.user_metadata))
    end)

    it("is refused by the guard with all reasons, and changes nothing", function()
        account("github|7", { blocked = true })
        local result, message, failure = tenant:merge(PRIMARY, "github|7", options { proof = "shared_email" })
        assert.is_nil(result)
        assert.same({ "guarded", "none" }, { failure.code, failure.outcome })
        assert.is_true(#failure.reasons > 2)
        for _, reason in ipairs(failure.reasons) do
            assert.truthy(message:find(reason.message, 1, true), message)
        end
        assert.same({}, changes())
    end)

    it("does not link where the answer to what it wrote is not the account's: it may not have been written", function()
        account("github|7", { user_metadata = { size = 7 } })
        mock:arm { fault = "status", status = 200, method = "PATCH", template = "/api/v2/users/{id}", count = 20 }
        local _, _, failure = tenant:merge(PRIMARY, "github|7", options())
        assert.same({ "unknown_outcome", "unknown", "write" }, { failure.code, failure.outcome, failure.step })
        assert.same({}, changes())
    end)

    it("puts back what it wrote when the link is refused", function()
        account("github|7", { user_metadata = { size = 7 } })
        fault(LINK, { fault = "status", status = 403 })
        local result, message, failure = tenant:merge(PRIMARY, "github|7", options())
        assert.is_nil(result)
        assert.same({ "forbidden", "none", "link" }, { failure.code, failure.outcome, failure.step })
        assert.same({ "write" }, failure.put_back)
        assert.truthy(message:find("put back", 1, true), message)
        assert.same({ color = "red" }, assert(tenant:user(PRIMARY)).user_metadata)
        assert.same({ size = 7 }, assert(tenant:user "github|7").user_metadata)
    end)

    it("has a time of its own to put it back, where that of the whole is almost over", function()
        account("github|7", { user_metadata = { size = 7 } })
        fault({ method = "GET", template = "/api/v2/users/{id}" }, { fault = "delay", seconds = 3, count = 10 })
        fault(LINK, { fault = "status", status = 429, count = 50 })
        local _, message, failure = tenant:merge(PRIMARY, "github|7", options { deadline = 10 })
        assert.same({ "rate_limited", "none" }, { failure.code, failure.outcome }, message)
        assert.same({ "write" }, failure.put_back)
        mock:disarm()
        assert.same({ color = "red" }, assert(tenant:user(PRIMARY)).user_metadata)
    end)

    it("tells what was edited meanwhile, and is therefore not put back", function()
        account("github|7", { user_metadata = { size = 7, shape = "round" } })
        fault(LINK, { fault = "status", status = 403 })
        local real = mock.answer
        mock.answer = function(self, request)
            local answer = real(self, request)
            if answer.status == 403 then
                real(self, { method = "PATCH", url = request.url:gsub("/identities$", ""), headers = request.headers,
                    body = '{"user_metadata":{"size":8}}' })
            end
            return answer
        end
        local _, message, failure = tenant:merge(PRIMARY, "github|7", options())
        assert.same({ "forbidden", "none" }, { failure.code, failure.outcome })
        assert.same({ "user_metadata", "size" }, { failure.conflicts[1].what, failure.conflicts[1].key })
        assert.truthy(message:find("put back: write, but for what was changed meanwhile: user_metadata.size", 1, true),
            message)
    end)

    describe("whose write takes long before the link", function()
        -- After the write, so many seconds pass, in which `edit` is sent for the secondary.
        local function write_slowly(seconds, edit)
            local real = mock.answer
            mock.answer = function(self, request)
                local answer = real(self, request)
                if request.method ~= "PATCH" then return answer end
                mock.answer = real
                self:advance(seconds)
                if edit then
                    real(self, { method = "PATCH", url = request.url:gsub("auth0%%7C1", "github%%7C7"), body = edit,
                        headers = request.headers })
                end
                return answer
            end
        end

        it("reads the secondary again: an edit is seen, and what was changed is put back", function()
            account("github|7", { user_metadata = { size = 7 } })
            write_slowly(11, '{"user_metadata":{"size":8}}')
            local result, message, failure = tenant:merge(PRIMARY, "github|7", options())
            assert.is_nil(result)
            assert.same({ "guarded", "none" }, { failure.code, failure.outcome }, message)
            assert.equal("tenant:merge: an account was changed after it had been judged: merge again; what had been "
                .. "changed was put back: write", message)
            assert.same({ color = "red" }, assert(tenant:user(PRIMARY)).user_metadata)
            assert.same({ size = 8 }, assert(tenant:user("github|7")).user_metadata)
            assert.equal("not_merged", failure.receipt.state)
            assert.equal('{"size":7}', failure.receipt.secondary_was.user_metadata)
        end)

        it("does not link an account that was blocked meanwhile", function()
            account("github|7", { user_metadata = { size = 7 } })
            write_slowly(11, '{"blocked":true}')
            local _, message, failure = tenant:merge(PRIMARY, "github|7", options())
            assert.same({ "guarded", "blocked" }, { failure.code, failure.reasons[1].code })
            assert.truthy(message:find("blocked", 1, true) and message:find("put back: write", 1, true), message)
            assert.equal(0, requests().links)
        end)

        it("links if the secondary is as it was, for one read more", function()
            account("github|7", { user_metadata = { size = 7 } })
            write_slowly(11)
            local result = assert(tenant:merge(PRIMARY, "github|7", options()))
            assert.equal("merged", result.receipt.state)
            assert.equal(5, result.requests)
        end)
    end)

    it("says how to take back what could not be put back", function()
        account("github|7", { user_metadata = { size = 7 } })
        fault(LINK, { fault = "status", status = 403 })
        local real, patches = mock.answer, 0
        mock.answer = function(self, request)
            patches = patches + (request.method == "PATCH" and 1 or 0)
            if request.method ~= "PATCH" or patches ~= 2 then return real(self, request) end
            return { how = "answered", status = 403, headers = { ["content-type"] = "application/json" }, after = 0,
                body = '{"statusCode":403,"error":"Forbidden","message":"no"}' }
        end
        local _, message, failure = tenant:merge(PRIMARY, "github|7", options())
        assert.same({ "forbidden", "unknown" }, { failure.code, failure.outcome })
        assert.truthy(message:find("part of the merge stands (write): take it back with tenant:undo", 1, true), message)
        assert(tenant:undo(failure.receipt))
        assert.same({ color = "red" }, assert(tenant:user(PRIMARY)).user_metadata)
    end)

    it("puts nothing back while a link may still come, and settle tells later what became of it", function()
        account("github|7", { user_metadata = { size = 7 } })
        fault(LINK, { fault = "late", seconds = 30, count = 20 })
        local result, message, failure = tenant:merge(PRIMARY, "github|7", options { deadline = 5 })
        assert.is_nil(result)
        assert.same({ "unknown_outcome", "unknown" }, { failure.code, failure.outcome })
        assert.truthy(message:find("tenant:settle", 1, true), message)
        assert.equal("unknown", failure.receipt.state)
        assert.equal(failure.receipt.at + 600, failure.undo_after)
        local from = "; undo it not before " .. os.date("!%Y-%m-%d %H:%M:%S UTC", failure.undo_after)
        assert.equal(from, message:sub(-#from))
        assert.same(7, assert(tenant:user(PRIMARY)).user_metadata.size)
        local settled = assert(tenant:settle(failure.receipt))
        assert.truthy(settled.state == "unknown" or settled.state == "not_merged")
        assert.equal(failure.undo_after, settled.undo_after)
        mock:advance(60)
        settled = assert(tenant:settle(failure.receipt))
        assert.equal("merged", settled.state)
        assert.equal(2, #settled.identities)
        local _, words, early = tenant:undo(settled.receipt)
        assert.same({ "guarded", failure.undo_after }, { early.code, early.undo_after })
        assert.equal("tenant:undo: nothing was changed: a request of this merge may still be carried out" .. from,
            words)
        mock:advance(failure.undo_after - mock:time() - 1)
        assert.equal("guarded", select(3, tenant:undo(settled.receipt)).code)
        mock:advance(1)
        assert.is_nil(assert(tenant:settle(settled.receipt)).undo_after)
        assert.is_nil(assert(tenant:undo(settled.receipt)).undo_after)
    end)

    it("that was made already changes nothing", function()
        assert(tenant:merge(PRIMARY, SECONDARY, options()))
        local before = #changes()
        local result, message = tenant:merge(PRIMARY, SECONDARY, options())
        assert.is_table(result, message)
        assert.is_true(result.already)
        assert.is_true(assert(tenant:preview(PRIMARY, SECONDARY, options())).already)
        assert.equal(before, #changes())
    end)

    it("one after another, where they share an account, though many are asked for at once", function()
        local ids = {}
        for i = 1, 20 do
            ids[i] = "github|" .. i
            account(ids[i], { user_metadata = { ["key" .. i] = i } })
        end
        fault({ method = "PATCH", template = "/api/v2/users/{id}" }, { fault = "delay", seconds = 0.2, count = 100 })
        local failures = {}
        auth0.each(ids, 20, function(id)
            local result, message = tenant:merge(PRIMARY, id, options())
            if not result then failures[#failures + 1] = message end
        end)
        assert.same({}, failures)
        local expected = {}
        for i = 1, 20 do
            expected[2 * i - 1], expected[2 * i] = "update", "link"
        end
        assert.same(#expected, #changes())
        for i, change in ipairs(mock:changes()) do
            assert.equal(i % 2 == 0, change.kind == "link")
        end
        local metadata = assert(tenant:user(PRIMARY)).user_metadata
        for i = 1, 20 do assert.equal(i, metadata["key" .. i]) end
    end)
end)

describe("on_receipt", function()
    it("is called once with the planned receipt, before anything is changed", function()
        account("github|7", { user_metadata = { size = 7 } })
        local seen = {}
        local result = assert(tenant:merge(PRIMARY, "github|7", options { on_receipt = function(receipt)
            seen[#seen + 1] = receipt
            assert.same({}, changes())
        end }))
        assert.equal(1, #seen)
        assert.equal("planned", seen[1].state)
        assert.equal("merged", result.receipt.state)
        assert.truthy(seen[1].secondary_was.user_metadata:find("size", 1, true))
    end)

    it("may make calls of its own tenant", function()
        local user
        assert(tenant:merge(PRIMARY, SECONDARY, options { on_receipt = function() user = tenant:user(PRIMARY) end }))
        assert.equal(PRIMARY, user.user_id)
    end)

    it("may wait long: what was edited meanwhile is seen, and then nothing is changed", function()
        account("github|7", { user_metadata = { size = 7 } })
        local function wait() mock:advance(30) end
        local result, message, failure = tenant:merge(PRIMARY, "github|7", options { on_receipt = function()
            assert(tenant:update_user("github|7", { user_metadata = { size = 8 } }))
            wait()
        end })
        assert.is_nil(result)
        assert.same({ "guarded", "none" }, { failure.code, failure.outcome })
        assert.truthy(message:find("changed after it had been judged", 1, true), message)
        assert.equal(0, requests().links)
        assert.is_nil((assert(tenant:user(PRIMARY)).user_metadata or {}).size)
        assert(tenant:merge(PRIMARY, "github|7", options { on_receipt = wait }))
        assert.equal(8, assert(tenant:user(PRIMARY)).user_metadata.size)
    end)

    it("that returns false leaves all as it was", function()
        local result, message, failure = tenant:merge(PRIMARY, SECONDARY,
            options { on_receipt = function() return false end })
        assert.is_nil(result)
        assert.same({ "cancelled", "none" }, { failure.code, failure.outcome })
        assert.truthy(message:find("on_receipt returned false", 1, true), message)
        assert.same({}, changes())
        assert(tenant:merge(PRIMARY, SECONDARY, options()))
    end)

    it("that returns what functions return that have failed, nil and a message, leaves all as it was", function()
        local result, message, failure = tenant:merge(PRIMARY, SECONDARY,
            options { on_receipt = function() return nil, "disk full" end })
        assert.is_nil(result)
        assert.same({ "cancelled", "none" }, { failure.code, failure.outcome })
        assert.equal("tenant:merge: nothing was changed: on_receipt returned nil, disk full", message)
        assert.same({}, changes())
    end)

    it("that raises leaves all as it was, and its error comes out as it is", function()
        local thing = {}
        local good, raised = pcall(tenant.merge, tenant, PRIMARY, SECONDARY,
            options { on_receipt = function() error(thing) end })
        assert.is_false(good)
        assert.equal(thing, raised)
        assert.same({}, changes())
        assert.equal(0, tenant.calls.engine:pending())
        assert(tenant:merge(PRIMARY, SECONDARY, options()))
    end)

    it("may close the tenant: nothing is changed", function()
        local _, _, failure = tenant:merge(PRIMARY, SECONDARY, options { on_receipt = function() tenant:close() end })
        assert.same({ "cancelled", "none" }, { failure.code, failure.outcome })
        assert.same({}, changes())
    end)
end)

describe("a receipt", function()
    it("that is planned says nothing for certain while its merge may still be at work, however long that is", function()
        local planned
        tenant:merge(PRIMARY, SECONDARY, options { deadline = 3600, on_receipt = function(receipt)
            planned = receipt
            return false
        end })
        mock:advance(700)
        assert.equal("unknown", assert(tenant:settle(planned)).state)
        local _, _, failure = tenant:undo(planned)
        assert.equal("guarded", failure.code)
        mock:advance(3600)
        assert.equal("not_merged", assert(tenant:settle(planned)).state)
    end)

    it("survives JSON, and holds no secret", function()
        account("github|7", { user_metadata = { empty = json.array {}, object = {}, null = json.null } })
        local result = assert(tenant:merge(PRIMARY, "github|7", options { user_metadata = "deep" }))
        local text = cjson.encode(result.receipt)
        assert.falsy(text:find(mocked.SECRET, 1, true))
        assert.falsy(text:find("access_token", 1, true))
        local settled, message = tenant:settle(cjson.decode(text))
        assert.is_table(settled, message)
        assert.equal("merged", settled.state)
    end)

    for what, receipt in pairs {
        ["expected the receipt of a merge, as tenant:merge gave it"] = { primary = PRIMARY },
        ["is of a version that this library does not know"] = { version = 99, primary = PRIMARY,
            secondary = { id = SECONDARY } },
        ["is of another tenant"] = { version = 1, domain = "other.test", primary = PRIMARY,
            secondary = { id = SECONDARY } },
        ["cannot be read: too deep a nesting"] = { version = 1, domain = "tenant.test", primary = PRIMARY,
            secondary = { id = SECONDARY }, carried = core.decode(("["):rep(63) .. ("]"):rep(63)) },
    } do
        it("is refused: " .. what, function()
            local good, message = pcall(function() tenant:undo(receipt) end)
            assert.is_false(good)
            assert.truthy(message:find("tenant:undo: receipt.-: " .. what:gsub("%W", "%%%0")), message)
            assert.same({}, mock:requests())
        end)
    end
end)

describe("an option of tenant:merge", function()
    for what, given in pairs {
        ["proof: is required"] = {},
        ["proof: expected \"both_authenticated\", \"shared_email\" or \"operator\""] = { proof = "trust me" },
        ["user_metadata: expected \"discard\", \"primary_wins\" or \"deep\""] = { user_metadata = "all" },
        ["carry: entry 2: expected \"roles\""] = { carry = { "roles", "sessions" } },
        ["checks: entry 1: expected \"factors\""] = { checks = { "everything" } },
        ["union: expected an array of names"] = { union = { 1 } },
        ["trusted_connections: expected an array of names, got a string"] = { trusted_connections = "google" },
        ["unreadable: expected \"refuse\" or \"allow\""] = { unreadable = true },
        ["after_link: has no"] = { after_link = { revok = true } },
        ["after_link: revoke: expected a boolean"] = { after_link = { revoke = 1 } },
        ["relink: expected { holder =, proof = }"] = { relink = { holder = "auth0|9" } },
        ["relink: proof: expected"] = { relink = { holder = "auth0|9", proof = "mine" } },
        ["on_receipt: expected a function"] = { on_receipt = {} },
        ["unknown option \"user_metdata\"; the nearest known one is \"user_metadata\""] = { user_metdata = "deep" },
    } do
        it("that cannot be used raises in the caller's line: " .. what, function()
            local all = { proof = not what:find "^proof" and "operator" or nil }
            for name, value in pairs(given) do all[name] = value end
            local line
            local good, message = pcall(function()
                line = debug.getinfo(1, "l").currentline; tenant:merge(PRIMARY, SECONDARY, all)
            end)
            assert.is_false(good)
            local where = ("%s:%d: tenant:merge: "):format(debug.getinfo(1, "S").short_src, line)
            assert.equal(where, message:sub(1, #where))
            assert.truthy(message:find(what, 1, true), message)
            assert.same({}, mock:requests())
        end)
    end

    it("ids that cannot be those of accounts raise, too", function()
        for _, pair in ipairs { { PRIMARY, PRIMARY }, { PRIMARY, "nobody" }, { "", SECONDARY }, { PRIMARY, 7 } } do
            local good, message = pcall(function() tenant:merge(pair[1], pair[2], options()) end)
            assert.is_false(good)
            assert.truthy(message:find("merge_spec.lua:%d+: tenant:merge: "), message)
        end
        assert.same({}, mock:requests())
    end)
end)
