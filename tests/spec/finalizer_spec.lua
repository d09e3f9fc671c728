--- Finalizers of the caller's that use the library: the collector may run them wherever the core takes memory of Lua's,
--- in the middle of another call too.
local process = require "support.process"

-- The collector comes as often as it can, and each time finds an object whose finalizer acts.
local PRELUDE = [[
if rawget(_G, "jit") then jit.off() end
if _VERSION == "Lua 5.5" then
    collectgarbage("param", "pause", 0)
    collectgarbage("param", "stepmul", 10000)
    collectgarbage("param", "stepsize", 1)
elseif _VERSION == "Lua 5.4" then
    collectgarbage("incremental", 1, 1000, 8)
else
    collectgarbage("setpause", 0)
    collectgarbage("setstepmul", 10000)
end
local function finalized(action)
    if _VERSION ~= "Lua 5.1" then return setmetatable({}, { __gc = action }) end
    local object = newproxy(true)
    getmetatable(object).__gc = action
    return object
end
-- Until `action` returns true.
local function act(action)
    local acts = false
    local function again()
        if acts then return finalized(again) end
        acts = true
        local done = action()
        acts = false
        if not done then finalized(again) end
    end
    finalized(again)
end
local auth0 = require "auth0"
]]

local has_accounts_core = pcall(require, "auth0_accounts.core")

local function run(script)
    local output, status = process.run(PRELUDE .. script)
    assert(status == 0, ("status %s: %s"):format(tostring(status), output))
    return output
end

describe("a finalizer that runs after the library's own #plain", function()
    it("and unpacks a file, ends in an error", function()
        assert.truthy(run([[
            local core = require "auth0.core"
            local inflater
            guard = finalized(function() io.write(tostring(select(2, pcall(inflater.run, inflater, "x", 1)))) end)
            inflater = core.inflater()
        ]]):find("let go", 1, true))
    end)

    it("and uses a database, ends in an error", function()
        if not has_accounts_core then return pending "it was not built: there is no SQLite" end
        assert.truthy(run([[
            local db
            guard = finalized(function() io.write(tostring(select(2, pcall(db.exec, db, "SELECT 1")))) end)
            db = require("auth0_accounts.core").open ":memory:"
        ]]):find("a database that is closed", 1, true))
    end)
end)

