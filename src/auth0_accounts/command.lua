-- The script that is installed as auth0-accounts, with a first line that names the interpreter.

-- By default Lua looks for each module in the working folder, for one in C before all others: a file that another user
-- left there would run, and see the secrets.
for _, name in ipairs { "path", "cpath" } do
    package[name] = (";" .. package[name]):gsub(";%./%?[^;]*", ""):sub(2)
end

-- From here on SIGUSR1 ends no command. An installation without SQLite does without this module.
pcall(require, "auth0_accounts.core")

local good, code = pcall(function()
    return require("auth0_accounts").run(arg, { getenv = os.getenv, out = io.stdout, err = io.stderr })
end)
if not good then
    io.stderr:write(tostring(code), "\n")
    code = 1
end
os.exit(code, true) -- closes the state, where Lua can
