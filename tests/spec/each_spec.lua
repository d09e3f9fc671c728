--- auth0.each: at most so many at a time, each of which lets the others go on while it waits.
local auth0 = require "auth0"
local is_yieldable = require "auth0.waiting.yieldable"
local mocked = require "support.mocked"

local PRIMARY = mocked.PRIMARY

-- Accounts whose reads take a second of the mock's time each, and of which any number may be under way: its answers
-- tell of no limit.
local function slow(count)
    local mock, ids = mocked.mock(count)
    local answer = mock.answer
    mock.answer = function(self, request)
        local told = answer(self, request)
        for _, name in ipairs { "limit", "remaining", "reset" } do told.headers["x-ratelimit-" .. name] = nil end
        return told
    end
    local tenant = mocked.with_token(mock, mock:token { kind = "machine" },
        { correlation_id = "fault=delay;seconds=1" })
    assert(tenant:user(PRIMARY, { correlation_id = "warm-up" })) -- before the first answer a few go ahead
    return mock, ids, tenant
end

describe("auth0.each", function()
    local mock, ids, tenant

    before_each(function() mock, ids, tenant = slow(12) end)
    after_each(function() tenant:close() end)

    it("calls the function once for each item, with its index, and says how many there were", function()
        local seen = {}
        assert.equal(3, auth0.each({ "a", "b", "c" }, 2, function(item, index) seen[index] = item end))
        assert.same({ "a", "b", "c" }, seen)
        assert.equal(0, auth0.each({}, 5, error))
    end)

    for lanes, seconds in pairs { [1] = 12, [4] = 3, [12] = 1, [100] = 1 } do
        it(("has %d at a time"):format(lanes), function()
            local under_way, most = 0, 0
            auth0.each(ids, lanes, function(id)
                under_way = under_way + 1
                most = math.max(most, under_way)
                assert(tenant:user(id))
                under_way = under_way - 1
            end)
            assert.equal(seconds, math.floor(mock.engine:now() + 0.001))
            assert.equal(math.min(lanes, 12), most)
        end)
    end

    it("takes an iterator, which may wait itself, and never asks it twice at once", function()
        local inside, page = false, 0
        local function pages()
            assert(not inside, "it is asked twice at once")
            inside = true
            page = page + 1
            assert(tenant:user(PRIMARY))
            inside = false
            return ids[page]
        end
        local seen = {}
        assert.equal(12, auth0.each(pages, 4, function(id)
            seen[#seen + 1] = id
            assert(tenant:user(id))
        end))
        assert.equal(12, #seen)
    end)

    it("begins nothing new after an error, lets the others end, and raises it", function()
        local begun, ended = 0, 0
        local fault = { "a table" }
        local done, message = pcall(auth0.each, ids, 4, function(id, index)
            begun = begun + 1
            assert(tenant:user(id))
            if index == 2 then error(fault) end
            ended = ended + 1
            assert(tenant:user(id))
            ended = ended + 1
        end)
        assert.is_false(done)
        assert.equal(fault, message)
        assert.equal(begun, ended / 2 + 1)
        assert.is_true(begun <= 5)
    end)

    describe("names the item of an error", function()
        local function message_of(items, lanes, index, fault)
            local done, message = pcall(auth0.each, items, lanes, function(_, i)
                assert(tenant:user(PRIMARY))
                if i == index then error(fault, 0) end
            end)
            assert.is_false(done)
            return message
        end

        it("by its number, whatever else is under way", function()
            assert.equal("boom (item 7 of auth0.each)", message_of({ 1, 2, 3, 4, 5, 6, {}, 8, 9 }, 3, 7, "boom"))
        end)

        it("and by itself where it is an account's id", function()
            assert.equal(('boom (item 2 of auth0.each, "%s")'):format(ids[2]), message_of(ids, 12, 2, "boom"))
            assert.equal('boom (item 1 of auth0.each, "samlp|acme|7")', message_of({ "samlp|acme|7" }, 1, 1, "boom"))
        end)

        it("and never shows a text that may be a secret", function()
            for _, item in ipairs { "s3cr3t", "eyJhbGciOiJSUzI1NiJ9.e30.s3cr3t", "auth0|1,s3cr3t", "auth0|1 s3cr3t",
                "auth0|" .. ("s3cr3t"):rep(30), "auth0|1\ns3cr3t" } do
                assert.equal("boom (item 1 of auth0.each)", message_of({ item }, 1, 1, "boom"))
            end
        end)

        it("and leaves alone an error that is a table", function()
            local fault = setmetatable({}, { __tostring = function() return "boom" end })
            assert.equal(fault, message_of(ids, 2, 3, fault))
        end)
    end)

    it("ends when its iterator raises, while others wait for it", function()
        local done, message = pcall(auth0.each, function()
            assert(tenant:user(PRIMARY))
            error("no more pages", 0)
        end, 4, print)
        assert.is_false(done)
        assert.equal("no more pages", message)
    end)

    it("takes the first of several errors, and an error that is nil #plain", function()
        local done, message = pcall(auth0.each, { 1, 2 }, 2, function(i)
            assert(tenant:user(PRIMARY))
            if i == 1 then error() end
            error("the second", 0)
        end)
        assert.is_false(done)
        local words = select(2, pcall(error)) -- Lua 5.5 has some
        assert.equal(words and words .. " (item 1 of auth0.each)", message)
    end)

    it("tells an item that looks after the others when it is the last, also after an error", function()
        for _, fault in ipairs { false, "boom" } do
            local items, looks, ended = { "watch", ids[1], ids[2], ids[3], ids[4] }, 0, 0
            local done, message = pcall(auth0.each, items, 3, function(item, index, are_others)
                while item == "watch" and are_others() do
                    looks = looks + 1
                    tenant:sleep(0.25)
                end
                if item ~= "watch" then assert(tenant:user(item)) end
                if fault and index == 3 then error(fault, 0) end
                ended = ended + 1
            end)
            assert.equal(not fault, done, message)
            assert.is_true(fault and ended < 5 or ended == 5)
            assert.is_true(looks > 0)
        end
    end)

    it("waits on the spot in a coroutine that its function made #plain", function()
        auth0.each(ids, 3, function(id)
            local steps = {}
            local other = coroutine.wrap(function()
                steps[#steps + 1] = (assert(tenant:user(id))).user_id
                coroutine.yield()
                steps[#steps + 1] = "end"
            end)
            other()
            other()
            assert.same({ id, "end" }, steps)
        end)
    end)

    it("waits on the spot where no coroutine could yield #plain", function()
        assert.equal(6, auth0.each({ 1, 2, 3, 4, 5, 6 }, 3, function(i)
            local list = { 2, 1 }
            table.sort(list, function(a, b)
                assert(tenant:user(ids[i]))
                return a < b
            end)
            local shown = ("x"):gsub("x", function() return (assert(tenant:user(ids[i]))).user_id end)
            assert.equal(ids[i], shown)
            for user in function(_, last) return not last and tenant:user(ids[i]) or nil end do
                assert.equal(ids[i], user.user_id)
            end
            local proxy = setmetatable({}, { __index = function(_, id) return (tenant:user(id)) end })
            assert.equal(ids[i], proxy[ids[i]].user_id)
            assert.is_true((pcall(tenant.user, tenant, ids[i])))
        end))
    end)

    it("may stand inside another", function()
        local count = 0
        auth0.each({ 0, 4, 8 }, 3, function(from)
            auth0.each({ 1, 2, 3, 4 }, 2, function(i)
                assert(tenant:user(ids[from + i]))
                count = count + 1
            end)
            assert(tenant:user(PRIMARY))
        end)
        assert.equal(12, count)
    end)

    it("serves several tenants at once", function()
        local other_mock, other_ids, other = slow(12)
        auth0.each(ids, 6, function(id, index)
            assert(tenant:user(id))
            assert(other:user(other_ids[index]))
        end)
        assert.equal(2, math.floor(mock.engine:now() + 0.001))
        assert.equal(2, math.floor(other_mock.engine:now() + 0.001))
        other:close()
    end)

    it("may run in a coroutine, which it does not suspend #plain", function()
        local thread = coroutine.create(function()
            return auth0.each(ids, 4, function(id) assert(tenant:user(id)) end)
        end)
        local good, count = coroutine.resume(thread)
        assert.is_true(good, count)
        assert.equal(12, count)
        assert.equal("dead", coroutine.status(thread))
    end)

    it("raises where the function yields by itself #plain", function()
        local done, message = pcall(auth0.each, ids, 2, function() coroutine.yield "x" end)
        assert.is_false(done)
        assert.truthy(message:find("auth0.each: the function yielded", 1, true), message)
    end)

    for what, arguments in pairs { ["expected an array of items"] = { "x", 1, print },
        ["a whole number from 1"] = { {}, 0, print }, ["whole number"] = { {}, 1.5, print },
        ["how many at a time"] = { {}, "x", print }, ["expected a function"] = { {}, 1, {} },
        ["the function of pairs wants arguments"] = { (pairs {}), 1, print },
        ["the function of ipairs wants arguments"] = { (ipairs {}), 1, print },
        ["is called with a dot, not with a colon"] = { auth0, {}, 1 } } do
        it("raises for a mistake: " .. what, function()
            local done, message = pcall(function() auth0.each(arguments[1], arguments[2], arguments[3]) end)
            assert.is_false(done)
            assert.truthy(message:find("each_spec.lua:%d+: auth0.each: "), message)
            assert.truthy(message:find(what, 1, true), message)
        end)
    end

    it("leaves no lane behind", function()
        local kept = setmetatable({}, { __mode = "k" })
        auth0.each(ids, 6, function(id)
            kept[coroutine.running()] = true
            assert(tenant:user(id))
        end)
        pcall(auth0.each, ids, 6, function(id)
            kept[coroutine.running()] = true
            assert(tenant:user(id))
            error "x"
        end)
        collectgarbage()
        collectgarbage()
        assert.is_nil(next(kept))
        assert.is_nil(next(tenant.calls.tickets))
    end)

    it("takes its calls back where the driver itself is interrupted #plain", function()
        local turn = tenant.calls.turn
        local done, message = pcall(auth0.each, ids, 6, function(id)
            tenant.calls.turn = function() error("interrupted!", 0) end
            assert(tenant:user(id))
        end)
        tenant.calls.turn = turn
        assert.is_false(done)
        assert.equal("interrupted!", message)
        assert.is_nil(next(tenant.calls.tickets))
        assert.is_table((tenant:user(PRIMARY)))
        assert.same({ 0, 0 }, { tenant:stats().in_flight, tenant:stats().waiting })
    end)
end)

describe("whether a coroutine can yield", function()
    it("is told as it is", function()
        local function ask() return is_yieldable() end
        local function in_lane(body)
            local told, _ = nil, nil
            local thread = coroutine.create(function()
                body(function() told = ask() end)
            end)
            assert(coroutine.resume(thread))
            return told
        end
        assert.is_true(in_lane(function(note) note() end))
        assert.is_true(in_lane(function(note) local t = { note = note } t.note() end))
        assert.is_false(in_lane(function(note) table.sort({ 1, 2 }, function() note() return false end) end))
    end)

    it("is never told wrongly: where it says yes, it does yield", function()
        local function attempt()
            if not is_yieldable() then return "no" end
            coroutine.yield "yes"
            return "yes"
        end
        local ways = {
            plain = attempt,
            tail = function() return attempt() end,
            pcall = function() return select(2, pcall(attempt)) end,
            xpcall = function() return select(2, xpcall(attempt, print)) end,
            sort = function()
                local told
                table.sort({ 1, 2 }, function() told = attempt() return false end)
                return told
            end,
            iterator = function()
                local last
                for told in function(_, before) return not before and attempt() or nil end do last = told end
                return last
            end,
            metamethod = function() return setmetatable({}, { __index = attempt }).x end,
            arithmetic = function()
                local told
                local _ = setmetatable({}, { __add = function() told = attempt() return 1 end }) + 1
                return told
            end,
        }
        for name, way in pairs(ways) do
            local thread = coroutine.create(way)
            local good, told = coroutine.resume(thread)
            assert.is_true(good, name .. ": " .. tostring(told))
            if told == "yes" then
                assert.equal("suspended", coroutine.status(thread), name)
                assert.is_true(coroutine.resume(thread), name)
            end
        end
    end)
end)
