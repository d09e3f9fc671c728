--- Accounts with the same address, out of an export that is read twice. What is kept between stands in a temporary file
--- of SQLite's, which has no name: it is gone with this process, however that ends.
local auth0_core = require "auth0.core"
local accounts_of = require "auth0_accounts.users"
local database = require "auth0_accounts.database"
local identities = require "auth0_accounts.identities"
local json = require "auth0.json"

local Groups = {}
local groups_mt = { __name = "auth0_accounts.groups", __index = Groups }

local groups = {}

local SCHEMA = [[
    CREATE TABLE member (line INTEGER PRIMARY KEY, folded TEXT NOT NULL, user_id TEXT NOT NULL, text TEXT NOT NULL);
    CREATE TABLE named (user_id TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE twice (user_id TEXT PRIMARY KEY) WITHOUT ROWID;]]

-- Of two addresses that were taken for one, what stands alone is no member.
local INDEXED = [[
    CREATE INDEX member_by_group ON member (folded, user_id);
    DELETE FROM member WHERE folded IN (SELECT folded FROM member GROUP BY folded HAVING count(*) = 1);
    INSERT INTO twice SELECT user_id FROM member GROUP BY user_id HAVING count(*) > 1;]]

local ROWS = [[
    SELECT folded, user_id, text, EXISTS (SELECT 1 FROM twice WHERE twice.user_id = member.user_id),
        EXISTS (SELECT 1 FROM named WHERE named.user_id = member.user_id)
    FROM member ORDER BY folded, user_id]]

-- ---- the two passes ----

-- Metadata may be missing because no account has any, or because the export was made without.
local function note_metadata(self, text)
    for _, name in ipairs { "user_metadata", "app_metadata" } do
        if not self.has[name] and text:find(('"%s"'):format(name), 1, true) then
            self.has[name] = (auth0_core.decode(text) or {})[name] ~= nil
        end
    end
end

local function note_members(self, shared)
    local insert = self.db:prepare "INSERT INTO member VALUES (?, ?, ?, ?)"
    for line, id, text, folded in accounts_of.lines(self.source, shared) do
        note_metadata(self, text)
        insert:run(line, folded, id, text)
    end
    insert:close()
end

--- Reads an export.
---@param source auth0_accounts.Source
---@param watch auth0_accounts.Watch
---@param hashes boolean
---@return auth0_accounts.Groups groups; `accounts` and `count` are the numbers of accounts and of groups, `digest`
---is the SHA-256 of the file if it was hashed, `has` the metadata that some account has
function groups.read(source, watch, hashes)
    local self = setmetatable({ source = source, watch = watch, db = database.temporary(), has = {} }, groups_mt)
    local addresses
    addresses, self.accounts, self.digest = accounts_of.addresses(source, watch, hashes)
    watch:say("looking for accounts with the same address", 0, 0)
    self.db:exec("BEGIN;" .. SCHEMA)
    note_members(self, addresses:shared())
    addresses:close()
    self.db:exec(INDEXED .. "COMMIT;")
    self.count = self.db:prepare("SELECT count(DISTINCT folded) FROM member"):first()
    return self
end

--- Notes accounts that are to be primaries.
---@param ids fun(): string|nil iterator
function Groups:name(ids)
    local insert = self.db:prepare "INSERT OR IGNORE INTO named VALUES (?)"
    self.db:exec "BEGIN"
    for id in ids do insert:run(id) end
    self.db:exec "COMMIT"
    insert:close()
end

--- How many of those are in no group.
---@return integer
function Groups:count_idle()
    return (self.db:prepare [[SELECT count(*) FROM named WHERE NOT EXISTS
        (SELECT 1 FROM member WHERE member.user_id = named.user_id)]]:first())
end

-- ---- the groups ----

---@class auth0_accounts.GroupAccount
---@field place integer in the order of the ids
---@field id string
---@field text string its line
---@field value table
---@field created string|nil where it can be compared
---@field logins number
---@field identities table[]
---@field own table|nil the identity after which it is called, or its first
---@field connection string|nil of `own`
---@field is_twice boolean the export has it on several lines
---@field is_listed boolean it is to be a primary

---@class auth0_accounts.Group
---@field number integer
---@field folded string
---@field is_crowd boolean there are too many: of each account there is `id` alone
---@field accounts auth0_accounts.GroupAccount[]

local TIME = "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$"

-- A number that Lua would change is kept by its digits.
local function number_of(value)
    return type(value) == "number" and value or json.is_number(value) and tonumber(tostring(value)) or 0
end

-- What the library does not read, such as deeply nested metadata, is no account to the judge either.
local function account_of(place, row, folded)
    local value = auth0_core.decode(row.text) or { user_id = row.id, email = folded }
    local created, list = value.created_at, identities.of(value)
    local own = identities.own(value, list)
    return { place = place, id = row.id, text = row.text, value = value, is_twice = row.is_twice == 1,
        is_listed = row.is_listed == 1,
        created = type(created) == "string" and created:find(TIME) and created or nil,
        logins = number_of(value.logins_count),
        identities = list, own = own,
        connection = own and type(own.connection) == "string" and own.connection or nil }
end

-- More share no person's address. Their ids alone are kept: memory does not grow with a group.
local MOST = 1000

local function without_texts(rows)
    local accounts = {}
    for i, row in ipairs(rows) do accounts[i] = { id = row.id } end
    return accounts
end

local function group_of(number, folded, rows)
    local group = { number = number, folded = folded, is_crowd = #rows > MOST, accounts = {} }
    if group.is_crowd then group.accounts = without_texts(rows) end
    for i, row in ipairs(group.is_crowd and {} or rows) do group.accounts[i] = account_of(i, row, folded) end
    return group
end

--- The groups in the order of their addresses; in each, accounts in that of their ids.
---@return fun(): auth0_accounts.Group|nil
function Groups:each()
    local next_row, number = self.db:prepare(ROWS):rows(), 0
    local folded, id, text, is_twice, is_listed = next_row()
    return function()
        if not folded then return nil end
        local address, rows = folded, {}
        repeat
            rows[#rows + 1] = { id = id, text = #rows <= MOST and text, is_twice = is_twice, is_listed = is_listed }
            folded, id, text, is_twice, is_listed = next_row()
        until folded ~= address
        number = number + 1
        return group_of(number, address, rows)
    end
end

function Groups:close()
    self.db:close()
end

return groups
