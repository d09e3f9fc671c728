--- Which accounts have an address. Addresses are filed as they stand: users-by-email is case-sensitive.
local Addresses = {}
local addresses_mt = { __name = "auth0.mock.addresses", __index = Addresses }

local addresses = {}

---@return table addresses
function addresses.new()
    return setmetatable({ filed = {} }, addresses_mt)
end

---The accounts of an address, in no order.
---@param email any
---@return table[]
function Addresses:of(email)
    local found = self.filed[email]
    return not found and {} or found.identities and { found } or found
end

--- Most addresses have one account, which needs no list.
local function file(self, account, list)
    if type(account.email) == "string" then
        for _, other in ipairs(self:of(account.email)) do
            list[#list + 1] = other ~= account and other or nil
        end
        self.filed[account.email] = list[2] and list or list[1]
    end
end

---@param account table
function Addresses:put(account)
    file(self, account, { account })
end

---@param account table whose address is still the one that it was put with
function Addresses:take(account)
    file(self, account, {})
end

return addresses
