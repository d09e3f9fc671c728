--- The tests' door: seeds the tenant, sets it up, issues tokens, arms faults, shows the record. Needs no token; answers
--- on loopback only.
local json = require "auth0.mock.text.json"
local world = require "world"

local control = {}

local function say(status, value)
    local text = type(value) == "string" and value or json.encode(value)
    ngx.status = status
    ngx.header["content-type"] = type(value) == "string" and "text/plain" or "application/json"
    ngx.header["content-length"] = #text
    ngx.print(text)
end

--- What the model answers: a value, or nil and what is wrong.
local function tell(status, value, message)
    say(value and status or 400, value or message)
end

--- What the tenant's method makes of the body, or of each in an array.
local function each(body, method)
    local tenant = world.tenant
    if not json.is_array(body) then
        if not json.is_object(body) then
            return nil, "a JSON object is needed, or an array of them"
        end
        return tenant[method](tenant, body)
    end
    local made = json.array({})
    for i, one in ipairs(body) do
        local value, message = tenant[method](tenant, one)
        if not value then
            return nil, message
        end
        made[i] = value
    end
    return made
end

local doors = {}

doors["GET ready"] = function()
    say(200, "ready\n")
end

doors["POST reset"] = function(body)
    world.tenant:reset()
    world.forget()
    tell(200, each(body or json.array({}), "add_user"))
end

doors["POST users"] = function(body)
    tell(201, each(body, "add_user"))
end

doors["GET users/count"] = function()
    local count = 0
    for _ in pairs(world.tenant.world.users.by_id) do
        count = count + 1
    end
    say(200, count)
end

--- A page of the accounts, one JSON object a line, with all that hangs on them: so many, after so many others.
doors["GET users"] = function()
    local after, count = tonumber(ngx.var.arg_after) or 0, tonumber(ngx.var.arg_count) or 1000
    local lines, at = {}, 0
    for account in world.tenant.world.users:each() do
        at = at + 1
        if at > after then
            lines[#lines + 1] = json.encode(account) .. "\n"
        end
        if #lines == count then
            break
        end
    end
    say(200, table.concat(lines))
end

--- The function's argument is the body, which has to be an object.
local function object(act)
    return function(body)
        if not json.is_object(body) then
            return say(400, "a JSON object is needed")
        end
        act(body)
    end
end

doors["POST token"] = function(body)
    tell(200, each(body, "token"))
end

doors["POST revoke"] = object(function(body)
    tell(200, world.tenant:revoke(body.token))
end)

doors["POST client"] = object(function(body)
    tell(201, world.tenant:add_client(body))
end)

doors["POST role"] = object(function(body)
    tell(201, world.tenant:add_role(body))
end)

doors["POST organization"] = object(function(body)
    tell(201, world.tenant:add_organization(body))
end)

doors["POST group"] = object(function(body)
    tell(201, world.tenant:add_group(body))
end)

doors["POST event-stream"] = object(function(body)
    tell(201, world.tenant:add_event_stream(body))
end)

doors["POST connection"] = object(function(body)
    tell(201, world.tenant:add_connection(body.name, body.strategy, body.provisioning))
end)

doors["POST configure"] = object(function(body)
    tell(200, world.tenant:configure(body))
end)

doors["POST arm"] = function(body)
    tell(201, each(body, "arm"))
end

doors["POST disarm"] = function()
    world.tenant.reception.armed:disarm()
    say(200, true)
end

doors["GET armed"] = function()
    say(200, world.tenant.reception.armed:list())
end

doors["GET rates"] = function()
    say(200, world.tenant.reception.rates:standing())
end

--- All of it; with `from` or `count` a page of the changes, how many there are, where the next page begins, and how
--- many links were refused because the identity was linked already.
doors["GET record"] = function()
    local record = world.tenant.record
    local from, count = tonumber(ngx.var.arg_from), tonumber(ngx.var.arg_count)
    local changes, next_page = record:page(from, count)
    local shown = { changes = changes, requests = record.requests, connections = world.connections }
    if from or count then
        shown.total, shown.next, shown.conflicts = record.total, next_page, record.conflicts
    end
    say(200, shown)
end

--- {"changes": false}: from now on changes are only counted.
doors["POST record"] = object(function(body)
    world.tenant.record:keep(body.changes ~= false)
    say(200, true)
end)

--- The processes that took the connections.
doors["GET workers"] = function()
    local workers = json.array({})
    for worker in pairs(world.workers) do
        workers[#workers + 1] = worker
    end
    say(200, workers)
end

doors["GET last"] = function()
    say(200, world.last or json.null)
end

function control.handle()
    ngx.req.read_body()
    local text = ngx.req.get_body_data()
    local body, message
    if text then
        body, message = json.decode(text)
    end
    local door = doors[ngx.req.get_method() .. " " .. ngx.var.request_uri:match("^[^?]*"):sub(#"/_tenant/" + 1)]
    if message then
        say(400, message)
    elseif not door then
        say(404, "no such control")
    else
        local done, why = pcall(door, body)
        if not done then
            say(500, tostring(why))
        end
    end
end

return control
