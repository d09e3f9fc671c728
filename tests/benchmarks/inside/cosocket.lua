--- A link over a bare cosocket, as one writes it for one endpoint: no retry, no deadline of the whole, no rate limits.
local cjson = require "cjson"

local cosocket = {}

function cosocket.new(reach)
    local host, port = reach.domain:match("^(.*):(%d+)$")
    local head = "POST /api/v2/users/%s/identities HTTP/1.1\r\nHost: " .. reach.domain
        .. "\r\nContent-Type: application/json\r\nAuthorization: Bearer " .. reach.token
        .. "\r\nAccept: application/json\r\nContent-Length: %d\r\n\r\n%s"

    local function read(socket)
        local line, fault = socket:receive("*l")
        if not line then return nil, fault end
        local status, size = tonumber(line:match("^HTTP/1%.1 (%d+)")), 0
        repeat
            line, fault = socket:receive("*l")
            if not line then return nil, fault end
            size = tonumber(line:match("^[Cc]ontent%-[Ll]ength: (%d+)")) or size
        until line == ""
        local body, broken = socket:receive(size)
        if not body then return nil, broken end
        socket:setkeepalive(50000, 100)
        if status ~= 201 then return nil, body end
        return cjson.decode(body)
    end

    return function(primary, secondary)
        local socket = ngx.socket.tcp()
        socket:settimeouts(10000, 10000, 10000)
        local good, fault = socket:connect("127.0.0.1", tonumber(port), { pool_size = 100 })
        if good and socket:getreusedtimes() == 0 then good, fault = socket:sslhandshake(nil, host, true) end
        if not good then return nil, fault end
        local provider, user_id = secondary:match("^([^|]*)|(.*)$")
        local body = cjson.encode { provider = provider, user_id = user_id }
        good, fault = socket:send(head:format(ngx.escape_uri(primary), #body, body))
        if not good then return nil, fault end
        return read(socket)
    end
end

return cosocket
