--- Accounts out of an export: auth0_accounts.core.users.
local gzip = require "auth0.mock.text.gzip"
local process = require "support.process"
local tenant = require "support.tenant"

local has_core, core = pcall(require, "auth0_accounts.core")

describe("auth0_accounts.core.users", function()
    if not has_core then return pending "it was not built: there is no SQLite" end

    local path

    after_each(function()
        os.remove(path)
    end)

    local function opened(text)
        path = process.file(text)
        return assert(core.users(path))
    end

    -- All that `next` gives, with a word for what is no account; without the file's name, which is a temporary one.
    local function read(text)
        local users, all = opened(text), {}
        while true do
            local id, email, folded, identities, size = users:next()
            if id == nil and email == nil then break end
            all[#all + 1] = id and { id, email or false, folded or false, identities, size, users:line() }
                or { email:gsub("^.-:", "", 1), folded }
            if folded == "file" then break end
        end
        users:close()
        return all
    end

    it("gives each account, and its line as it stands", function()
        local first = '{"user_id":"auth0|1","email":"Ann@Example.com","identities":[{},{}],"x":{"user_id":7}}'
        local second = ' { "identities" : [], "email" : null, "user_id" : "auth0|2" } '
        local users = opened(first .. "\n" .. second .. "\n")
        assert.same({ "auth0|1", "Ann@Example.com", "ann@example.com", 2, #first }, { users:next() })
        assert.same({ first, 1 }, { users:text(), users:line() })
        assert.same({ "auth0|2", nil, nil, 0, #second }, { users:next() })
        assert.same({ second, 2 }, { users:text(), users:line() })
        assert.equal(0, select("#", users:next()))
        assert.equal(0, select("#", users:next()))
        assert.same({ #first + #second + 2, #first + #second + 2 }, { users:position() })
    end)

    it("passes over lines unread, also broken ones, to the one that is asked for", function()
        local users = opened('{"user_id":"a|1"}\n\nbroken\n{"user_id":"a|4"}\n{"user_id":"a|5"}\n{')
        assert.equal("a|4", (users:find(4)))
        assert.same({ '{"user_id":"a|4"}', 4 }, { users:text(), users:line() })
        assert.equal("a|5", (users:find(5)))
        local id, message, kind = users:find(6)
        assert.same({ nil, "line" }, { id, kind })
        assert.truthy(message:find(":6: malformed JSON", 1, true), message)
        assert.equal(0, select("#", users:find(7)))
    end)

    it("makes ASCII letters small, and nothing else", function()
        local function folded(email) return read('{"user_id":"a","email":"' .. email .. '"}')[1][3] end
        assert.equal("a.b+tag@example.com", folded "A.B+Tag@EXAMPLE.com")
        assert.equal("\195\132nn@[`{z", folded "\195\132NN@[`{Z")
        assert.equal("\195\132nn@x", folded "\\u00C4\\u004eN@x")
        assert.equal("\226\132\170@x", folded "\\u212A@x") -- the Kelvin sign is no k
        assert.is_false(folded "")
    end)

    it("reads escapes, and has no address where it is no string", function()
        assert.same({ { 'a\n"|\0', "b@c", "b@c", 0, 54, 1 } },
            read '{"user_id":"a\\n\\"|\\u0000","email":"b\\u0040c","x":1.50}')
        for _, email in ipairs { "7", "true", "{}", '["a@b"]' } do
            assert.is_false(read('{"user_id":"a","email":' .. email .. "}")[1][2])
        end
    end)

    it("takes the last of several members of one name", function()
        assert.same({ "b", "d", "d", 1, 70, 1 },
            read('{"user_id":"a","user_id":"b","email":"c","email":"d","identities":[0]}')[1])
    end)

    it("takes lines that end in CR LF, blank ones, a byte order mark, and a last line without an end", function()
        local accounts = read '\239\187\191{"user_id":"a"}\r\n\r\n \t\n\n{"user_id":"b"}\r\n{"user_id":"c"}'
        assert.same({ { "a", false, false, 0, 15, 1 }, { "b", false, false, 0, 15, 5 },
            { "c", false, false, 0, 15, 6 } }, accounts)
        assert.same({}, read "")
        assert.same({}, read "\n")
        assert.same({}, read " ")
        assert.same({ { "1: malformed JSON at byte 16: something after the value", "line" } },
            read '{"user_id":"a"}\239\187\191\n')
    end)

    it("says which line is no account, and goes on", function()
        assert.same({
            { "1: malformed JSON at byte 1: no value where one must stand", "line" },
            { "2: the line is no JSON object", "line" },
            { "3: the account has no user_id", "line" },
            { "4: the account's user_id is no string", "line" },
            { "5: the account's user_id is empty", "line" },
            { "6: malformed JSON at byte 13: bytes that are not UTF-8", "line" },
            { "a", false, false, 0, 15, 7 },
            { "8: malformed JSON at byte 15: an unexpected end; the file ends within this line", "line" },
        }, read('x\n[]\n{}\n{"user_id":7}\n{"user_id":""}\n{"user_id":"\255"}\n{"user_id":"a"}\n{"user_id":"b"'))
    end)

    it("passes over a line that is too long, and one with too many values", function()
        local long, many = ("x"):rep(4194305), '{"user_id":"a","x":[' .. ("0,"):rep(65536) .. "0]}"
        local accounts = read(long .. "\n" .. many .. "\n" .. '{"user_id":"b"}\n' .. long .. long)
        assert.same({ { "1: the line is longer than 4194304 bytes", "line" },
            { "2: the line holds more than 65536 values", "line" }, { "b", false, false, 0, 15, 3 },
            { "4: the line is longer than 4194304 bytes; the file ends within this line", "line" } }, accounts)
    end)

    it("reads a long line whole", function()
        local name = ("x"):rep(4194304 - 30)
        local line = '{"user_id":"a","name":"' .. name .. '"}'
        local users = opened(line .. "\n" .. line)
        for _ = 1, 2 do
            assert.same({ "a", nil, nil, 0, #line }, { users:next() })
            assert.is_true(users:text() == line)
        end
    end)

    -- 8,000 lines are many parts of a file.
    local function many()
        local lines = {}
        for i = 1, 8000 do lines[i] = ('{"user_id":"auth0|%d","name":"%s"}\n'):format(i, ("n"):rep(i % 200)) end
        return table.concat(lines)
    end

    local function assert_many(text)
        local accounts = read(text)
        assert.equal(8000, #accounts)
        for i, account in ipairs(accounts) do assert.equal("auth0|" .. i, account[1]) end
    end

    it("reads plain files and packed ones, of one member or several", function()
        local text = many()
        assert_many(text)
        assert_many(gzip.pack(text))
        assert_many(gzip.pack(text:sub(1, 1000)) .. gzip.pack "" .. gzip.pack(text:sub(1001)))
        path = process.file(text)
        tenant.run("gzip -9 " .. path)
        assert_many(process.read(path .. ".gz"))
        os.remove(path .. ".gz")
    end)

    it("tells a packed file that is cut off or damaged from one that ends", function()
        local packed = gzip.pack '{"user_id":"a"}\n'
        assert.same({ { "a", false, false, 0, 15, 1 },
            { " the gzip ends too soon, after line 1: download it again", "file" } }, read(packed:sub(1, -2)))
        assert.same({ { " the gzip ends too soon, after line 0: download it again", "file" } }, read(packed:sub(1, 12)))
        assert.same({ { "a", false, false, 0, 15, 1 },
            { " the gzip is damaged after line 1: download it again", "file" } }, read(packed .. "rest"))
        local users = opened(packed:sub(1, 12))
        assert.equal("file", (select(3, users:next())))
        assert.equal("file", (select(3, users:next())))
    end)

    it("notes the addresses of many accounts at once, and says which lines share one", function()
        local addresses = core.addresses()
        local users = opened('{"user_id":"a","email":"A@b"}\n\n{"user_id":"b","email":null}\n'
            .. '{"user_id":"c","email":"a@B"}\n{"user_id":"d","email":""}\n{"user_id":"e","email":"\\u0061@c"}\n[]\n'
            .. '{"user_id":"f"}\n{"user_id":"g","email":""}\n{"user_id":"h","email":"\\u0061@b"}')
        assert.same({ 2, 3 }, { users:note(addresses, 2), users:note(addresses, 3) })
        assert.same({ nil, path .. ":7: the line is no JSON object", "line" }, { users:note(addresses, 9) })
        assert.same({ 3, 0 }, { users:note(addresses, 9), users:note(addresses, 9) })
        local lines = {}
        for line in addresses:shared() do lines[#lines + 1] = line end
        assert.same({ 1, 4, 10 }, lines)
        local another = opened [[{"user_id":"a","email":"x"}]]
        assert.error_matches(function() another:note(addresses, 1) end, "no more addresses can be noted")
        assert.error_matches(function() users:note(1, 1) end, "expected addresses")
        addresses:close()
    end)

    it("notes the addresses of accounts that are given one by one", function()
        local addresses = core.addresses()
        local users = opened('{"user_id":"a","email":"A@b"}\n{"user_id":"b"}\n{"user_id":"c","email":""}\n'
            .. '{"user_id":"d","email":"a@\\u0042"}\n{"user_id":"e","email":""}\n{"user_id":"f","email":"a@b"}')
        for id in ("abcde"):gmatch "." do assert.equal(id, (users:next(addresses))) end
        assert.equal("f", (users:next()))
        local lines = {}
        for line in addresses:shared() do lines[#lines + 1] = line end
        assert.same({ 1, 4 }, lines)
        assert.error_matches(function() users:next(1) end, "expected addresses")
    end)

    it("hashes the file as it is read, packed or not", function()
        local text = '{"user_id":"a"}\n' .. ('{"user_id":"b"}\n'):rep(40000) .. "\n\n"
        for _, bytes in ipairs { text, "", gzip.pack(text) } do
            local users = opened(bytes)
            users:hash()
            while users:next() do end
            assert.equal(core.sha256(bytes), users:digest())
            assert.error_matches(function() users:digest() end, "expected users that are hashed")
        end
        local users = opened(text)
        users:next()
        assert.error_matches(function() users:hash() end, "expected users of which none was read")
    end)

    it("finds a line by its number", function()
        local users = opened('{"user_id":"a"}\nno JSON\n{"user_id":"c"}\n{"user_id":"d"}\n')
        assert.same({ "c", 3 }, { (users:find(3)), users:line() })
        assert.same({ "d", 4 }, { (users:find(4)), users:line() })
        assert.equal(0, select("#", users:find(5)))
    end)

    it("reads a pipe", function()
        path = os.tmpname()
        tenant.run(("rm %s && mkfifo %s"):format(path, path))
        local writer = io.popen(("{ printf '{\"user_'; sleep 0.1; printf 'id\":\"a\"}\\n'; } > %s"):format(path))
        local users = assert(core.users(path))
        assert.equal("a", (users:next()))
        assert.equal(0, select("#", users:next()))
        assert.same({ 16, 0 }, { users:position() })
        writer:close()
    end)

    it("says what cannot be read, and raises when it is used after it was closed", function()
        path = "/tmp/none/users.ndjson"
        assert.same({ nil, path .. ": cannot be read: No such file or directory" }, { core.users(path) })
        assert.same({ nil, "/tmp: cannot be read: Is a directory" }, { core.users "/tmp" })
        local users = opened ""
        users:close()
        users:close()
        local good, message = pcall(users.next, users)
        assert.is_false(good)
        assert.truthy(message:find("users that are closed were used", 1, true))
    end)
end)
