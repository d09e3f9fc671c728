--- Ends the TCP connection under a request. `ngx.exit(444)` closes no HTTP/2 connection, only the stream, and sends no
--- RST; a client that repeats requests by itself does so only when the whole connection goes. nginx offers no way to
--- the descriptor, so it is read from nginx's structures, by their first members, and proven before it is used.
local base = require "resty.core.base"
local ffi = require "ffi"

ffi.cdef [[
typedef struct { uint32_t signature; void *connection; } tenant_request_t;
typedef struct { void *data; void *read; void *write; int fd; } tenant_connection_t;
typedef struct { uint16_t family; uint8_t port[2]; uint8_t address[4]; uint8_t rest[120]; } tenant_address_t;
int getpeername(int fd, tenant_address_t *address, uint32_t *length);
int connect(int fd, const tenant_address_t *address, uint32_t length);
int shutdown(int fd, int how);
]]

local connection = {}

local SIGNATURE = 0x50545448 -- "HTTP", as nginx marks a request
local AF_UNSPEC, AF_INET, SHUT_RDWR = 0, 2, 2

--- The peer's port, nil when the descriptor is no IPv4 connection.
local function peer_port(fd)
    local address = ffi.new "tenant_address_t"
    local length = ffi.new("uint32_t[1]", ffi.sizeof(address))
    if ffi.C.getpeername(fd, address, length) == 0 and address.family == AF_INET then
        return address.port[0] * 256 + address.port[1]
    end
end

---The descriptor under the running request, proven by its peer's port.
---@return integer|nil fd
---@return integer|string port of the peer; or why there is no descriptor
local function descriptor()
    local request = ffi.cast("tenant_request_t *", base.get_request())
    local port = tonumber(ngx.var.remote_port)
    if request == nil or request.signature ~= SIGNATURE or request.connection == nil then
        return nil, "nginx's request is not laid out as expected"
    end
    local fd = ffi.cast("tenant_connection_t *", request.connection).fd
    if peer_port(fd) ~= port then
        return nil, "the descriptor found is not this request's"
    end
    return fd, port
end

---Resets the connection: the peer gets RST, whatever the protocol on top.
---@return boolean|nil done
---@return string|nil why not
function connection.reset()
    local fd, why = descriptor()
    if not fd then
        return nil, why
    end
    -- Connecting to nowhere disconnects a TCP socket, and Linux tells the peer with RST at once.
    local nowhere = ffi.new "tenant_address_t"
    nowhere.family = AF_UNSPEC
    if ffi.C.connect(fd, nowhere, ffi.sizeof(nowhere)) ~= 0 then
        return nil, "connect(AF_UNSPEC) failed with errno " .. ffi.errno()
    end
    return true
end

---Closes the connection with FIN, without TLS's goodbye.
---@return boolean|nil done
---@return string|nil why not
function connection.close()
    local fd, why = descriptor()
    if not fd then
        return nil, why
    elseif ffi.C.shutdown(fd, SHUT_RDWR) ~= 0 then
        return nil, "shutdown failed with errno " .. ffi.errno()
    end
    return true
end

---Closes the connection after the answer, while it is idle.
---@param seconds number
---@return boolean|nil done
---@return string|nil why not
function connection.close_later(seconds)
    local fd, port = descriptor()
    if not fd then
        return nil, port
    end
    return ngx.timer.at(seconds, function()
        -- The number may belong to another connection by now.
        if peer_port(fd) == port then
            ffi.C.shutdown(fd, SHUT_RDWR)
        end
    end)
end

return connection
