-- What the servers of these tests share that take TLS on a port of 127.0.0.1. They are scripts of their own, under
-- Lua 5.4 with cqueues and luaossl, whatever Lua is tested: they load this by its path.
-- luacheck: std lua54
local context = require "openssl.ssl.context"
local cqueues = require "cqueues"
local pkey = require "openssl.pkey"
local socket = require "cqueues.socket"
local x509 = require "openssl.x509"

local server = { queue = cqueues.new() }

local function read(name)
    local file = assert(io.open(name, "rb"))
    local text = file:read "*a"
    file:close()
    return text
end

--- The TLS of a server with this certificate and key.
function server.context(certificate, key)
    local tls = context.new("TLS", true)
    tls:setCertificate(x509.new(read(certificate)))
    tls:setPrivateKey(pkey.new(read(key)))
    return tls
end

--- Bytes as they are, and mistakes as answers, not errors.
local function tame(connection)
    connection:setmode("bn", "bn")
    connection:onerror(function(_, _, code) return code end)
    return connection
end

--- Runs `handle(client)` for each connection to a port that the system picks.
---@return integer port
function server.listen(handle)
    local listener = assert(socket.listen { host = "127.0.0.1", port = 0 })
    local _, _, port = listener:localname()
    server.queue:wrap(function()
        for client in listener:clients() do server.queue:wrap(handle, tame(client)) end
    end)
    return port
end

--- Says where it listens, and serves, at most as long as any test lasts.
function server.run(line)
    print(line)
    io.stdout:close()
    server.queue:loop(300)
end

function server.connect(port)
    return tame(socket.connect("127.0.0.1", port))
end

local function copy(from, to)
    local text = from:read(-65536)
    while text and #text > 0 and to:write(text) do text = from:read(-65536) end
    to:shutdown "w"
end

--- Leads what comes from either to the other.
function server.join(client, other)
    server.queue:wrap(copy, other, client)
    copy(client, other)
end

--- A frame of HTTP/2.
function server.frame(kind, flags, stream, payload)
    return string.pack(">I3BBI4", #payload, kind, flags, stream) .. payload
end

return server