describe("a finalizer that runs in the middle of a call #plain", function()
    it("and makes another, with another token, leaves its account alone", function()
        assert.equal("auth0%7C1 github|3", run [[
            local core = require "auth0.core"
            local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            local function encoded(text) -- three bytes at a time
                return (text:gsub("...", function(three)
                    local a, b, c = three:byte(1, 3)
                    local bits, out = a * 65536 + b * 256 + c, ""
                    for _ = 1, 4 do
                        out = alphabet:sub(bits % 64 + 1, bits % 64 + 1) .. out
                        bits = (bits - bits % 64) / 64
                    end
                    return out
                end))
            end
            local header = encoded '{"alg":"RS256"}'
            local function user(sub) return header .. "." .. encoded('{"sub":"' .. sub .. '"} ') .. ".AAAA" end
            local asked
            local mock = { engine = core.engine(), domain = "acme.test", answer = function(_, request)
                asked[request.url:match "users/([^/]*)" .. " " .. request.body:match '"user_id":"([^"]*)"'] = true
                return { status = 201, body = '[{"provider":"github","user_id":"3"}]' }
            end }
            local mine, others = user "auth0|1", user "auth0|2"
            local done = false
            act(function()
                pcall(auth0.link, { domain = "127.0.0.1:1", token = others, secondary = "github|4", proxy = false,
                    attempts = 1, deadline = 1 })
                return done
            end)
            asked = {}
            for _ = 1, 100 do
                assert(auth0.link { domain = "acme.test", token = mine, secondary = "github|3", mock = mock })
            end
            done = true
            local names = {}
            for name in pairs(asked) do names[#names + 1] = name end
            io.write(table.concat(names, " "))
        ]])
    end)

    it("and makes another of the same tenant, leaves its answer whole", function()
        assert.equal("done", run [[
            local core = require "auth0.core"
            local tenant = auth0.tenant { domain = "acme.test", token = "t", mock = { engine = core.engine(),
                domain = "acme.test", answer = function(_, request)
                    local word = request.url:match "users/([^?]*)"
                    return { status = 200, body = '{"identities":[' .. ('"' .. word .. '",'):rep(20) .. '""]}' }
                end } }
            local done = false
            local count = 0
            act(function()
                count = count + 1
                pcall(tenant.request, tenant, { path = "/api/v2/users/other" .. count })
                return done
            end)
            for i = 1, 100 do
                local answer = assert(tenant:request { path = "/api/v2/users/mine" .. i })
                for j = 1, 20 do assert(answer.identities[j] == "mine" .. i, answer.identities[j]) end
            end
            done = true
            io.write "done"
        ]])
    end)

    it("and closes the tenant whose claims are read, leaves them whole or absent", function()
        assert.equal("done", run [[
            local mock = require("auth0.mock").new { domain = "acme.test" }
            local scope = ("read:users "):rep(200)
            local token = mock:token { kind = "machine", scope = scope }
            for after = 0, 60 do
                local tenant = auth0.tenant { domain = "acme.test", token = token, mock = mock }
                local count = 0
                act(function()
                    count = count + 1
                    return count > after and pcall(tenant.close, tenant)
                end)
                for _ = 1, 30 do
                    local good, claims = pcall(tenant.claims, tenant)
                    assert(not (good and claims) or claims.scope == scope)
                end
                pcall(tenant.close, tenant)
            end
            io.write "done"
        ]])
    end)

    it("and closes the tenant, ends in an error or an answer", function()
        assert.equal("done", run [[
            for after = 0, 60 do
                local tenant = auth0.tenant { domain = "127.0.0.1:1", token = "t", proxy = false, attempts = 1,
                    deadline = 1 }
                local count = 0
                act(function()
                    count = count + 1
                    return count > after and pcall(tenant.close, tenant)
                end)
                for _ = 1, 3 do pcall(tenant.link, tenant, "auth0|1", "github|2") end
                pcall(tenant.close, tenant)
            end
            io.write "done"
        ]])
    end)
end)

describe("a finalizer that runs in the middle of auth0_accounts.core #plain", function()
    if not has_accounts_core then return pending "it was not built: there is no SQLite" end

    it("and closes the database, or uses it, leaves a row whole", function()
        assert.equal("done", run [[
            local core = require "auth0_accounts.core"
            local long = ("x"):rep(100)
            local function work(db)
                local select = db:prepare "SELECT ? || a, ? || a, ? || a FROM (SELECT 1 AS a UNION SELECT 2)"
                local a, b, c = select:first("a" .. long, "b" .. long, "c" .. long)
                assert(a == "a" .. long .. 1 and b == "b" .. long .. 1 and c == "c" .. long .. 1)
                for first, _, last in select:rows("a" .. long, "b" .. long, "c" .. long) do
                    assert(first:sub(1, -2) == "a" .. long and last:sub(1, -2) == "c" .. long)
                end
                local _, message = db:exec("SELECT " .. long)
                assert(message == "no such column: " .. long)
            end
            for after = 0, 60 do
                local db, count = core.open(":memory:"), 0
                local select = db:prepare "SELECT 1"
                act(function()
                    count = count + 1
                    pcall(db.exec, db, "SELECT a_finalizer")
                    pcall(select.first, select)
                    return count > after and pcall(db.close, db)
                end)
                for _ = 1, 10 do
                    local good, fault = pcall(work, db)
                    assert(good or fault:find "is closed" or fault:find "or closed", fault)
                end
                db:close()
            end
            io.write "done"
        ]])
    end)

    it("and closes the users, leaves a line whole", function()
        assert.equal("done", run [[
            local core = require "auth0_accounts.core"
            local path = os.tmpname()
            local file = io.open(path, "w")
            local long = ("A"):rep(100)
            for i = 1, 20 do file:write(('{"user_id":"%s%d","email":"%s"}\n'):format(long, i, long)) end
            file:close()
            local function work(users)
                for i = 1, 20 do
                    local id, email, folded = users:next()
                    assert(id == long .. i and email == long and folded == long:lower())
                    assert(users:text():find(id, 1, true))
                end
            end
            for after = 0, 60 do
                local users, count = core.users(path), 0
                act(function()
                    count = count + 1
                    return count > after and pcall(users.close, users)
                end)
                local good, fault = pcall(work, users)
                assert(good or fault:find "are closed", fault)
                users:close()
            end
            os.remove(path)
            io.write "done"
        ]])
    end)
end)
