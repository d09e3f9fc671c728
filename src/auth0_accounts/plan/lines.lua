--- The lines of a plan, as tables.
local core = require("auth0_accounts.database").core()
local identities = require "auth0_accounts.plan.identities"
local json = require "auth0.json"

local lines = {}

local function list_of(values, of)
    local list = json.array {}
    for i, value in ipairs(values) do list[i] = of(value) end
    return list
end

local METADATA = { "user_metadata", "app_metadata" }

-- Of metadata that the export does not have at all there is no digest: it was not asked for.
local function digests_of(account, has)
    local digests = {}
    for _, name in ipairs(METADATA) do
        local value = account[name]
        if type(value) ~= "table" or next(value) == nil then value = {} end
        digests[name] = has[name] and core.digest(json.encode(value)) or nil
    end
    return digests
end

local function connection_of(identity)
    return type(identity.connection) == "string" and identity.connection or json.null
end

local function account_of(account, has)
    local own = identities.of(account)
    return { user_id = account.user_id, email = account.email, email_verified = account.email_verified,
        created_at = account.created_at, last_login = account.last_login, logins_count = account.logins_count,
        blocked = account.blocked == true, identities = list_of(own, identities.id),
        connections = list_of(own, connection_of), digests = digests_of(account, has) }
end

local function spellings_of(group)
    local list, seen = {}, {}
    for _, account in ipairs(group.accounts) do
        local email = account.value.email
        if not seen[email] then list[#list + 1] = email end
        seen[email] = true
    end
    table.sort(list)
    return json.array(list)
end

local function evidence_of(group, one, other)
    return { folded = group.folded, emails = spellings_of(group), verified = true,
        connections = list_of({ identities.own(one), identities.own(other) }, connection_of) }
end

--- What kind of accounts meet: a password is a risk of its own, and so is a company's account beside a private one.
---@param primary table
---@param secondary table
---@return "password"|"enterprise"|"federated"
function lines.class(primary, secondary)
    local both = { primary, secondary }
    if identities.kinds(both, identities.has_password) then return "password" end
    local has_enterprise, has_another = identities.kinds(both, identities.is_enterprise)
    return has_enterprise and has_another and "enterprise" or "federated"
end

local function names_of(things)
    local names, seen = json.array {}, {}
    for _, thing in ipairs(things) do
        if not seen[thing.what] then names[#names + 1] = thing.what end
        seen[thing.what] = true
    end
    return names
end

---@param number integer
---@param group auth0_accounts.Group
---@param link table { primary, secondary, judged }
---@param has table<string, boolean> metadata that the export has
---@return table
function lines.link(number, group, link, has)
    local primary, secondary, patch = link.primary.value, link.secondary.value, link.judged.patch_text
    return { line = number, group = group.number, class = lines.class(primary, secondary),
        primary = account_of(primary, has), secondary = account_of(secondary, has),
        evidence = evidence_of(group, primary, secondary),
        patch = patch and { bytes = #patch, sha256 = core.sha256(patch) } or json.null,
        lost = names_of(link.judged.lost) }
end

---@param group auth0_accounts.Group
---@param skip auth0_accounts.Skip
---@return table
function lines.skip(group, skip)
    return { skipped = skip.reasons[1], group = group.number, folded = group.folded,
        accounts = json.array(skip.accounts), reasons = json.array(skip.reasons), message = skip.message }
end

return lines
