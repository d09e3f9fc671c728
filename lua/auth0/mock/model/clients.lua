--- The applications that may ask for tokens by themselves.
local json = require "auth0.mock.text.json"
local nearest = require "auth0.nearest"
local tokens = require "auth0.mock.model.tokens"

local Clients = {}
local clients_mt = { __name = "auth0.mock.clients", __index = Clients }

---@class auth0.mock.client
---@field client_id string
---@field client_secret string|nil what it authenticates with; or
---@field public_key any what `verify` gets as its key: the client authenticates with private_key_jwt
---@field scope string|nil what it has been granted, separated by spaces; all of the API but the providers' tokens
---@field audiences string[]|nil what it has been granted access to; the Management API

local clients = {}

---@param list auth0.mock.client[]|nil
---@return table|nil clients
---@return string|nil message
function clients.new(list)
    local self = setmetatable({ by_id = {}, used = {} }, clients_mt)
    for _, client in ipairs(list or { { client_id = tokens.CLIENT, client_secret = "mocksecret" } }) do
        local done, message = self:add(client)
        if not done then
            return nil, message
        end
    end
    return self
end

local function is_text(value)
    return value == nil or type(value) == "string"
end

local properties = { client_id = true, client_secret = true, public_key = true, scope = true, audiences = true }

local function check(client)
    if not json.is_object(client) or type(client.client_id) ~= "string" then
        return "a client needs a client_id, a string"
    elseif not is_text(client.client_secret) or not is_text(client.scope) then
        return "client_secret and scope are strings"
    elseif client.audiences ~= nil and type(client.audiences) ~= "table" then
        return "audiences is an array of strings"
    end
    local unknown = nearest.unknown(client, properties)
    return unknown and "a client has no " .. unknown
end

---@param client auth0.mock.client one of the same client_id is replaced
---@return boolean|nil done
---@return string|nil message
function Clients:add(client)
    local message = check(client)
    if message then
        return nil, message
    end
    self.by_id[client.client_id] = client
    return true
end

---@param id any
---@return auth0.mock.client|nil
function Clients:find(id)
    return type(id) == "string" and self.by_id[id] or nil
end

---Notes that an assertion was used.
---@param client auth0.mock.client
---@param jti string
---@param expiry number after which it is refused anyway
---@param now number
---@return boolean is_first false when it had been used before
function Clients:use(client, jti, expiry, now)
    for key, gone in pairs(self.used) do
        if gone < now then
            self.used[key] = nil
        end
    end
    local key = client.client_id .. " " .. jti
    local is_first = self.used[key] == nil
    self.used[key] = expiry
    return is_first
end

return clients
