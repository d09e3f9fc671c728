--- Accounts by their address. The tenant compares it as it stands, in case too.
local call = require "auth0.tenant.call"
local paths = require "auth0.tenant.paths"

local addresses = {}

--- In lower case (ASCII), as databases keep it.
---@param email string
---@return string
function addresses.lower(email)
    return (email:gsub("[A-Z]", string.lower))
end

-- The address as given, and in lower case.
local function forms(email)
    local lower = addresses.lower(email)
    return lower ~= email and { email, lower } or { email }
end

-- Accounts of one more answer, each once, in the order in which they came.
local function merge(found, seen, list)
    for _, account in ipairs(list) do
        local id = account.user_id
        if not seen[id] then found[#found + 1] = account end
        seen[id] = true
    end
end

local function are_accounts(list)
    if not call.is_list(list) then return false end
    for _, account in ipairs(list) do
        if type(account.user_id) ~= "string" then return false end
    end
    return true
end

---@param self auth0.Tenant
---@param method auth0.Method in whose name it is done
---@param checked table options
---@param span auth0.Span
---@param email string
---@param level integer as error's second argument, from the caller of this
---@return table[]|nil users
---@return string|nil message
---@return table facts of the last request
function addresses.find(self, method, checked, span, email, level)
    local found, seen, last = {}, {}, nil
    for _, address in ipairs(forms(email)) do
        local path = "/api/v2/users-by-email" .. paths.query { email = address }
        local list, message, facts = call.request(self, method, checked,
            { method = "GET", path = path, promise = "array", span = span }, level + 1)
        if not list then return nil, message, facts end
        if not are_accounts(list) then return call.bad_response(self, method, facts, "an account in it has no id") end
        merge(found, seen, list)
        last = facts
    end
    return found, nil, last
end

return addresses
