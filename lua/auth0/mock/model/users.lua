--- The accounts of the tenant. An account is a table of root fields as the API shows them, with `identities`; index 1
--- is the main identity, its provider and user_id make the account's id. Nothing outside this file moves an identity or
--- writes a field of an account that is in the store. Tables inside an account are replaced, never written into: what
--- was read or indexed before keeps what it was.
local addresses = require "auth0.mock.model.addresses"
local connections = require "auth0.mock.model.connections"
local index = require "auth0.mock.model.index"
local json = require "auth0.mock.text.json"
local seed = require "auth0.mock.model.seed"
local seed_check = require "auth0.mock.model.seed_check"
local shape = require "auth0.mock.model.shape"
local timestamp = require "auth0.mock.text.timestamp"

local users = {}

local Users = {}
local users_mt = { __name = "auth0.mock.users", __index = Users }

local copy, key_of = shape.copy, shape.key
users.hexadecimal = seed.hexadecimal

---@param world table now, random, connections, settings, roles, organizations, groups
---@return table users
function users.new(world)
    local self = setmetatable({ world = world, by_id = {}, by_identity = {}, addresses = addresses.new(),
        order = {}, gone = 0, left = {} }, users_mt)
    self.index = index.new(self)
    return self
end

---@param id string full id of an account; a linked-away id is no account's
---@return table|nil account
function Users:find(id)
    return self.by_id[id]
end

---@param provider string
---@param user_id string without the provider
---@return table|nil account that holds this identity
---@return integer|nil index of the identity, 1 for the main one
function Users:holder(provider, user_id)
    local key = provider .. "|" .. user_id
    local account = self.by_identity[key]
    for position, identity in ipairs(account and account.identities or {}) do
        if key_of(identity) == key then
            return account, position
        end
    end
end

---All accounts in the order in which they were made.
---@return function iterator of accounts
function Users:each()
    local position = 0
    return function()
        local account
        repeat
            position = position + 1
            account = self.order[position]
        until not account or self.by_id[account.user_id] == account
        return account
    end
end

--- The list of all accounts keeps those that are gone until they are half of it.
local function compact(self)
    if self.gone * 2 > #self.order then
        local order = {}
        for account in self:each() do
            order[#order + 1] = account
        end
        self.order, self.gone = order, 0
    end
end

local function insert(self, account)
    self.by_id[account.user_id] = account
    self.order[#self.order + 1] = account
    self.addresses:put(account)
    for _, identity in ipairs(account.identities) do
        self.by_identity[key_of(identity)] = account
        identity.connection = identity.connection
            or connections.default_name(identity.provider, shape.id_text(identity.user_id))
        self.world.connections:ensure(identity.connection, identity.provider)
    end
    self.index:changed(account.user_id)
end

--- Takes an account off the lists; its identities stay filed.
local function withdraw(self, account)
    self.by_id[account.user_id] = nil
    self.addresses:take(account)
    self.gone = self.gone + 1
    compact(self)
    self.index:changed(account.user_id)
end

---Creates an account with full control over its fields, odd types included. Without `identities` the main one is made
---from `provider` and `user_id` (which may be a number), or from a full `user_id`. Not shown with the account are
---`roles`, `organizations` and `groups` (ids or objects), `permissions`, `authentication_methods` (its factors) and
---`scim`, the id that SCIM knows it by, which gives its connection a SCIM configuration.
---@param fields table is copied
---@return table|nil account nil when the fields are not good, or an identity exists already; then
---@return string|nil message
function Users:add(fields)
    if not json.is_object(fields) then
        return nil, "an account is a JSON object"
    end
    local own, message = json.copy(fields)
    message = message or seed_check.fields(own)
    if message then
        return nil, message
    end
    local account = seed.account(self.world, own)
    message = seed_check.identities(account.identities, self.by_identity)
    if message then
        return nil, message
    end
    seed.complete(self.world, account)
    insert(self, account)
    if account.scim then
        self.world.connections.by_name[account.identities[1].connection].scim = true
    end
    return account
end

---Writes fields of an account.
---@param account table
---@param fields table<string, any> json.null takes a field away
function Users:change(account, fields)
    self.addresses:take(account)
    for name, value in pairs(fields) do
        if value == json.null then
            value = nil
        end
        account[name] = value
    end
    self.addresses:put(account)
    account.updated_at = timestamp.text(self.world.now())
    self.index:changed(account.user_id)
end

local function attach(self, primary, identity)
    local identities = json.array(copy(primary.identities))
    identities[#identities + 1] = identity
    self.by_identity[key_of(identity)] = primary
    self:change(primary, { identities = identities })
end

--- What hangs on an account's id.
local belongings = { "roles", "permissions", "organizations", "groups", "authentication_methods", "blocked", "scim" }

local function belongings_of(account)
    local list = {}
    for _, name in ipairs(belongings) do
        list[name] = account[name]
    end
    return list
end

---Moves the main identity of one account to another. The moved account is gone, and with it its metadata and all that
---hung on it.
---@param primary table
---@param secondary table
---@param fate "carry"|"lose"|nil what becomes of the secondary's own secondaries
function Users:link(primary, secondary, fate)
    withdraw(self, secondary)
    self.left[secondary.user_id] = belongings_of(secondary)
    for position, identity in ipairs(secondary.identities) do
        if position == 1 then
            identity = copy(identity)
            identity.profileData = shape.profile(secondary)
            attach(self, primary, identity)
        elseif fate == "carry" then
            attach(self, primary, identity)
        else
            self.by_identity[key_of(identity)] = nil
        end
    end
end

---Attaches an identity that was never signed in with.
---@param primary table
---@param connection table
---@param user_id string without the provider
function Users:attach(primary, connection, user_id)
    attach(self, primary, { connection = connection.name, provider = connection.strategy, user_id = user_id,
        isSocial = connections.is_social(connection.strategy) })
end

---Takes a secondary identity out: it becomes an account of its own, with its profile and without metadata. Whether what
---had hung on its id is there again is a setting.
---@param primary table
---@param position integer of the identity, at least 2
---@return table account
function Users:unlink(primary, position)
    local identities = json.array(copy(primary.identities))
    local identity = copy(table.remove(identities, position))
    local account, now = copy(identity.profileData), timestamp.text(self.world.now())
    identity.profileData = nil
    account.identities, account.user_id = json.array({ identity }), key_of(identity)
    account.created_at, account.updated_at = now, now
    for name, value in pairs(self.world.settings.unlink_returns and self.left[account.user_id] or {}) do
        account[name] = value
    end
    self:change(primary, { identities = identities })
    insert(self, account)
    return account
end

---Removes an account and all its identities.
---@param account table
function Users:remove(account)
    withdraw(self, account)
    for _, identity in ipairs(account.identities) do
        self.by_identity[key_of(identity)] = nil
    end
end

return users
