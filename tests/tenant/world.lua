--- The one tenant behind this server: the model, and what the front door has seen of the wire.
local deflate = require "deflate"
local json = require "auth0.mock.text.json"
local mock = require "auth0.mock.model"
local orphan = require "orphan"
local rs256 = require "rs256"

local world = {}

--- One account per line, as add_user takes it. It is not shown: a million accounts are only kept.
local function load_seed(name)
    local file = assert(io.open(name))
    local number = 0
    -- Nothing that is read here becomes garbage: to look for it over and over takes longer than the reading.
    local pause = collectgarbage("setpause", 1000)
    for line in file:lines() do
        number = number + 1
        if line:find("%S") then
            local fields, message = json.decode(line)
            local user
            if not message then
                user, message = world.tenant.world.users:add(fields)
            end
            if not user then
                error(("%s:%d: %s"):format(name, number, message), 0)
            end
        end
    end
    file:close()
    collectgarbage("setpause", pause)
end

---@param domain string
---@param seed string|nil name of a file
function world.open(domain, seed)
    -- The workers in front end with their master; this process is the master's child, and is left over when it dies.
    orphan.end_with_parent()
    world.tenant = mock.new {
        domain = domain,
        sign = rs256.sign,
        verify = rs256.verify,
        deflate = deflate,
        random = math.random,
        now = ngx.now,
    }
    world.forget()
    if seed and seed ~= "" then
        load_seed(seed)
    end
end

---Forgets what was seen on the wire.
function world.forget()
    world.last, world.connections, world.seen, world.workers = nil, 0, {}, {}
end

---Notes one API request as it was received.
---@param request table
function world.note(request)
    world.last = request
    if not world.seen[request.connection] then
        world.seen[request.connection] = true
        world.connections = world.connections + 1
        world.workers[request.worker] = true
    end
end

local watches

local function look(premature)
    watches = nil
    if not premature then
        world.watch()
    end
end

---Sees to it that what is to be committed late is committed in time, also when no request comes.
function world.watch()
    local seconds = world.tenant:settle()
    if not seconds then
        return
    end
    local at = ngx.now() + seconds
    -- A timer that fires too early only looks again.
    if not watches or at < watches then
        watches = at
        ngx.timer.at(math.max(seconds, 0.001), look)
    end
end

return world
