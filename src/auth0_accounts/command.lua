-- The script that is installed as auth0-accounts, with a first line that names the interpreter.

-- By default Lua looks for each module in the working folder, for one in C before all others: a file that another user
-- left there would run, and see the secrets.
for _, name in ipairs { "path", "cpath" } do
    package[name] = (";" .. package[name]):gsub(";%./%?[^;]*", ""):sub(2)
end

-- Of a standard stream that is closed, a file or a connection would get the number, and with it what is printed there.
local stand_ins = {} -- luacheck: ignore 241
for i = 1, 3 do stand_ins[i] = io.open("/dev/null", "rb") end

-- From here on SIGUSR1 ends no command. An installation without SQLite does without this module.
pcall(require, "auth0_accounts.core")

local good, code = pcall(function()
    return require("auth0_accounts").run(arg, { getenv = os.getenv, out = io.stdout, err = io.stderr })
end)
if not good then
    local words = tostring(code)
    if words:find("module 'auth0_accounts' not found", 1, true) then
        words = "auth0-accounts: its modules are not found: for an installation below a folder of your own, set "
            .. "LUA_PATH and LUA_CPATH, as README.md says\n" .. words
    end
    io.stderr:write(words, "\n")
    code = 1
end
os.exit(code, true) -- closes the state, where Lua can
