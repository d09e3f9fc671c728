--- The tenant's connections: which ways of signing in are configured.
local nearest = require "auth0.nearest"

local connections = {}

local Connections = {}
local connections_mt = { __name = "auth0.mock.connections", __index = Connections }

--- UserIdentityProviderEnum of the OpenAPI file, and whether an identity of it is called social.
local strategies = {}

local function declare(names, is_social)
    for name in names:gmatch("%S+") do
        strategies[name] = { is_social = is_social }
    end
end

declare([[ad adfs auth0-oidc auth0 custom email google-apps ip office365 oidc okta pingfederate samlp sharepoint sms
    waad]], false)
declare([[amazon apple dropbox bitbucket baidu bitly box daccount dwolla evernote-sandbox evernote exact facebook fitbit
    github google-oauth2 instagram line linkedin oauth1 oauth2 paypal paypal-sandbox planningcenter salesforce-community
    salesforce-sandbox salesforce shopify shop soundcloud thirtysevensignals twitter untappd vkontakte weibo windowslive
    wordpress yahoo yandex]], true)

local DATABASE = "Username-Password-Authentication"
local configured = { "apple", "email", "facebook", "github", "google-oauth2", "linkedin", "sms", "twitter",
    "windowslive" }

---@param strategy string
---@return boolean
function connections.is_provider(strategy)
    return strategies[strategy] ~= nil
end

---@param strategy string
---@return boolean is_strategy of a connection: a provider of identities, or the one that is none
function connections.is_strategy(strategy)
    return strategies[strategy] ~= nil or strategy == "auth0-adldap"
end

---@param strategy string
---@return boolean
function connections.is_social(strategy)
    local entry = strategies[strategy]
    return entry ~= nil and entry.is_social
end

---@return table connections the default ones; `ensure` adds others
function connections.new()
    local self = setmetatable({ by_name = {}, by_id = {}, by_strategy = {} }, connections_mt)
    self:ensure(DATABASE, "auth0")
    for _, name in ipairs(configured) do
        self:ensure(name, name)
    end
    return self
end

--- "con_" and 16 letters or digits, made of the name, so that an id is the same in every run.
local function new_id(by_id, name)
    local letters, n = name:gsub("%W", ""), 0
    local id
    repeat
        local tail = n == 0 and "" or tostring(n)
        id = "con_" .. (letters:sub(1, 16 - #tail) .. ("0"):rep(16)):sub(1, 16 - #tail) .. tail
        n = n + 1
    until not by_id[id]
    return id
end

---@class auth0.mock.provisioning
---@field scim boolean|nil SCIM provisions its accounts
---@field directory boolean|nil a directory's own synchronization does

local kinds = { scim = true, directory = true }

---@param name any
---@param strategy any
---@param provisioning any
---@return string|nil message
function connections.check(name, strategy, provisioning)
    if type(name) ~= "string" or name == "" or type(strategy) ~= "string" or strategy == "" then
        return "a connection needs a name and a strategy, both strings"
    elseif provisioning ~= nil and type(provisioning) ~= "table" then
        return "what provisions a connection is a table"
    end
    local unknown = nearest.unknown(provisioning or {}, kinds)
    return unknown and "nothing provisions a connection by " .. unknown
end

---@param name string
---@param strategy string
---@return table connection {id, name, strategy}
function Connections:ensure(name, strategy)
    local connection = self.by_name[name]
    if not connection then
        connection = { id = new_id(self.by_id, name), name = name, strategy = strategy }
        self.by_name[name], self.by_id[connection.id] = connection, connection
        self.by_strategy[strategy] = self.by_strategy[strategy] or connection
    end
    return connection
end

---@param strategy string
---@param id string|nil a connection id that must be of this strategy
---@return table|nil connection
function Connections:find(strategy, id)
    if not id then
        return self.by_strategy[strategy]
    end
    local connection = self.by_id[id]
    return connection and connection.strategy == strategy and connection or nil
end

---The connection of an account that says none: the database's, or the one that stands inside a three-part id.
---@param strategy string
---@param user_id string without the provider
---@return string name
function connections.default_name(strategy, user_id)
    if strategy == "auth0" then
        return DATABASE
    end
    return user_id:match("^([^|]+)|") or strategy
end

return connections
