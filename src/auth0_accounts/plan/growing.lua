--- The primary of a group, as it is after each link: as text, since of a group of forty it is judged forty times.
local core = require "auth0.core"
local json = require "auth0.json"

local growing = {}

local Growing = {}
local growing_mt = { __name = "auth0_accounts.growing", __index = Growing }

local PARTS = { "user_metadata", "app_metadata" }
local grows = { identities = true, user_metadata = true, app_metadata = true }
local elsewhere = { identities = json.null, user_metadata = json.null, app_metadata = json.null }

local function set(object, patch)
    local copy = {}
    for name, value in pairs(object or {}) do copy[name] = value end
    for name, value in pairs(patch or {}) do
        if json.is_null(value) then copy[name] = nil else copy[name] = value end
    end
    return copy
end

---@param primary table an account, as core.decode gives it
---@return auth0_accounts.Growing
function growing.new(primary)
    local rest, self = {}, setmetatable({ metadata = {}, texts = {} }, growing_mt)
    for name, value in pairs(primary) do
        if not grows[name] then rest[name] = value end
    end
    self.rest = json.encode(rest):sub(1, -2) -- it has a user_id at least
    self.identities = json.encode(primary.identities):sub(1, -2)
    for _, part in ipairs(PARTS) do
        self.metadata[part] = primary[part]
        self.texts[part] = primary[part] and json.encode(primary[part])
    end
    return self
end

--- Takes an account in.
---@param secondary auth0_accounts.GroupAccount
---@param patch string|nil JSON that is written to the primary
function Growing:link(secondary, patch)
    local identity = set(secondary.own, { profileData = set(secondary.value, elsewhere) })
    self.identities = self.identities .. "," .. json.encode(identity)
    for part, value in pairs(patch and core.decode(patch) or {}) do
        self.metadata[part] = set(self.metadata[part], value)
        self.texts[part] = json.encode(self.metadata[part])
    end
end

---@return string profile JSON
function Growing:profile()
    local text = self.rest .. ',"identities":' .. self.identities .. "]"
    for _, part in ipairs(PARTS) do
        if self.texts[part] then text = ('%s,"%s":%s'):format(text, part, self.texts[part]) end
    end
    return text .. "}"
end

return growing
