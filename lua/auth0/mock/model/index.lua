--- What a search sees: the accounts as they were some seconds ago. Reads by id and by address do not come here.
local shape = require "auth0.mock.model.shape"

local Index = {}
local index_mt = { __name = "auth0.mock.index", __index = Index }

local index = {}

---@param users table the store
---@return table index
function index.new(users)
    local self = setmetatable({ users = users, waiting = {}, first = 1, last = 0 }, index_mt)
    self:follow()
    return self
end

local function document(account)
    return account and shape.copy(account)
end

---Begins to lag, or stops, as the settings say. An index that begins knows all that is there.
function Index:follow()
    if self.users.world.settings.search_lag == 0 then
        self.documents, self.order, self.waiting, self.first, self.last = nil, nil, {}, 1, 0
    elseif not self.documents then
        self.documents, self.order = {}, {}
        for account in self.users:each() do
            self.documents[account.user_id] = document(account)
            self.order[#self.order + 1] = account.user_id
        end
    end
end

---An account was made, changed or removed.
---@param id string
function Index:changed(id)
    if self.documents then
        self.last = self.last + 1
        self.waiting[self.last] = { at = self.users.world.now(), id = id, document = document(self.users:find(id)) }
    end
end

--- Takes in what is old enough.
local function catch_up(self)
    local seen = self.users.world.now() - self.users.world.settings.search_lag
    while self.first <= self.last and self.waiting[self.first].at <= seen do
        local change = self.waiting[self.first]
        self.waiting[self.first], self.first = nil, self.first + 1
        if not self.documents[change.id] and change.document then
            self.order[#self.order + 1] = change.id
        end
        self.documents[change.id] = change.document
    end
end

---The accounts that a search finds.
---@return function iterator of accounts
function Index:each()
    if not self.documents then
        return self.users:each()
    end
    catch_up(self)
    local position, told = 0, {}
    return function()
        local id
        repeat
            position = position + 1
            id = self.order[position]
        until not id or (self.documents[id] and not told[id])
        told[id or ""] = true
        return id and self.documents[id]
    end
end

return index
