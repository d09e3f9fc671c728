--- What is suspicious in an export: links, accounts that stand beside their own identity, duplicates, large profiles.
local auth0_core = require "auth0.core"
local accounts_of = require "auth0_accounts.users"
local checks = require "auth0_accounts.audit.checks"
local database = require "auth0_accounts.database"
local identities = require "auth0_accounts.identities"
local json = require "auth0.json"

local audit = {}

local SCHEMA = [[
    CREATE TABLE account (line INTEGER PRIMARY KEY, user_id TEXT NOT NULL, folded TEXT);
    CREATE TABLE shared (line INTEGER PRIMARY KEY);
    CREATE TABLE linked (id TEXT PRIMARY KEY, holder TEXT NOT NULL) WITHOUT ROWID;]]

local DANGLING = [[
    SELECT account.user_id, linked.holder FROM account JOIN linked ON linked.id = account.user_id
    WHERE linked.holder <> account.user_id ORDER BY account.user_id]]

-- `shared` may have an address that one account alone has: addresses are counted by a hash, which others may have.
local DUPLICATES = "SELECT DISTINCT folded, user_id FROM shared JOIN account USING (line) ORDER BY folded, user_id"

local function note_linked(insert, user)
    local own = identities.own(user)
    for _, identity in ipairs(identities.of(user)) do
        if identity ~= own then insert:run(identities.id(identity), user.user_id) end
    end
end

-- ---- one account ----

local function look_at_linked(work, id, user)
    if not user then return work.found(checks.unreadable(id)) end
    note_linked(work.insert_linked, user)
    checks.linked(user, work.found)
    if work.lists_linked then work.found(checks.listing(user)) end
end

local function read(work, source)
    local insert, accounts = work.db:prepare "INSERT INTO account VALUES (?, ?, ?)", 0
    work.insert_linked = work.db:prepare "INSERT OR IGNORE INTO linked VALUES (?, ?)"
    for line, id, folded, users, count, size in accounts_of.file(source, work.watch, work.addresses) do
        accounts = accounts + 1
        insert:run(line, id, folded)
        if count > 1 then look_at_linked(work, id, auth0_core.decode(users:text())) end
        if size > checks.LARGE then work.found(checks.large(id, size)) end
    end
    return accounts
end

-- ---- all of them ----

local function find_dangling(work)
    for id, holder in work.db:prepare(DANGLING):rows() do work.found(checks.dangling(id, holder)) end
end

local function note_shared(work)
    local insert = work.db:prepare "INSERT INTO shared VALUES (?)"
    for line in work.addresses:shared() do insert:run(line) end
end

local function find_duplicates(work)
    local folded, list
    local function tell()
        if list and list[2] then work.found(checks.duplicate(folded, list)) end
    end
    for address, id in work.db:prepare(DUPLICATES):rows() do
        if address ~= folded then
            tell()
            folded, list = address, json.array {}
        end
        list[#list + 1] = id
    end
    tell()
end

local function look(work, source)
    work.db:exec("BEGIN;" .. SCHEMA)
    local accounts = read(work, source)
    work.watch:finish()
    note_shared(work)
    work.db:exec "COMMIT"
    find_dangling(work)
    find_duplicates(work)
    return accounts
end

---@param source auth0_accounts.Source the export
---@param found fun(finding: auth0_accounts.AuditFinding) is called with each, as it is found
---@param watch auth0_accounts.Watch
---@param lists_linked? boolean with each linked account as well
---@return integer accounts
function audit.run(source, found, watch, lists_linked)
    local work = { db = database.temporary(), found = found, watch = watch, lists_linked = lists_linked,
        addresses = database.core().addresses() }
    local good, accounts = pcall(look, work, source)
    work.db:close()
    work.addresses:close()
    watch:finish()
    if not good then error(accounts, 0) end
    return accounts
end

return audit
