--- A process that links once and ends, against the curl command. Both trust the system's store, as each does by itself:
--- curl the bundle and the folder, this library the folder alone where it holds the whole store. The server's CA has to
--- be in it, and the store may not be written to: both get the same copy of it, with the CA added, by the options that
--- say where the store is.
local contenders = require "benchmarks.contenders"
local process = require "support.process"
local report = require "benchmarks.report"
local rounds = require "benchmarks.rounds"

local ROUNDS = os.getenv "AUTH0_BENCH_QUICK" == "yes" and 25 or 101

local store = contenders.dir .. "/store"
local SECONDARY = "115015401343387192604"

-- curl reads its token from a file: the arguments of a process can be seen.
local function curl_command(environment)
    local file = contenders.dir .. "/curlrc"
    local out = assert(io.open(file, "w"))
    out:write(([[
url = "https://%s/api/v2/users/auth0%%7C%024d/identities"
resolve = "%s"
header = "Content-Type: application/json"
header = "Authorization: Bearer %s"
header = "Accept: application/json"
header = "User-Agent: %s"
header = "Auth0-Client: %s"
data = "{\"provider\":\"google-oauth2\",\"user_id\":\"%s\"}"
output = "/dev/null"
cacert = "%s/ca-certificates.crt"
capath = "%s"
noproxy = "*"
silent
fail
]]):format(environment.AUTH0_BENCH_DOMAIN, 1, environment.AUTH0_BENCH_RESOLVE, os.getenv "AUTH0_BENCH_TOKEN",
        environment.AUTH0_BENCH_USER_AGENT, environment.AUTH0_BENCH_TELEMETRY, SECONDARY, store, store))
    out:close()
    return "curl -q --config " .. process.quoted(file)
end

return function()
    rounds.place "others"
    local ours = contenders.environment("2")
    ours.AUTH0_BENCH_CA, ours.AUTH0_BENCH_CA_PATH = nil, store
    local list = {
        { name = "ours", links = 1, environment = ours, command = contenders.ours("lua5.4", "once", 1) },
        { name = "curl", links = 1, command = curl_command(ours) },
    }
    local runs = rounds.run(list, ROUNDS)
    report.add { what = "a process that links once: the curl command, ms", format = "%.1f",
        value = 1e3 * rounds.typical(runs.curl, "whole"),
        note = ("%.1f ms of CPU"):format(1e3 * rounds.typical(runs.curl, "whole_cpu")) }
    for _, field in ipairs { "whole", "whole_cpu" } do
        report.add_ratio({ what = "a process that links once, lua5.4: " .. (field == "whole" and "time" or "CPU"),
            format = "%.2fx", relation = "<=", budget = field == "whole" and 0.7 or nil },
            rounds.ratio(runs.ours, runs.curl, field))
    end
end
