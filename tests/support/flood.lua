-- flood.lua SECONDS CERTIFICATE KEY: a server that never comes to an answer, on one port of 127.0.0.1 for each shape of
-- a flood; it prints "shape=port" words in a line. Once it has a request (HTTP/2), or a ClientHello, it sends as fast
-- as it can for so many seconds, hears what comes in meanwhile, and closes.
local cqueues = require "cqueues"
local server = dofile(arg[0]:match "^.*/" .. "tls_server.lua")

local seconds, frame = tonumber(arg[1]), server.frame

local tls = server.context(arg[2], arg[3])
tls:setAlpnSelect(function() return "h2" end)

local DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, ALTSVC = 0, 1, 2, 3, 4, 6, 7, 8, 10
local END_HEADERS, ACK, PADDED = 4, 1, 8
local STATUS_200 = "\x88"
local MANY = string.pack(">I2I4", 0xf0f0, 7):rep(100)

-- By the stream of the request: what comes first, and what comes over and over.
local shapes = {
    ping_acks = function() return "", frame(PING, ACK, 0, ("x"):rep(8)) end,
    settings = function() return "", frame(SETTINGS, 0, 0, MANY) end,
    window_updates = function() return "", frame(WINDOW_UPDATE, 0, 0, "\0\0\0\1") end,
    window_updates_of_stream = function(stream) return "", frame(WINDOW_UPDATE, 0, stream, "\0\0\0\1") end,
    priorities = function(stream) return "", frame(PRIORITY, 0, stream, "\0\0\0\0\16") end,
    altsvc = function() return "", frame(ALTSVC, 0, 0, string.pack(">s2", "https://tenant.test") .. 'h2=":1"') end,
    goaways = function() return "", frame(GOAWAY, 0, 0, "\x7f\xff\xff\xff\0\0\0\0") end,
    resets = function(stream) return "", frame(RST_STREAM, 0, stream, "\0\0\0\8") end,
    empty_data = function(stream)
        return frame(HEADERS, END_HEADERS, stream, STATUS_200), frame(DATA, 0, stream, "")
    end,
    padding = function(stream)
        return frame(HEADERS, END_HEADERS, stream, STATUS_200), frame(DATA, PADDED, stream, "\xff" .. ("\0"):rep(255))
    end,
    headers = function(stream)
        return frame(HEADERS, END_HEADERS, stream, STATUS_200), frame(HEADERS, END_HEADERS, stream, "\0\1x\1y")
    end,
}

local function flood(client, first, over_and_over)
    local many, ends = over_and_over:rep(math.max(1, 65536 // #over_and_over)), cqueues.monotime() + seconds
    server.queue:wrap(function() while client:read(-65536) do end end)
    if first ~= "" and not client:write(first) then return end
    while cqueues.monotime() < ends and client:write(many) do cqueues.sleep(0) end
    client:shutdown "rw"
end

-- The stream of the request, once it is there.
local function request_of(client)
    if not client:read(24) or not client:write(frame(SETTINGS, 0, 0, "")) then return nil end
    while true do
        local head = client:read(9)
        if not head or #head < 9 then return nil end
        local size, kind, _, stream = string.unpack(">I3BBI4", head)
        if size > 0 and not client:read(size) then return nil end
        if kind == HEADERS then return stream end
    end
end

local function serve(client, shape)
    if not client:starttls(tls, 5) then return client:close() end
    local stream = request_of(client)
    if stream then flood(client, shapes[shape](stream)) end
end

-- HelloRequest, which asks for a handshake in the middle of one: plain text, of TLS 1.2.
local function greet(client)
    if client:read(-1) then flood(client, "", "\x16\3\3\0\4\0\0\0\0") end
end

local function listen(shape, handle)
    return shape .. "=" .. server.listen(function(client)
        client:settimeout(seconds)
        handle(client, shape)
    end)
end

local words = { listen("hello_requests", greet) }
for shape in pairs(shapes) do words[#words + 1] = listen(shape, serve) end
server.run(table.concat(words, " "))
