--- The requests that a command would send, from the code that would send them: an engine without a network hands them
--- out. What a merge changes depends on what it reads, so its reads are really made, and its changes are answered here.
local core = require "auth0.core"
local json = require "auth0.json"
local settings = require "auth0_accounts.settings"
local stop = require "auth0_accounts.stop"
local tenants = require "auth0_accounts.tenants"

local dry_run = {}

-- Stands where the token would: each form has its own way to name one.
local TOKEN = "AUTH0_TOKEN"

local function decoded(text)
    return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function query_of(text)
    local query = {}
    for name, value in text:gmatch "([^&=]+)=([^&]*)" do query[decoded(name)] = decoded(value) end
    return next(query) and query or nil
end

-- A refusal is handed on, so that the merge judges it as it would.
local function read(reader, url)
    local path, query = url:match "^https://[^/]*([^?]*)%??(.*)$"
    local text, _, facts = reader:request { path = path, query = query_of(query), raw = true }
    if text == nil and not facts.status then return { how = "unreached" } end
    local body = text or json.encode { statusCode = facts.status, error = facts.error or "Error",
        message = facts.description, errorCode = facts.error_code }
    return { how = "answered", status = facts.status, headers = { ["content-type"] = "application/json" }, body = body }
end

-- As the API answers where it makes the change; to a PATCH, with the account.
local function made(reader, request)
    if request.method == "PATCH" then return read(reader, request.url) end
    local body, status = "{}", 200
    if request.method == "DELETE" then
        body = '[{"provider":"auth0","user_id":"another"}]'
    elseif request.url:find "/identities$" then
        local primary = core.decode(read(reader, (request.url:gsub("/identities$", ""))).body)
        local identities, identity = json.array(primary.identities or {}), core.decode(request.body)
        identity.user_id = identity.user_id:gsub("^[^|]*|", "")
        identities[#identities + 1] = identity
        body, status = json.encode(identities), 201
    end
    return { how = "answered", status = status, headers = { ["content-type"] = "application/json" }, body = body }
end

-- Takes the place of the tenant. Without a reader, the first request is all that is asked for.
local function recorder(reader)
    local recorded = { engine = core.engine(), requests = {} }
    function recorded:answer(request)
        if reader and request.method == "GET" then return read(reader, request.url) end
        request.headers.authorization = nil
        -- In one order of members, whatever table they came from.
        if request.body ~= "" then request.body = json.encode(core.decode(request.body)) end
        self.requests[#self.requests + 1] = request
        return reader and made(reader, request) or { how = "unreached" }
    end
    return recorded
end

---@param command auth0_accounts.Command
---@param given table arguments
---@param world auth0_accounts.World
---@return auth0.Request[] requests without their token; none if there is nothing to change
---@return auth0_accounts.Settings way
function dry_run.requests(command, given, world)
    local reader = command.rehearse and tenants.open(given, world, command)
    local recorded = recorder(reader)
    local way, sources = settings.read(given, world)
    local tenant = tenants.make({ domain = tenants.domain(way), token = TOKEN }, sources, { mock = recorded },
        { attempts = 1 })
    local good, fault, message, facts = pcall(tenants.ask, tenant, { call = command.rehearse or command.call }, given)
    if reader then reader:close() end
    if not good then error(fault, 0) end
    if facts.code == "guarded" or not recorded.requests[1] and message then
        stop.raise(stop.code_of(facts), "%s", message)
    end
    return recorded.requests, way
end

return dry_run
