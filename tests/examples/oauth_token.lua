--- Fetches a machine's token from a tenant's token endpoint, inside nginx: for redis_token.lua, which shares it.
--- (auth0.tenant fetches tokens by itself from client_id and client_secret, and shows them to no caller.)
---
--- Unlike the library it is a cosocket's: nginx.conf has to name a resolver and the certificates to trust.
---
---     resolver 127.0.0.53;
---     lua_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
---     lua_ssl_verify_depth 5;
local json = require("cjson.safe").new()

local oauth_token = {}

local LONGEST = 65536 -- bytes of an answer

local function connect(options, host, port)
    local socket = ngx.socket.tcp()
    socket:settimeouts(3000, 3000, 5000) -- together less than the lock of redis_token.lua lasts, as a rule
    local good, fault = socket:connect(options.address or host, port)
    -- What is sent next is a secret: the certificate is verified, and is the host's. Of a handshake that is done at
    -- once, nginx loses a bad verdict (openresty/lua-nginx-module#2506); it has closed the connection then, and `send`
    -- says so.
    if good then good, fault = socket:sslhandshake(false, host, true) end
    if good then return socket end
    socket:close()
    return nil, fault
end

-- HTTP/1.0: an answer that is not in chunks, and ends with the connection.
local function exchange(socket, host, body)
    local sent, fault = socket:send { "POST /oauth/token HTTP/1.0\r\nHost: ", host,
        "\r\nContent-Type: application/json\r\nAccept: application/json\r\nConnection: close\r\nContent-Length: ",
        #body, "\r\n\r\n", body }
    if not sent then return nil, fault end
    local text, why, rest = socket:receive(LONGEST)
    if text then return nil, "the answer is too long" end
    if why ~= "closed" then return nil, why end
    return rest
end

-- It goes into a log: an endpoint, or what stands before it, may quote what it was sent.
local function word_of(fault, secret)
    local word = type(fault) == "string" and #fault <= 64 and fault:match "^[%w_]+$"
    if not word or word:find(secret, 1, true) or secret:find(word, 1, true) then return "no reason given" end
    return word
end

-- Of a refusal only the tenant's word for it, and the status.
local function read(text, secret)
    local status, body = text:match "^HTTP/1%.%d (%d%d%d).-\r\n\r\n(.*)$"
    local value = body and json.decode(body)
    if type(value) ~= "table" then return nil, "the answer is not understood" end
    if status ~= "200" then
        return nil, ("refused (status %s, %s)"):format(status, word_of(value.error, secret))
    end
    if type(value.access_token) ~= "string" or type(value.expires_in) ~= "number" then
        return nil, "the answer holds no token"
    end
    return value.access_token, value.expires_in
end

--- A function that fetches a token: it returns the token and its life in seconds, or nil and why there is none.
---@param options table {domain, client_id, client_secret, audience, address}; address: instead of looking the domain up
---@return fun(): string|nil, number|string
function oauth_token.new(options)
    local host, port = options.domain:match "^([^:]+):?(%d*)$"
    local audience = options.audience or ("https://%s/api/v2/"):format(options.domain)
    local body = json.encode { grant_type = "client_credentials", client_id = options.client_id,
        client_secret = options.client_secret, audience = audience }
    return function()
        local socket, fault = connect(options, host, tonumber(port) or 443)
        if not socket then return nil, "the token endpoint: " .. fault end
        local text
        text, fault = exchange(socket, options.domain, body)
        socket:close()
        if not text then return nil, "the token endpoint: " .. fault end
        local token, life = read(text, options.client_secret)
        if not token then return nil, "the token endpoint: " .. life end
        return token, life
    end
end

return oauth_token
