--- A token function for auth0.tenant that shares one token among hosts, through Redis: inside nginx, by a cosocket.
---
---     local redis_token = require "redis_token"
---     local tenant = auth0.tenant { domain = domain, token = redis_token.new {
---         address = { "127.0.0.1", 6379 },         -- or { "unix:/run/redis/redis.sock" }
---         key = "auth0:" .. domain,                -- one for each domain, client and audience
---         fetch = require("oauth_token").new { domain = domain, client_id = id, client_secret = secret },
---     } }
---
--- One host fetches, under a lock that ends by itself; the others look until the token is there. The token lies in
--- Redis in clear: its password, network and ACL are what guards it.
local resp = require "resp"

local redis_token = {}

local LOCK = 10 -- seconds that a fetch may take; less than an exchange may, for which the library waits
local PAUSE = 0.05 -- seconds between two looks

-- Redis counts the life down: hosts need not agree about the time.
---@return string|false|nil token false: there is none; nil: it cannot be known
---@return number|string|nil seconds or why
local function stored(redis, key)
    local token, fault = redis:ask("GET", key)
    if not token then return token, fault end
    local left
    left, fault = redis:ask("PTTL", key)
    if not left then return nil, fault end
    left = tonumber(left) / 1000
    if left <= 0 then return false end -- it has just ended; or it has no end, and is not ours
    return token, left
end

local function find(redis, key, refused)
    local token, left = stored(redis, key)
    if token and token == refused then return false end
    return token, left
end

local function lock(redis, key)
    local mine = ("%s-%d-%.3f"):format(tostring(redis), ngx.worker.pid(), ngx.now())
    local answer, fault = redis:ask("SET", key .. ":lock", mine, "NX", "PX", LOCK * 1000)
    if answer == nil then return nil, fault end
    return answer == "OK" and mine
end

-- Only its own lock: it may have ended, and be another's.
local function unlock(redis, key, mine)
    redis:ask("EVAL", "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0",
        1, key .. ":lock", mine)
end

local function fetch_and_store(options, redis)
    local called, token, life = pcall(options.fetch)
    if not called then return nil, "fetch raised: " .. tostring(token) end
    if not token then return nil, life or "fetch returned no token" end
    if type(life) ~= "number" or life <= 0 then return nil, "fetch returned no life in seconds beside the token" end
    redis:ask("SET", options.key, token, "PX", math.ceil(life * 1000)) -- where it fails, the next host fetches, too
    return token, life
end

-- Between the look and the lock, another may have stored one.
local function look_again(options, redis, refused)
    local token, left = find(redis, options.key, refused)
    if token ~= false then return token, left end
    return fetch_and_store(options, redis)
end

local function get(options, redis, refused)
    local give_up = ngx.now() + LOCK + 1 -- a host that died in the middle holds the lock for as long
    repeat
        local token, left = find(redis, options.key, refused)
        if token ~= false then return token, left end
        local mine, fault = lock(redis, options.key)
        if mine == nil then return nil, fault end
        if mine then
            token, left = look_again(options, redis, refused)
            unlock(redis, options.key, mine)
            return token, left
        end
        ngx.sleep(PAUSE)
    until ngx.now() >= give_up
    return nil, "no process that shares this Redis could fetch a token"
end

--- A function for auth0.tenant's `token`. It is asked again before its token ends, and when the tenant refused it: what
--- it gave last is not given again.
---@param options table {address, key, fetch, password}; fetch returns a token and its life in seconds, or nil and why
---@return fun(): string|nil, number|string|nil
function redis_token.new(options)
    local last
    return function()
        local redis, fault = resp.connect(options.address, options.password)
        if not redis then return nil, fault end
        local token, life = get(options, redis, last)
        redis:leave()
        last = token or last
        return token, life
    end
end

return redis_token
