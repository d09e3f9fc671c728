--- A token function for auth0.tenant that shares one token among hosts, through Redis: inside nginx, by a cosocket.
---
---     local redis_token = require "redis_token"
---     auth0.tenant { domain = domain, token = redis_token.new {
---         address = { "127.0.0.1", 6379 },         -- or { "unix:/run/redis/redis.sock" }
---         key = "auth0:" .. domain,
---         fetch = fetch,                           -- returns a token and its life in seconds, or nil and a message
---     } }
---
--- One host fetches, under a lock that ends by itself; the others look until the token is there. The token lies in
--- Redis in clear: its password, TLS and ACL are what guards it.
local redis_token = {}

local LOCK = 10 -- seconds that a fetch may take
local PAUSE = 0.05 -- seconds between two looks

-- ---- Redis, as far as it is needed here (RESP) ----

local function read_reply(socket)
    local line, fault = socket:receive "*l"
    if not line then return nil, fault end
    local kind, rest = line:sub(1, 1), line:sub(2)
    if kind == "-" then return nil, rest, true end
    if kind ~= "$" then return rest end
    if rest == "-1" then return false end
    local text
    text, fault = socket:receive(tonumber(rest))
    if not text then return nil, fault end
    local ending
    ending, fault = socket:receive(2)
    if not ending then return nil, fault end
    return text
end

local function exchange(socket, ...)
    local words = { ("*%d\r\n"):format(select("#", ...)) }
    for i = 1, select("#", ...) do
        local word = tostring((select(i, ...)))
        words[i + 1] = ("$%d\r\n%s\r\n"):format(#word, word)
    end
    local sent, fault = socket:send(table.concat(words))
    if not sent then return nil, fault end
    return read_reply(socket)
end

-- A connection on which something went wrong is closed: a reply that is still to come would be taken for another's.
-- That Redis refuses a command is nothing wrong with it.
local function ask(connection, ...)
    local reply, fault, is_refusal = exchange(connection.socket, ...)
    if reply == nil and not is_refusal then connection.is_broken = true end
    return reply, fault
end

local function leave(connection)
    if connection.is_broken then return connection.socket:close() end
    connection.socket:setkeepalive(10000, 4)
end

local function connect(options)
    local socket = ngx.socket.tcp()
    socket:settimeouts(1000, 1000, 1000)
    local good, fault = socket:connect(options.address[1], options.address[2])
    if not good then return nil, fault end
    if options.password and socket:getreusedtimes() == 0 then
        good, fault = exchange(socket, "AUTH", options.password)
        if not good then
            socket:close()
            return nil, fault
        end
    end
    return { socket = socket }
end

-- ---- the token ----

local function stored(connection, key)
    local text, fault = ask(connection, "GET", key)
    if not text then return text, fault and "Redis: " .. fault end
    local ends, token = text:match "^(%d+) (.+)$"
    local left = ends and tonumber(ends) - ngx.time() or 0
    if left > 0 then return token, left end
    return false
end

-- Between the look and the lock another may have stored a token, and given the lock back: then there is nothing to
-- fetch.
local function find_or_fetch(options, connection, refused)
    local token, left = stored(connection, options.key)
    if token == nil or token and token ~= refused then return token, left end
    local done, fetched, life = pcall(options.fetch) -- what it raises must not leave the lock behind
    if not done then return nil, tostring(fetched) end
    if not fetched then return nil, life end
    return fetched, life, true
end

local function fetch_and_store(options, connection, lock, refused)
    local token, life, is_new = find_or_fetch(options, connection, refused)
    if is_new and type(life) == "number" and life >= 1 then
        life = math.floor(life)
        ask(connection, "SET", options.key, ("%d %s"):format(ngx.time() + life, token), "PX", life * 1000)
    end
    -- Only its own lock: it may have ended, and be another's.
    ask(connection, "EVAL", "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end", 1,
        options.key .. ":lock", lock)
    return token, life
end

local function get(options, connection, refused)
    local lock = ("%d-%d-%.6f"):format(ngx.worker.pid(), math.random(1e9), ngx.now())
    local give_up = ngx.now() + LOCK
    while ngx.now() < give_up do
        local token, left = stored(connection, options.key)
        if token == nil then return nil, left end
        if token and token ~= refused then return token, left end
        if ask(connection, "SET", options.key .. ":lock", lock, "NX", "PX", LOCK * 1000) == "OK" then
            return fetch_and_store(options, connection, lock, refused)
        end
        ngx.sleep(PAUSE)
    end
    return nil, "nobody who shares this Redis could fetch a token"
end

--- A function for auth0.tenant's `token`. It is asked again when its token ends, and when the tenant refused it: what
--- it gave last is not given again.
---@param options table {address, key, fetch, password}
---@return fun(): string|nil, number|string|nil
function redis_token.new(options)
    local last
    return function()
        local connection, fault = connect(options)
        if not connection then return nil, "Redis: " .. tostring(fault) end
        local token, life = get(options, connection, last)
        leave(connection)
        last = token or last
        return token, life
    end
end

return redis_token
