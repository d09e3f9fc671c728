-- http_1_front.lua PORT CERTIFICATE KEY LOG: takes TLS on a port of 127.0.0.1, which it prints. What comes over HTTP/2
-- is refused with HTTP_1_1_REQUIRED; HTTP/1.1 is led on, inside TLS, to the tenant's PORT. LOG gets a line for each
-- connection: "h2" or "http/1.1".
-- luacheck: std lua54
local context = require "openssl.ssl.context"
local cqueues = require "cqueues"
local pkey = require "openssl.pkey"
local socket = require "cqueues.socket"
local x509 = require "openssl.x509"

local HEADERS, RST_STREAM, SETTINGS = 1, 3, 4
local HTTP_1_1_REQUIRED = 13

local function read(name)
    local file = assert(io.open(name, "rb"))
    local text = file:read "*a"
    file:close()
    return text
end

local tls = context.new("TLS", true)
tls:setCertificate(x509.new(read(arg[2])))
tls:setPrivateKey(pkey.new(read(arg[3])))
tls:setAlpnSelect(function(_, offered)
    for _, name in ipairs(offered) do
        if name == "h2" then return name end
    end
    return "http/1.1"
end)

local function lead(from, to)
    local text = from:read(-65536)
    while text and #text > 0 do
        if not to:write(text) then break end
        text = from:read(-65536)
    end
    to:shutdown "w"
end

local function lead_on(client, queue)
    local server = socket.connect("127.0.0.1", arg[1])
    server:setmode("bn", "bn")
    server:onerror(function(_, _, code) return code end)
    if not server:starttls(context.new("TLS"), 5) then return end
    queue:wrap(lead, server, client)
    lead(client, server)
end

local function frame(kind, flags, stream, payload)
    return string.pack(">I3BBI4", #payload, kind, flags, stream) .. payload
end

local function refuse(client)
    assert(client:read(24) == "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    client:write(frame(SETTINGS, 0, 0, ""))
    for head in function() return client:read(9) end do
        local size, kind, flags, stream = string.unpack(">I3BBI4", head)
        if size > 0 then client:read(size) end
        if kind == HEADERS then client:write(frame(RST_STREAM, 0, stream, string.pack(">I4", HTTP_1_1_REQUIRED))) end
        if kind == SETTINGS and flags == 0 then client:write(frame(SETTINGS, 1, 0, "")) end
    end
end

local log = assert(io.open(arg[4], "ab"))
log:setvbuf "line"
local listener = assert(socket.listen { host = "127.0.0.1", port = 0 })
local _, _, port = listener:localname()
print(port)
io.stdout:close()

local queue = cqueues.new()
queue:wrap(function()
    for client in listener:clients() do
        client:setmode("bn", "bn")
        client:onerror(function(_, _, code) return code end)
        queue:wrap(function()
            if not client:starttls(tls, 5) then return client:close() end
            local protocol = client:checktls():getAlpnSelected()
            log:write(tostring(protocol), "\n")
            if protocol == "h2" then refuse(client) else lead_on(client, queue) end
        end)
    end
end)
queue:loop(300) -- whatever becomes of the test
