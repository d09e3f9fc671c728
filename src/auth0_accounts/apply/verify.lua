--- Whether what a journal says was made stands at the tenant.
local json = require "auth0.json"
local stale = require "auth0_accounts.apply.stale"

local verify = {}

local function options(line, journal)
    return { correlation_id = (journal.run_name or "verify") .. "/" .. line.number }
end

local function latest(journal, line)
    for _, intent in ipairs(journal:intents_of(line)) do
        if intent.kind == "merge" and intent.made == "true" then return intent.receipt end
    end
end

local function quoted(text)
    return '"' .. text:gsub('[\\"]', "\\%0") .. '"'
end

-- The secondary is not on its primary: an account of its own, on another, or nowhere.
local function look_for(tenant, line, given)
    local own, _, facts = tenant:user(line.secondary, given)
    if own then return "missing", "the secondary is an account of its own" end
    if facts.code ~= "not_found" then return nil, nil, facts end
    local provider, id = line.secondary:match "^([^|]*)|(.*)$"
    local found
    found, _, facts = tenant:request { path = "/api/v2/users", correlation_id = given.correlation_id, query = {
        q = ("identities.user_id:%s AND identities.provider:%s"):format(quoted(id), quoted(provider)),
        search_engine = "v3", fields = "user_id,identities", include_fields = true } }
    if found == nil then return nil, nil, facts end
    for _, user in ipairs(json.is_array(found) and found or {}) do -- the two terms may be met by two identities
        if json.is_object(user) and user.user_id ~= line.primary and stale.holds(user, line.secondary) then
            return "elsewhere", "it is an identity of " .. tostring(user.user_id)
        end
    end
    return "missing", "the secondary is nowhere"
end

local function describe(changed)
    local names = {}
    for i, thing in ipairs(changed) do names[i] = thing.key and thing.what .. "." .. thing.key or thing.what end
    return "changed since: " .. table.concat(names, ", ")
end

--- A word for a line that was made. Reads both sides.
---@param tenant auth0.Tenant
---@param journal auth0_accounts.Journal
---@param line auth0_accounts.Line
---@return "made"|"missing"|"elsewhere"|"changed"|nil word
---@return string|nil why
---@return auth0.Failure|nil failure
function verify.line(tenant, journal, line)
    local receipt, given = latest(journal, line), options(line, journal)
    local result, facts, _
    if receipt then
        result, _, facts = tenant:settle(receipt, given)
    else
        result, _, facts = tenant:user(line.primary, given) -- pruned
    end
    if not result and facts.code == "not_found" then return "missing", "the primary is gone" end
    if not result then return nil, nil, facts end
    if not stale.holds(result, line.secondary) then return look_for(tenant, line, given) end
    if result.changed and result.changed[1] then return "changed", describe(result.changed) end
    return "made"
end

return verify
