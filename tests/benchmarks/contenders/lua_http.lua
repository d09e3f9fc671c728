-- lua_http.lua <links>: one after another on one connection, with lua-http and lua-cjson.
local cjson = require "cjson"
local http_client = require "http.client"
local http_headers = require "http.headers"
local openssl_context = require "openssl.ssl.context"
local openssl_store = require "openssl.x509.store"
local openssl_certificate = require "openssl.x509"

local links = tonumber(arg[1])
local domain, token = os.getenv "AUTH0_BENCH_DOMAIN", os.getenv "AUTH0_BENCH_TOKEN"
local host, port = domain:match("^(.*):(%d+)$")
local is_http2 = os.getenv "AUTH0_BENCH_HTTP" == "2"

local file = assert(io.open(os.getenv "AUTH0_BENCH_CA"))
local store = openssl_store.new()
store:add(openssl_certificate.new(file:read("*a")))
file:close()
local context = openssl_context.new("TLS", false)
context:setStore(store)
context:setVerify(openssl_context.VERIFY_PEER)
context:setAlpnProtos { is_http2 and "h2" or "http/1.1" }

-- Its faults may be tables, which Lua 5.1's assert does not take.
local function check(value, fault)
    if not value then error(tostring(fault), 2) end
    return value
end

local connection = check(http_client.connect({ host = "127.0.0.1", port = tonumber(port), tls = true, ctx = context,
    sendname = host, version = is_http2 and 2 or 1.1 }, 10))

-- A frame that comes for a stream that was collected meanwhile ends its connection: they are kept for a while.
connection.kept = {}

local function link(i)
    local body = cjson.encode { provider = "google-oauth2", user_id = "115015401343387192604" }
    local headers = http_headers.new()
    headers:append(":method", "POST")
    headers:append(":scheme", "https")
    headers:append(":authority", domain)
    headers:append(":path", ("/api/v2/users/auth0%%7C%024d/identities"):format(i))
    headers:append("content-type", "application/json")
    headers:append("content-length", ("%d"):format(#body))
    headers:append("authorization", "Bearer " .. token)
    headers:append("accept", "application/json")
    headers:append("user-agent", os.getenv "AUTH0_BENCH_USER_AGENT")
    headers:append("auth0-client", os.getenv "AUTH0_BENCH_TELEMETRY")
    local stream = check(connection:new_stream())
    connection.kept[i % 100] = stream
    check(stream:write_headers(headers, false, 10))
    check(stream:write_body_from_string(body, 10))
    local answer
    repeat answer = check(stream:get_headers(10)) until answer:get(":status") ~= "100"
    assert(answer:get(":status") == "201")
    assert(#cjson.decode(stream:get_body_as_string(10)) == 2)
    stream:shutdown()
end

for i = 1, 20 do link(i) end
print "begin"
io.stdout:flush()
io.read()
for i = 1, links do link(i) end
print "end"
io.stdout:flush()
io.read()
