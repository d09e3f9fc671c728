-- ours.lua <how> <links> [<in flight>]: the job of the bare loops, with this library as a user would write it. With
-- "thread" the engine has a thread of its own, as it has inside nginx.
local auth0 = require "auth0"

local how, links, most = arg[1], tonumber(arg[2]), tonumber(arg[3])
local is_threaded = how == "thread"
if is_threaded then how = "each" end
local SECONDARY = "google-oauth2|115015401343387192604"
local WARM_UP = 20

local domain, resolve = os.getenv "AUTH0_BENCH_DOMAIN", { os.getenv "AUTH0_BENCH_RESOLVE" }
local ca_file, ca_path = os.getenv "AUTH0_BENCH_CA", os.getenv "AUTH0_BENCH_CA_PATH"
local http_version, token = os.getenv "AUTH0_BENCH_HTTP", os.getenv "AUTH0_BENCH_TOKEN"

local function primary(i)
    return ("auth0|%024d"):format(i)
end

local ways = {}

-- What stands in the README's ten lines.
function ways.link(from, to)
    for i = from, to do
        assert(auth0.link { domain = domain, resolve = resolve, ca_file = ca_file, ca_path = ca_path, proxy = false,
            http_version = http_version, token = token, primary = primary(i), secondary = SECONDARY })
    end
end

local tenant

function ways.tenant(from, to)
    for i = from, to do assert(tenant:link(primary(i), SECONDARY)) end
end

function ways.each(from, to)
    local i = from - 1
    auth0.each(function()
        i = i + 1
        return i <= to and i or nil
    end, most, function(number)
        assert(tenant:link(primary(number), SECONDARY))
    end)
end

if how == "once" then
    ways.link(1, 1)
    return
end

if how ~= "link" then
    tenant = auth0.tenant { domain = domain, resolve = resolve, ca_file = ca_file, ca_path = ca_path, proxy = false,
        http_version = http_version, token = token }
end
if is_threaded then require("auth0.loop").how = function() return "thread" end end
local warm_up = most or WARM_UP
ways[how](1, warm_up)
print "begin"
io.stdout:flush()
io.read()
ways[how](warm_up + 1, warm_up + links)
print "end"
io.stdout:flush()
io.read()
