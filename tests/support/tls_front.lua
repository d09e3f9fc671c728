-- tls_front.lua PORT CERTIFICATE KEY: takes TLS on a port of 127.0.0.1, which it prints, and leads what comes in it on
-- to PORT: a proxy behind it becomes one with https://.
local context = require "openssl.ssl.context"
local cqueues = require "cqueues"
local pkey = require "openssl.pkey"
local socket = require "cqueues.socket"
local x509 = require "openssl.x509"

local function read(name)
    local file = assert(io.open(name, "rb"))
    local text = file:read "*a"
    file:close()
    return text
end

local tls = context.new("TLS", true)
tls:setCertificate(x509.new(read(arg[2])))
tls:setPrivateKey(pkey.new(read(arg[3])))

local function lead(from, to)
    local text = from:read(-65536)
    while text and #text > 0 do
        if not to:write(text) then break end
        text = from:read(-65536)
    end
    to:shutdown "w"
end

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
            local server = socket.connect("127.0.0.1", arg[1])
            server:setmode("bn", "bn")
            server:onerror(function(_, _, code) return code end)
            queue:wrap(lead, server, client)
            lead(client, server)
        end)
    end
end)
queue:loop(300) -- whatever becomes of the test
