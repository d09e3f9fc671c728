-- tls_front.lua PORT CERTIFICATE KEY: takes TLS on a port of 127.0.0.1, which it prints, and leads what comes in it on
-- to PORT: a proxy behind it becomes one with https://.
local server = dofile(arg[0]:match "^.*/" .. "tls_server.lua")

local tls = server.context(arg[2], arg[3])

server.run(server.listen(function(client)
    if not client:starttls(tls, 5) then return client:close() end
    server.join(client, server.connect(arg[1]))
end))
