--- Whether accounts are what they were, field by field, but for what doc/safety.md says that no undo restores.
local accounts_core = require "auth0_accounts.core"
local core = require "auth0.core"
local json = require "auth0.json"
local process = require "support.process"

local restored = {}

-- What apply does not read beside the profiles: doc/bulk.md, Undo.
local UNREAD = { "roles", "permissions", "organizations" }

--- Fields that an undo does not restore, by the table of doc/safety.md: of a primary, and of a secondary.
---@return table<string, boolean> primary
---@return table<string, boolean> secondary
function restored.listed()
    local section = process.read("doc/safety.md"):match "\n## What an undo restores\n(.-)\n## "
    local primary, secondary = {}, {}
    for name, one, other in section:gmatch "\n| `([%w_]+)` | ([^|\n]*) | ([^|\n]*) |" do
        primary[name] = one == "cannot be restored" or nil
        secondary[name] = other == "cannot be restored" or nil
    end
    assert(primary.updated_at and secondary.created_at, "the table is not as it was")
    for _, name in ipairs(UNREAD) do secondary[name] = true end
    return primary, secondary
end

local function text_of(value)
    local text = value ~= nil and json.encode(value) or "{}"
    return (text == "[]" or text == "null") and "{}" or text -- what is absent or empty is the same
end

local function differing(was, is)
    local names, seen = {}, {}
    for _, user in ipairs { was, is } do
        for name in pairs(user) do
            if not seen[name] and text_of(was[name]) ~= text_of(is[name]) then names[#names + 1] = name end
            seen[name] = true
        end
    end
    return names
end

local Restored = {}
local restored_mt = { __index = Restored }

--- Keeps what the accounts are, in a file that has no name.
---@param users fun(): string|nil accounts as JSON
---@return table kept
function restored.keep(users)
    local db = assert(accounts_core.open "")
    db:exec "CREATE TABLE user (id TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID; BEGIN"
    local insert = db:prepare "INSERT INTO user VALUES (?, ?)"
    for text in users do assert(insert:run(core.decode(text).user_id, text)) end
    db:exec "COMMIT"
    return setmetatable({ db = db }, restored_mt)
end

local function add(counts, name)
    counts[name] = (counts[name] or 0) + 1
end

-- An account that was not there differs in its id, as does one that is not there any more.
local function compare_one(was, is, listed, result)
    local names = was and differing(was, is) or { "user_id" }
    local is_wrong = false
    for _, name in ipairs(names) do
        add(listed[name] and result.listed or result.wrong, name)
        is_wrong = is_wrong or not listed[name]
    end
    if is_wrong then
        result.differing = result.differing + 1
        result.example = result.example or is.user_id
    end
end

--- Compares with what the accounts are now.
---@param users fun(): string|nil accounts as JSON
---@param is_secondary table<string, boolean> by id
---@param is_primary table<string, boolean> by id
---@return table result { users, differing, wrong, listed, example }: how many there are; how many differ in a field
---that an undo restores; in how many each such field differs, and each of the others
function Restored:compare(users, is_secondary, is_primary)
    local of_primary, of_secondary = restored.listed()
    local result = { users = 0, differing = 0, wrong = {}, listed = {} }
    local find = self.db:prepare "SELECT text FROM user WHERE id = ?"
    local take = self.db:prepare "DELETE FROM user WHERE id = ?"
    self.db:exec "BEGIN"
    for text in users do
        local user = core.decode(text)
        local was = find:first(user.user_id)
        local id = user.user_id
        compare_one(was and core.decode(was), user, is_secondary[id] and of_secondary or is_primary[id] and of_primary
            or {}, result)
        assert(take:run(id))
        result.users = result.users + 1
    end
    local gone = self.db:prepare("SELECT count(*) FROM user"):first()
    if gone > 0 then result.wrong.user_id, result.differing = gone, result.differing + gone end
    self.db:close()
    return result
end

local function list(counts)
    local words = {}
    for name, count in pairs(counts) do words[#words + 1] = ("%s %d"):format(name, count) end
    table.sort(words)
    return table.concat(words, ", ")
end

--- A result in words.
---@param result table of `compare`
---@return string
function restored.words(result)
    local words = ("%d users, of which %d are not as they were"):format(result.users, result.differing)
    if result.differing > 0 then
        words = ("%s (%s; such as %s)"):format(words, list(result.wrong), tostring(result.example))
    end
    return words .. "; what no undo restores differs in: " .. list(result.listed)
end

return restored
