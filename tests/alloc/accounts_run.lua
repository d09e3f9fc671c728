-- One run of all that the command's C module does, while memory runs out. Its files are in a folder that stays.
local folder = ...
local core = require "auth0_accounts.core"

local function put(name, text)
    local path = folder .. "/" .. name
    local file = assert(io.open(path, "wb"))
    assert(file:write(text))
    file:close()
    return path
end

local long = ("\\u0041"):rep(100)
local path = put("users.ndjson", '{"user_id":"a","email":"A@b.c"}\n{"user_id":"b","email":"' .. long .. '","x":['
    .. ("{},"):rep(1000) .. '0]}\nno JSON\n[]\n')

os.remove(folder .. "/a.db")
local db = assert(core.open(folder .. "/a.db", { private = true, on_failure = error }))
db:exec "CREATE TABLE t (a, b)"
local insert = db:prepare "INSERT INTO t VALUES (?, ?)"
insert:run("text", 1.5)
local users = assert(core.users(path))
assert(users:next() == "a" and users:text() and users:line() == 1)
assert(users:next() == "b")
local _, message = users:next()
assert(message:find "malformed JSON")
users:close()
users = assert(core.users(path))
local addresses = core.addresses()
users:hash()
assert(users:next(addresses) == "a" and users:note(addresses, 1) == 1 and not addresses:shared()() and users:digest())
users:close()
insert:run(2, 2)
insert:run(3, 3)
local rows = 0
for a in db:prepare("SELECT a, b FROM t"):rows() do rows = rows + (a and 1) end
assert(rows == 3 and db:prepare("SELECT count(*) FROM t"):first() == 3)
local good = pcall(db.prepare, db, "SELECT * FROM none")
assert(not good)
db:close()

assert(core.digest '{"b":[1,2,{"c":null}],"a":"x"}')
assert(#{ core.digest('{"b":[1,2,{"c":null}],"a":"x"}', "b", "c") } == 2)
local judge = core.judge '{"goal":"preview","primary":"auth0|1","secondary":"auth0|2","proof":"operator","checks":[]}'
local account = '{"user_id":"auth0|%d","user_metadata":{"k%d":1},"identities":[{"provider":"auth0","user_id":"%d"}]}'
local reasons, patch = judge:of("auth0|1", account:format(1, 1, 1), "auth0|2", account:format(2, 2, 2))
assert(#reasons == 0 and patch)
assert(core.sha256_file(path) and core.sha256 "x")
local nameless, why = core.nameless(folder)
os.remove(folder .. "/named")
assert(nameless and nameless:place(folder .. "/named") and nameless:place(folder .. "/named", true) or why)
local hasher = core.hasher()
hasher:add "x"
assert(hasher:digest() == core.sha256 "x")
assert(not core.users(folder .. "/none"))
local signals = core.signals()
assert(signals:interrupts() == 0)
signals:close()
