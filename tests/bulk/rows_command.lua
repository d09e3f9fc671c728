--- rows_command.lua <linked or apart> <run> <rows> <argument>...: runs the command auth0-accounts against the tenant of
--- rows_tenant.lua, whose logs have so many links of that run. Prints at last, in a line of its own, the most memory
--- that it had (KiB), and the seconds of the processor's time.
local accounts = require "auth0_accounts"
local process = require "support.process"
local rows_tenant = require "bulk.rows_tenant"

local state, run, rows = table.remove(arg, 1), table.remove(arg, 1), table.remove(arg, 1)
local mock = rows_tenant.new(state == "linked", run, tonumber(rows))
local values = { AUTH0_DOMAIN = mock.domain, AUTH0_TOKEN = mock:token { kind = "machine", expires_in = 8640000 } }
local code = accounts.run(arg, { getenv = function(name) return values[name] end, out = io.stdout, err = io.stderr,
    mock = mock })
local peak = process.read("/proc/self/status"):match "VmHWM:%s*(%d+)"
print(("\npeak %s seconds %.1f"):format(peak, os.clock()))
os.exit(code, true)
