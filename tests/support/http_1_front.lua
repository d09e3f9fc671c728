-- http_1_front.lua PORT CERTIFICATE KEY LOG: takes TLS on a port of 127.0.0.1, which it prints. What comes over HTTP/2
-- is refused with HTTP_1_1_REQUIRED; HTTP/1.1 is led on, inside TLS, to the tenant's PORT. LOG gets a line for each
-- connection: "h2" or "http/1.1".
-- luacheck: std lua54
local context = require "openssl.ssl.context"
local server = dofile(arg[0]:match "^.*/" .. "tls_server.lua")

local HEADERS, RST_STREAM, SETTINGS = 1, 3, 4
local HTTP_1_1_REQUIRED = 13

local tls = server.context(arg[2], arg[3])
tls:setAlpnSelect(function(_, offered)
    for _, name in ipairs(offered) do
        if name == "h2" then return name end
    end
    return "http/1.1"
end)

local function lead_on(client)
    local tenant = server.connect(arg[1])
    if tenant:starttls(context.new("TLS"), 5) then server.join(client, tenant) end
end

local function refuse(client)
    assert(client:read(24) == "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    client:write(server.frame(SETTINGS, 0, 0, ""))
    for head in function() return client:read(9) end do
        local size, kind, flags, stream = string.unpack(">I3BBI4", head)
        if size > 0 then client:read(size) end
        if kind == HEADERS then
            client:write(server.frame(RST_STREAM, 0, stream, string.pack(">I4", HTTP_1_1_REQUIRED)))
        end
        if kind == SETTINGS and flags == 0 then client:write(server.frame(SETTINGS, 1, 0, "")) end
    end
end

local log = assert(io.open(arg[4], "ab"))
log:setvbuf "line"

server.run(server.listen(function(client)
    if not client:starttls(tls, 5) then return client:close() end
    local protocol = client:checktls():getAlpnSelected()
    log:write(tostring(protocol), "\n")
    if protocol == "h2" then refuse(client) else lead_on(client) end
end))
