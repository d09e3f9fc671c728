--- What the command keeps, and how it counts signals: auth0_accounts.core.
local process = require "support.process"
local tenant = require "support.tenant"

local has_core, core = pcall(require, "auth0_accounts.core")

describe("auth0_accounts.core", function()
    if not has_core then return pending "it was not built: there is no SQLite" end
    local database = require "auth0_accounts.database"
    local stop = require "auth0_accounts.stop"

    local folder, path

    before_each(function()
        folder = tenant.run("mktemp -d"):match "%S+"
        path = folder .. "/a.db"
    end)

    after_each(function()
        collectgarbage()
        tenant.run("rm -rf " .. process.quoted(folder))
    end)

    local function opened(options)
        return assert(core.open(path, options))
    end

    local function with_table(columns)
        local db = opened()
        assert(db:exec("CREATE TABLE t (" .. columns .. ")"))
        return db
    end

    local function assert_raises(words, ...)
        local good, fault = pcall(...)
        assert.is_false(good)
        assert.truthy(tostring(fault):find(words, 1, true), tostring(fault))
    end

    local function assert_stops(code, words, ...)
        local good, fault = pcall(...)
        assert.is_false(good)
        assert.truthy(stop.is(fault), tostring(fault))
        assert.equal(code, fault.code)
        assert.truthy(fault.message:find(words, 1, true), fault.message)
    end

    describe("a database", function()
        it("gives back each value as it was", function()
            local db = with_table "a, b"
            local insert = assert(db:prepare "INSERT INTO t VALUES (?, ?)")
            local values = { "text", "with\0nul", "", "\255 no UTF-8", 0, -1, 9007199254740991, 2.5, 1e300, true,
                false }
            for i, value in ipairs(values) do assert.equal(1, insert:run(i, value)) end
            values[10], values[11] = 1, 0
            local count = 0
            for i, value in assert(db:prepare "SELECT a, b FROM t ORDER BY a"):rows() do
                assert.equal(values[i], value)
                count = count + 1
            end
            assert.equal(#values, count)
            db:close()
        end)

        it("keeps nil, and stores a whole number as an integer in every Lua", function()
            local db = with_table "a"
            local insert = db:prepare "INSERT INTO t VALUES (?)"
            insert:run(nil)
            insert:run(3.0)
            local select = db:prepare "SELECT typeof(a), a FROM t WHERE a IS ?"
            assert.same({ "null" }, { select:first(nil) })
            assert.same({ "integer", 3 }, { select:first(3) })
        end)

        it("gives an integer that a Lua has no number for as a string", function()
            local value = opened():prepare("SELECT 9223372036854775807"):first()
            assert.equal("9223372036854775807", (type(value) == "number" and "%d" or "%s"):format(value))
        end)

        it("counts the rows that a statement changed", function()
            local db = with_table "a"
            local insert = db:prepare "INSERT INTO t VALUES (?)"
            for i = 1, 5 do assert.equal(1, insert:run(i)) end
            assert.equal(3, db:prepare("UPDATE t SET a = 0 WHERE a > ?"):run(2))
            assert.equal(0, db:prepare("UPDATE t SET a = 0 WHERE a > ?"):run(2))
            assert.equal(0, db:prepare("CREATE TABLE u (a)"):run())
            assert.equal(0, db:prepare("SELECT a FROM t"):run())
            assert.equal(5, db:prepare("DELETE FROM t"):run())
        end)

        it("has no first row where there is none", function()
            assert.equal(0, select("#", with_table("a"):prepare("SELECT a FROM t"):first()))
        end)

        it("tells the kinds of what fails apart", function()
            local db = with_table "a UNIQUE"
            local insert = db:prepare "INSERT INTO t VALUES (?)"
            assert.same({ nil, "no such table: u", "no_such_table" }, { db:prepare "SELECT * FROM u" })
            assert.same({ nil, 'near "NO": syntax error', "sql" }, { db:exec "NO" })
            insert:run(1)
            assert.same({ nil, "UNIQUE constraint failed: t.a", "constraint" }, { insert:run(1) })
            assert.equal(1, insert:run(2))
        end)

        it("is busy while another connection writes", function()
            local db = with_table "a"
            assert(db:exec "BEGIN IMMEDIATE")
            assert.same({ nil, "database is locked", "busy" }, { opened():exec "BEGIN IMMEDIATE" })
        end)

        it("says that it is full, and keeps what was committed", function()
            local db = with_table "a"
            local insert = db:prepare "INSERT INTO t VALUES (?)"
            insert:run "kept"
            assert(db:exec "PRAGMA max_page_count=3")
            local changed, message, kind = insert:run(("x"):rep(20000))
            assert.same({ nil, "database or disk is full", "full" }, { changed, message, kind })
            assert.same({ "kept", 1 }, { db:prepare("SELECT a, count(*) FROM t"):first() })
        end)

        it("is no database where the file is none", function()
            path = process.file("This is no database, however long it may be.\n")
            local _, message, kind = opened():exec "SELECT * FROM sqlite_master"
            os.remove(path)
            assert.same({ "file is not a database", "not_a_database" }, { message, kind })
        end)

        it("cannot be written when it was opened to be read", function()
            with_table("a"):close()
            local _, _, kind = opened({ read_only = true }):exec "INSERT INTO t VALUES (1)"
            assert.equal("read_only", kind)
            os.remove(path)
            assert.same({ nil, "unable to open database file", "cannot_open" },
                { core.open(path, { read_only = true }) })
        end)

        it("raises when it is used after it was closed, and so do its statements", function()
            local db = with_table "a"
            local insert, rows = db:prepare "INSERT INTO t VALUES (1)", db:prepare "SELECT 1"
            local step = rows:rows()
            db:close()
            db:close()
            assert_raises("a database that is closed was used", db.exec, db, "SELECT 1")
            assert_raises("a database that is closed was used", db.prepare, db, "SELECT 1")
            assert_raises("a statement that is closed was used", insert.run, insert)
            assert_raises("or closed, in a loop", step)
            insert:close()
        end)

        it("stays while a statement of it is used", function()
            local insert = with_table("a"):prepare "INSERT INTO t VALUES (?)"
            collectgarbage()
            collectgarbage()
            assert.equal(1, insert:run "x")
            insert:close()
            assert_raises("a statement that is closed was used", insert.run, insert, "x")
        end)

        it("raises where arguments are wrong", function()
            local db = with_table "a"
            local insert = db:prepare "INSERT INTO t VALUES (?)"
            assert_raises("0 values for a statement of 1", insert.run, insert)
            assert_raises("2 values for a statement of 1", insert.run, insert, 1, 2)
            assert_raises("expected nil, a boolean, a number or a string", insert.run, insert, {})
            assert_raises("expected a single statement", db.prepare, db, "SELECT 1; SELECT 2")
            assert_raises("expected a statement", db.prepare, db, " ")
            assert_raises("expected a database", db.exec, insert, "SELECT 1")
            assert_raises("expected a statement", insert.run, db, 1)
            assert(db:prepare "SELECT 1; ")
        end)

        it("raises in a loop, where nil would be its end", function()
            local db = with_table "a"
            db:exec "INSERT INTO t VALUES (1), (NULL)"
            local all = db:prepare "SELECT a FROM t ORDER BY a DESC"
            assert_raises("the first column is NULL", function() for _ in all:rows() do db:exec "SELECT 1" end end)
            assert_raises("was used again", function() for _ in all:rows() do all:first() end end)
            local abs = db:prepare "SELECT a, abs(-9223372036854775807 - a) FROM t WHERE a"
            assert_raises("integer overflow", function() for _ in abs:rows() do db:exec "SELECT 1" end end)
            assert.equal(1, (all:first()))
        end)

        it("can be left in the middle of its rows", function()
            local db = with_table "a"
            db:exec "INSERT INTO t VALUES (1), (2)"
            local all = db:prepare "SELECT a FROM t ORDER BY a"
            assert.equal(1, (all:rows()()))
            assert.equal(1, (all:rows()()))
            all:close()
            assert(db:exec "DROP TABLE t")
        end)

        it("keeps the arguments of a loop while it runs", function()
            local seen = 0
            for a, b in opened():prepare("SELECT value, ? FROM json_each('[1,2,3]')"):rows(("x"):rep(100) .. "y") do
                collectgarbage()
                seen = seen + a
                assert.equal(("x"):rep(100) .. "y", b)
            end
            assert.equal(6, seen)
        end)
    end)

    describe("a private database", function()
        local function modes()
            return (tenant.run("stat -c %a " .. folder .. "/*"):gsub("%s+", " "))
        end

        it("is its user's alone, with the files beside it, from the first moment on", function()
            local db = opened { private = true }
            assert.equal("600 ", modes())
            assert(db:exec "PRAGMA journal_mode=WAL; CREATE TABLE t (a)")
            assert.equal("600 600 600 ", modes())
            db:close()
            assert(opened({ private = true }):exec "SELECT * FROM t")
        end)

        it("is in the file of its name, whatever SQLite takes that for", function()
            assert.equal("one two ", (process.run([[
                local core = require "auth0_accounts.core"
                local function open(name) return assert(core.open(name, { private = true })) end
                for name, table in pairs { [":memory:"] = "one", ["file:a.db?mode=memory"] = "two" } do
                    assert(open(name):exec("CREATE TABLE t AS SELECT '" .. table .. "' AS a"))
                end
                for _, name in ipairs { ":memory:", "file:a.db?mode=memory" } do
                    io.write(open(name):prepare("SELECT a FROM t"):first(), " ")
                end
            ]], {}, "cd " .. process.quoted(folder) .. " &&")))
        end)

        it("is refused where others may read it, or it is a link", function()
            opened():exec "CREATE TABLE t (a)"
            tenant.run("chmod 640 " .. path)
            assert.same({ nil, "other users can read or write it", "not_private" },
                { core.open(path, { private = true }) })
            tenant.run(("chmod 600 %s && ln -s a.db %s/link.db"):format(path, folder))
            assert.same({ nil, "it is a symbolic link", "not_private" },
                { core.open(folder .. "/link.db", { private = true }) })
            assert.same({ nil, "it is no regular file", "not_private" }, { core.open(folder, { private = true }) })
            assert.same({ nil, "No such file or directory", "cannot_open" },
                { core.open(folder .. "/none/a.db", { private = true }) })
            assert(opened { private = true, read_only = true })
        end)

        it("is refused where a file beside it, from which SQLite would read, is another's or a link", function()
            opened({ private = true }):exec "CREATE TABLE t (a)"
            for _, ending in ipairs { "-wal", "-journal" } do
                for make, words in pairs { ["ln -s /nowhere %s"] = "it is a symbolic link",
                    [": >%s; chmod 644 %s"] = "other users can read or write it" } do
                    tenant.run((make:gsub("%%s", path .. ending)))
                    assert.same({ nil, ('as to its "%s" file, %s'):format(ending, words), "not_private" },
                        { core.open(path, { private = true }) })
                    os.remove(path .. ending)
                end
            end
            assert(opened { private = true })
        end)
    end)

    describe("auth0_accounts.database", function()
        local function open(more)
            local options = { settings = database.DURABLE, private = true }
            for name, value in pairs(more or {}) do options[name] = value end
            return database.open(path, options)
        end

        it("is durable, and deletes for good", function()
            local db = open()
            local function pragma(name) return (db:prepare("PRAGMA " .. name):first()) end
            assert.same({ "wal", 2, 1, 1, 5000 }, { pragma "journal_mode", pragma "synchronous", pragma "secure_delete",
                pragma "foreign_keys", pragma "busy_timeout" })
        end)

        it("is quick where it is made anew after a failure", function()
            local db = open { settings = database.SCRATCH }
            assert.same({ "off", 0 }, { (db:prepare("PRAGMA journal_mode"):first()),
                (db:prepare("PRAGMA synchronous"):first()) })
        end)

        it("ends the run with a sentence that names the file, and what the caller says beside it", function()
            local db = open { further = { full = "nothing was lost" } }
            db:exec "CREATE TABLE t (a UNIQUE); PRAGMA max_page_count=3"
            local insert = db:prepare "INSERT INTO t VALUES (?)"
            assert_stops(1, path .. ": no room is left for it (database or disk is full); nothing was lost",
                insert.run, insert, ("x"):rep(20000))
            assert_stops(1, path .. ": no such table: u", db.prepare, db, "SELECT * FROM u")
            insert:run(1)
            assert_stops(1, path .. ": UNIQUE constraint failed: t.a", insert.run, insert, 1)
            local overflow = db:prepare "SELECT abs(-9223372036854775807 - 1)"
            assert_stops(1, "integer overflow", overflow.first, overflow)
            assert_stops(1, "integer overflow", function() for _ in overflow:rows() do db:exec "SELECT 1" end end)
        end)

        it("refuses a file that is no database of its user's", function()
            path = process.file("This is no database, however long it may be.\n")
            tenant.run("chmod 600 " .. path)
            assert_stops(2, path .. ": it is no SQLite database (", open)
            tenant.run("chmod 644 " .. path)
            assert_stops(2, path .. ": it holds what concerns its user alone, but other users can read or write it",
                open)
            os.remove(path)
            path = folder .. "/none/a.db"
            assert_stops(2, path .. ": it cannot be opened (No such file or directory)", open)
        end)
    end)

    for what, row in pairs {
        statement = [[print(db:prepare("INSERT INTO t VALUES (zeroblob(4000000))"):run())]],
        COMMIT = [[
            assert(db:exec "BEGIN")
            assert(db:prepare("INSERT INTO t VALUES (zeroblob(1000000))"):run())
            print(db:exec "COMMIT")
        ]],
    } do
        it(("once signals are taken, tells a limit that a %s meets as a full disk"):format(what), function()
            local output, status = process.run([[
                local core = require "auth0_accounts.core"
                local signals = core.signals()
                local db = assert(core.open(arg[1]))
                assert(db:exec "PRAGMA journal_mode=WAL; CREATE TABLE t (a)")
            ]] .. row, { path }, "ulimit -f 500;")
            assert.equal(0, status)
            assert.truthy(output:find("^nil\t[^\t]*\tfull\n"), output)
        end)
    end

    describe("a digest", function()
        it("is SHA-256", function()
            assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", core.sha256 "abc")
            assert.equal(core.sha256 "a\0b", (core.sha256("a\0b")))
            path = process.file(("x"):rep(100000))
            assert.equal(core.sha256(("x"):rep(100000)), core.sha256_file(path))
            os.remove(path)
            assert.same({ nil, path .. ": cannot be read: No such file or directory" }, { core.sha256_file(path) })
            assert.same({ nil, "/tmp: cannot be read: Is a directory" }, { core.sha256_file "/tmp" })
        end)

        it("is that of a text which comes part by part, once", function()
            local hasher = core.hasher()
            for _, part in ipairs { "", "a", "\0", "b" } do hasher:add(part) end
            assert.equal(core.sha256 "a\0b", hasher:digest())
            assert.error_matches(function() hasher:digest() end, "a hasher that has come to its end was used")
            assert.error_matches(function() hasher.add(1, "x") end, "expected a hasher")
        end)

        it("of JSON is the value's, however it is spelt", function()
            for _, spellings in ipairs {
                { '{"b":[1,null,true],"a":"\195\164"}', ' { "a" : "\\u00e4" , "b" : [ 1.0 , null , true ] } ',
                    '{"a":0,"b":[10e-1,null,true],"a":"\\u00E4"}' },
                { "0", "-0", "0.0e7" }, { '"/"', '"\\/"' }, { "{}", "{ }" },
                { "12345678901234567890.5", "123456789012345678905e-1" },
            } do
                for i = 2, #spellings do assert.equal(core.digest(spellings[1]), core.digest(spellings[i])) end
            end
        end)

        it("of JSON differs where the values do", function()
            local seen = {}
            for _, text in ipairs { "0", "1", "-1", "10", "0.1", "null", "false", "true", '"1"', '"null"', "[]", "{}",
                "[[]]", "[null]", "[1,2]", "[12]", "[2,1]", "[[1],2]", "[[1,2]]", '["1,2"]', '["1","2"]',
                '{"a":1}', '{"a":"1"}', '{"a":null}', '{"b":1}', '{"a":1,"b":2}', '{"a":{"b":2}}', '""', '"\\u0000"',
                '"\\\\"', '"\\""', "9007199254740993", "9007199254740992", "1e400", "1e401" } do
                local digest = core.digest(text)
                assert.is_nil(seen[digest], text .. " has the digest of " .. tostring(seen[digest]))
                seen[digest] = text
            end
        end)

        it("of JSON is that of some members, which are {} where they hold nothing", function()
            local text = '{"a":{"y":1,"x":[2]},"b":null,"c":"text","d":[1],"a":{"x":[2.0],"y":1}}'
            local empty = core.digest "{}"
            assert.same({ core.digest '{"x":[2],"y":1}', empty, empty, core.digest "[1]", empty },
                { core.digest(text, "a", "b", "c", "d", "none") })
            assert.same({ empty, empty }, { core.digest("[]", "a", "b") })
        end)

        it("of JSON is none of what is no JSON", function()
            assert.same({ nil, "malformed JSON at byte 4: something after the value" }, { core.digest "{} x" })
        end)
    end)

    describe("signals", function()
        -- What a script says that sends itself signals. (os.execute ignores SIGINT while it waits.)
        local function said(script)
            local output = process.run([[
                local signals = require("auth0_accounts.core").signals()
                local id = io.open("/proc/self/stat"):read "*a":match "^%d+"
                local function send(name) io.popen("kill -" .. name .. " " .. id):close() end
                io.stdout:setvbuf "no"
            ]] .. script)
            return output
        end

        it("are counted, and a question is answered once", function()
            assert.equal("0 false\n1 false\n1 true\n1 false\n", said [[
                local function tell() print(signals:interrupts() .. " " .. tostring(signals:status())) end
                tell()
                send "TERM"
                tell()
                send "USR1"
                send "USR1"
                tell()
                tell()
            ]])
        end)

        it("ask before they are taken, too, and end nothing after they are closed", function()
            assert.equal("true\nfalse\nstill there\n", said [[
                signals:close()
                send "USR1"
                signals = require("auth0_accounts.core").signals()
                print(signals:status())
                print(signals:status())
                signals:close()
                send "USR1"
                print "still there"
            ]])
        end)

        it("of a terminal that is gone are one interrupt, and none after nohup", function()
            assert.equal("1\n", said 'send "HUP" send "HUP" print(signals:interrupts())')
            local name = process.file [[
                local signals = require("auth0_accounts.core").signals()
                io.popen("kill -HUP " .. io.open("/proc/self/stat"):read "*a":match "^%d+"):close()
                print(signals:interrupts())
            ]]
            assert.equal("0\n", (tenant.run("nohup " .. process.lua() .. " " .. name .. " 2>/dev/null")))
            os.remove(name)
        end)

        it("end the run when an interrupt comes for the second time", function()
            local output = said [[
                send "INT"
                print "goes on"
                send "TERM"
                print "still there"
            ]]
            assert.truthy(output:find "^goes on\n" and not output:find "still there", output)
        end)

        it("are as before once they are closed, and taken one time", function()
            local output = said [[
                local core = require "auth0_accounts.core"
                print(pcall(core.signals))
                signals:close()
                signals:close()
                print(pcall(signals.interrupts, signals))
                signals = core.signals()
                send "PIPE"
                print "without a reader"
                signals:close()
                send "TERM"
                print "still there"
            ]]
            assert.truthy(output:find("false\tauth0_accounts.core: the signals are taken already\n"
                .. "false\tauth0_accounts.core: signals that are closed were used\n", 1, true), output)
            assert.truthy(output:find("without a reader", 1, true), output)
            assert.is_nil(output:find "still there", output)
        end)
    end)
end)
