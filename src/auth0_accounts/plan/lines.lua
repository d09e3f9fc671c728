--- The lines of a plan, as JSON whose members are in the order in which a person reads them.
local core = require("auth0_accounts.database").core()
local identities = require "auth0_accounts.identities"
local json = require "auth0.json"

local lines = {}

-- ---- JSON ----

local function text_of(value)
    if type(value) == "string" and not value:find '[%z\1-\31"\\\127-\255]' then return '"' .. value .. '"' end
    return json.encode(value)
end

local function add(members, name, text)
    members[#members + 1] = '"' .. name .. '":' .. text
end

local function object_of(members)
    return "{" .. table.concat(members, ",") .. "}"
end

local function list_of(values)
    local texts = {}
    for i, value in ipairs(values) do texts[i] = text_of(value) end
    return "[" .. table.concat(texts, ",") .. "]"
end

-- ---- accounts ----

-- Of metadata that the export does not have at all there is no digest: it was not asked for.
local function digests_of(account, has)
    local members = {}
    local user, app = core.digest(account.text, "user_metadata", "app_metadata")
    if has.user_metadata then add(members, "user_metadata", '"' .. user .. '"') end
    if has.app_metadata then add(members, "app_metadata", '"' .. app .. '"') end
    return object_of(members)
end

local function connections_of(list)
    local names = {}
    for i, identity in ipairs(list) do
        names[i] = type(identity.connection) == "string" and identity.connection or json.null
    end
    return list_of(names)
end

local function ids_of(list)
    local ids = {}
    for i, identity in ipairs(list) do ids[i] = identities.id(identity) end
    return list_of(ids)
end

local PLAIN = { "user_id", "email", "email_verified", "created_at", "last_login", "logins_count" }

local function write_account(account, has)
    local members, value = {}, account.value
    for _, name in ipairs(PLAIN) do
        if value[name] ~= nil then add(members, name, text_of(value[name])) end
    end
    add(members, "blocked", tostring(value.blocked == true))
    add(members, "identities", ids_of(account.identities))
    add(members, "connections", connections_of(account.identities))
    add(members, "digests", digests_of(account, has))
    return object_of(members)
end

-- A primary stands in several lines.
local function text_of_account(account, has)
    account.written = account.written or write_account(account, has)
    return account.written
end

-- ---- links ----

-- The ways in which the accounts of a group spell their address.
local function spellings_of(group)
    if group.spellings then return group.spellings end
    local list, seen = {}, {}
    for _, account in ipairs(group.accounts) do
        local email = account.value.email
        if not seen[email] then list[#list + 1] = email end
        seen[email] = true
    end
    table.sort(list)
    group.spellings = list
    return list
end

local function text_of_evidence(group, one, other)
    return ('{"folded":%s,"emails":%s,"verified":true,"connections":%s}'):format(text_of(group.folded),
        list_of(spellings_of(group)), connections_of { one.own, other.own })
end

--- What kind of accounts meet: a password is a risk of its own, and so is a company's account beside a private one.
---@param primary auth0_accounts.GroupAccount
---@param secondary auth0_accounts.GroupAccount
---@return "password"|"enterprise"|"federated"
function lines.class(primary, secondary)
    local both = { primary, secondary }
    if identities.kinds(both, identities.has_password) then return "password" end
    local has_enterprise, has_another = identities.kinds(both, identities.is_enterprise)
    return has_enterprise and has_another and "enterprise" or "federated"
end

local function text_of_patch(text)
    return text and ('{"bytes":%d,"sha256":"%s"}'):format(#text, core.sha256(text)) or "null"
end

---@param number integer
---@param class string
---@param group auth0_accounts.Group
---@param link table { primary, secondary, judged }
---@param has table<string, boolean> metadata that the export has
---@return string
function lines.link(number, class, group, link, has)
    return ('{"line":%d,"group":%d,"class":"%s","primary":%s,"secondary":%s,"evidence":%s,"patch":%s,"lost":%s}')
        :format(number, group.number, class, text_of_account(link.primary, has), text_of_account(link.secondary, has),
            text_of_evidence(group, link.primary, link.secondary),
            text_of_patch(link.judged.patch), list_of(link.judged.lost))
end

---@param group auth0_accounts.Group
---@param skip auth0_accounts.Skip
---@return string
function lines.skip(group, skip)
    return ('{"skipped":"%s","group":%d,"folded":%s,"accounts":%s,"reasons":%s,"message":%s}'):format(skip.reasons[1],
        group.number, text_of(group.folded), list_of(skip.accounts), list_of(skip.reasons),
        text_of(skip.message))
end

return lines
