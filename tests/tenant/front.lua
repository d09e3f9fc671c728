--- The API's door in the process that holds the tenant: reads a request as the client sent it, lets the model answer,
--- and writes the answer so that the TLS worker in front does to the connection what it says.
local world = require "world"

local front = {}

local function first(value)
    return type(value) == "table" and value[1] or value
end

--- What the worker in front has written, or has written anew.
local own = { host = true, connection = true, ["content-length"] = true, ["x-tenant-wire"] = true }

--- The client's headers: names as on the wire, and names in lower case.
local function read_headers(wire)
    local raw, headers, is_http2 = {}, {}, wire:sub(1, 6) == "HTTP/2"
    for name, value in pairs(ngx.req.get_headers(0, true)) do
        if not own[name:lower()] then
            local moved = name:match("^X%-Tenant%-Was%-(.*)$")
            local sent = moved and is_http2 and moved:lower() or moved or name
            raw[sent], headers[sent:lower()] = value, first(value)
        end
    end
    return raw, headers
end

local function read()
    ngx.req.read_body()
    local uri = ngx.var.request_uri
    local path, query = uri:match("^([^?]*)%??(.*)$")
    local wire = ngx.var.http_x_tenant_wire
    local raw, headers = read_headers(wire)
    local request = { method = ngx.req.get_method(), path = path, query = query, headers = headers,
        body = ngx.req.get_body_data() or "" }
    local protocol, connection, worker, tls, client = wire:match("^(%S*) (%S*) (%S*) (%S*) ?(.*)$")
    world.note { method = request.method, uri = uri, protocol = protocol, headers = raw, body = request.body,
        connection = connection, worker = worker, tls = tls, client = client ~= "" and client or nil }
    return request
end

local function write(answer, missing)
    ngx.status = answer.status
    for name, value in pairs(answer.headers) do
        ngx.header[name] = value
    end
    if answer.status ~= 204 then
        ngx.header["content-length"] = #answer.body + (missing or 0)
    end
end

--- Ends without an answer: the worker in front does it to the client's connection.
local function kill(how)
    ngx.header["x-accel-redirect"] = "/_obey?kill=" .. how
    ngx.header["content-length"] = 0
end

local function drip(body, pace)
    for at = 1, #body, pace.bytes do
        ngx.print(body:sub(at, at + pace.bytes - 1))
        ngx.flush(true)
        ngx.sleep(pace.pause)
    end
end

function front.handle()
    local answer = world.tenant:handle(read())
    world.watch()
    local transport = answer.transport
    if not transport then
        write(answer)
        return answer.status ~= 204 and ngx.print(answer.body)
    end
    if transport.delay then
        ngx.sleep(transport.delay)
    end
    if transport.kill then
        return kill(transport.kill)
    end
    ngx.header["x-tenant-close-after"] = transport.close_after
    if transport.missing or transport.drip then
        -- Neither half an answer nor a slow one may be collected on the way.
        ngx.header["x-accel-buffering"] = "no"
    end
    write(answer, transport.missing)
    if transport.drip then
        return drip(answer.body, transport.drip)
    end
    ngx.print(answer.body)
    if transport.missing then
        ngx.flush(true)
        return ngx.exit(ngx.ERROR)
    end
end

return front
