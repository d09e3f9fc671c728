--- What has changed between two plans, account by account.
local core = require "auth0.core"
local database = require "auth0_accounts.database"
local json = require "auth0.json"
local reader = require "auth0_accounts.plan.reader"

local Diff = {}
local diff_mt = { __name = "auth0_accounts.plan.diff", __index = Diff }

local diff = {}

-- `text` is the line of a link; of what is left alone, `code` says enough.
local SCHEMA = [[
    CREATE TABLE before (user_id TEXT PRIMARY KEY, code TEXT NOT NULL, text TEXT) WITHOUT ROWID;
    CREATE TABLE after (user_id TEXT PRIMARY KEY, code TEXT NOT NULL, text TEXT) WITHOUT ROWID;]]

local CHANGED = [[
    SELECT user_id, before.code, after.code, before.text, after.text FROM before LEFT JOIN after USING (user_id)
    UNION ALL
    SELECT user_id, NULL, after.code, NULL, after.text FROM after LEFT JOIN before USING (user_id)
        WHERE before.code IS NULL
    ORDER BY user_id]]

-- Of an account that an edited plan names twice, the last line counts.
local function note(insert, line, text)
    if not line.line then
        for _, id in ipairs(line.accounts) do insert:run(id, line.skipped, nil) end
        return
    end
    insert:run(line.primary.user_id, "primary", nil)
    insert:run(line.secondary.user_id, "link", text)
end

--- Reads the earlier plan.
---@param path string
---@return auth0_accounts.PlanDiff
function diff.from(path)
    local plan, db = reader.open(path), database.temporary()
    db:exec("BEGIN;" .. SCHEMA)
    local insert = db:prepare "INSERT OR REPLACE INTO before VALUES (?, ?, ?)"
    for line, text in plan:lines() do note(insert, line, text) end
    return setmetatable({ db = db, insert = db:prepare "INSERT OR REPLACE INTO after VALUES (?, ?, ?)",
        domain = plan.header.domain }, diff_mt)
end

--- Takes a line of the later plan.
---@param text string
function Diff:add(text)
    note(self.insert, core.decode(text), text)
end

-- ---- what differs ----

local function is_same(one, other)
    return json.encode { one } == json.encode { other }
end

local function differing(prefix, one, other, fields)
    local names = {}
    for name in pairs(one) do names[name] = true end
    for name in pairs(other) do names[name] = true end
    for _, name in ipairs(json.keys(names)) do
        if not is_same(one[name], other[name]) then fields[#fields + 1] = prefix .. name end
    end
end

-- Of two links of one secondary.
local function fields_of(before, after)
    local fields = {}
    if before.primary.user_id ~= after.primary.user_id then
        fields[1] = "primary"
    else
        differing("primary.", before.primary, after.primary, fields)
    end
    differing("secondary.", before.secondary, after.secondary, fields)
    if not is_same(before.patch, after.patch) then fields[#fields + 1] = "patch" end
    return json.array(fields)
end

local function of_row(id, before, after, before_text, after_text)
    local one, other = before_text and core.decode(before_text), after_text and core.decode(after_text)
    local fields = one and other and fields_of(one, other) or nil
    if before == after and (not fields or #fields == 0) then return nil end
    return { account = id, before = before, after = after, fields = fields,
        primary_before = one and one.primary.user_id, primary_after = other and other.primary.user_id }
end

---@class auth0_accounts.PlanChange
---@field account string
---@field before? string "primary", "link", or the code for which it was left alone; nil: it was in no group
---@field after? string
---@field fields? string[] of a link that both plans have: what differs
---@field primary_before? string
---@field primary_after? string

--- The changes in the order of the ids, once all lines are there.
---@return fun(): auth0_accounts.PlanChange|nil
function Diff:changes()
    self.db:exec "COMMIT"
    local rows = self.db:prepare(CHANGED):rows()
    return function()
        for id, before, after, before_text, after_text in rows do
            local change = of_row(id, before, after, before_text, after_text)
            if change then return change end
        end
    end
end

function Diff:close()
    self.db:close()
end

local function state(code, primary)
    if code == "link" then return "linked to " .. primary end
    if code == "primary" then return "a primary" end
    return code and "left alone: " .. code or "in no group"
end

--- A change as a line for people.
---@param change auth0_accounts.PlanChange
---@return string
function diff.words(change)
    local after = state(change.after, change.primary_after)
    if change.fields then
        return ("%s: %s; changed: %s"):format(change.account, after, table.concat(change.fields, ", "))
    end
    return ("%s: %s; before: %s"):format(change.account, after, state(change.before, change.primary_before))
end

return diff
