-- lua_curl.lua <links>: one after another on one handle, with Debian's lua-curl (Lua-cURL 0.3) and lua-cjson, as their
-- users write it. It knows no CURLOPT_RESOLVE, so the server is asked by its address, which stands in its certificate.
local curl = require "curl"
local cjson = require "cjson"

local links = tonumber(arg[1])
local domain = os.getenv "AUTH0_BENCH_DOMAIN"
local address = domain:gsub("^.*:", "127.0.0.1:")
local easy = curl.easy_init()
local parts = {}

easy:setopt(curl.OPT_CAINFO, os.getenv "AUTH0_BENCH_CA")
easy:setopt(curl.OPT_HTTPHEADER, { "Content-Type: application/json", "Expect:", "Accept: application/json",
    "Authorization: Bearer " .. os.getenv "AUTH0_BENCH_TOKEN", "User-Agent: " .. os.getenv "AUTH0_BENCH_USER_AGENT",
    "Auth0-Client: " .. os.getenv "AUTH0_BENCH_TELEMETRY", "Host: " .. domain })
easy:setopt(curl.OPT_WRITEFUNCTION, function(text)
    parts[#parts + 1] = text
    return #text
end)

local function link(i)
    parts = {}
    easy:setopt(curl.OPT_URL, ("https://%s/api/v2/users/auth0%%7C%024d/identities"):format(address, i))
    easy:setopt(curl.OPT_POSTFIELDS, cjson.encode { provider = "google-oauth2", user_id = "115015401343387192604" })
    assert(easy:perform())
    assert(#cjson.decode(table.concat(parts)) == 2)
end

for i = 1, 20 do link(i) end
print "begin"
io.stdout:flush()
io.read()
for i = 1, links do link(i) end
print "end"
io.stdout:flush()
io.read()
