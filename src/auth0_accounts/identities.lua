--- What the identities of an account are.
local json = require "auth0.json"

local identities = {}

---@param account table
---@return table[]
function identities.of(account)
    local list = {}
    for _, identity in ipairs(json.is_array(account.identities) and account.identities or {}) do
        if type(identity) == "table" then list[#list + 1] = identity end
    end
    return list
end

---@param identity table
---@return string id full: provider and user_id, which may be a number
function identities.id(identity)
    local id = identity.user_id
    return ("%s|%s"):format(tostring(identity.provider), type(id) == "string" and id or json.digits(id) or "")
end

---@param account table
---@param list? table[] its identities
---@return table|nil identity after which the account is called, or its first
function identities.own(account, list)
    list = list or identities.of(account)
    for _, identity in ipairs(list) do
        if identities.id(identity) == account.user_id or identity.user_id == account.user_id then return identity end
    end
    return list[1]
end

local private = { auth0 = true, email = true, sms = true }

---@param identity table
---@return boolean whether a company's directory may stand behind it
function identities.is_enterprise(identity)
    return identity.isSocial ~= true and not private[identity.provider]
end

---@param identity table
---@return boolean
function identities.has_password(identity)
    return identity.provider == "auth0"
end

---@param accounts auth0_accounts.GroupAccount[]
---@param is fun(identity: table): boolean
---@return boolean has_one whether one of their identities is so
---@return boolean has_another whether one is not
function identities.kinds(accounts, is)
    local has_one, has_another = false, false
    for _, account in ipairs(accounts) do
        for _, identity in ipairs(account.identities) do
            if is(identity) then has_one = true else has_another = true end
        end
    end
    return has_one, has_another
end

return identities
