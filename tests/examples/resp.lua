--- Redis' protocol (RESP), as far as redis_token.lua needs it, over a cosocket of nginx's.
local resp = {}

local Redis = {}
local redis_mt = { __index = Redis }

local TIMEOUT = 1000 -- milliseconds, of each step

-- The first word alone: Redis quotes the words of a command that it does not know, and they may be a password.
local function told(line)
    return "Redis: " .. (line:match "^%-(%u+)" or "an answer that is not understood")
end

local function read(socket)
    local line, fault = socket:receive "*l"
    if not line then return nil, "Redis: " .. fault end
    local kind, rest = line:sub(1, 1), line:sub(2)
    if kind == "+" or kind == ":" then return rest, nil, true end
    if kind ~= "$" or not tonumber(rest) then return nil, told(line), kind == "-" end
    if rest == "-1" then return false, nil, true end
    local text
    text, fault = socket:receive(tonumber(rest) + 2)
    if not text then return nil, "Redis: " .. fault end
    return text:sub(1, -3), nil, true
end

--- One command.
---@param ... string|number
---@return string|false|nil answer false: Redis' nil; nil: it failed
---@return string|nil fault
function Redis:ask(...)
    local words = { ("*%d\r\n"):format(select("#", ...)) }
    for i = 1, select("#", ...) do
        local word = tostring((select(i, ...)))
        words[i + 1] = ("$%d\r\n%s\r\n"):format(#word, word)
    end
    local sent, fault = self.socket:send(table.concat(words))
    if not sent then
        self.is_broken = true
        return nil, "Redis: " .. fault
    end
    local answer, why, is_whole = read(self.socket)
    if not is_whole then self.is_broken = true end
    return answer, why
end

--- Keeps the connection for the next, unless an answer may still be on its way: the next would take it for its own.
function Redis:leave()
    if self.is_broken then return self.socket:close() end
    self.socket:setkeepalive(10000, 4)
end

local numbers, count = {}, 0 -- of passwords; false: none

-- A connection that is kept is let in already: it is for those with the same password alone, who are told from others
-- by a number, since nginx writes names of pools into a log.
local function pool_of(address, password)
    local who = password or false
    if not numbers[who] then
        count = count + 1
        numbers[who] = count
    end
    return ("%s:%s#%d"):format(address[1], address[2] or "", numbers[who])
end

local function open(socket, address, pool)
    if not address[2] then return socket:connect(address[1], { pool = pool }) end
    return socket:connect(address[1], address[2], { pool = pool })
end

---@param address table {host, port} or {"unix:/path"}
---@param password string|nil
---@return table|nil redis
---@return string|nil fault
function resp.connect(address, password)
    local socket = ngx.socket.tcp()
    socket:settimeouts(TIMEOUT, TIMEOUT, TIMEOUT)
    local good, fault = open(socket, address, pool_of(address, password))
    if not good then return nil, "Redis: " .. fault end
    local self = setmetatable({ socket = socket }, redis_mt)
    if password and socket:getreusedtimes() == 0 then
        good, fault = self:ask("AUTH", password)
        if not good then
            socket:close()
            return nil, fault
        end
    end
    return self
end

return resp
