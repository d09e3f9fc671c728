--- The journal of a plan: a SQLite database that says what is to be linked, what was begun, and what came of it. An
--- intent, with the images of both accounts, is on the disk before anything is sent; an outcome may be lost by a crash,
--- and is then found out from the tenant. One process at a time has the journal.
local core = require "auth0.core"
local database = require "auth0_accounts.database"
local json = require "auth0.json"
local regular = require "auth0_accounts.regular"
local stop = require "auth0_accounts.stop"

local journal = {}

local VERSION = 1 -- of the schema

-- `line.state`: waiting; begun (an intent without an outcome), unknown; made, undoing, undone; refused (stale, or the
-- guard is against it), failed (it may be tried again). `intent.kind`: merge, undo. `outcome.made`: true, false,
-- unknown. Of an intent that was pruned the receipt is NULL, of a line the text. `wait`: how often and how many seconds
-- a run waited for a cause. It is written with what is committed anyway: if the run is killed, the waits since its
-- last commit are lost.
local SCHEMA = [[
CREATE TABLE journal (plan TEXT NOT NULL, domain TEXT NOT NULL, header TEXT NOT NULL, made_at INTEGER NOT NULL);
CREATE TABLE run (id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, begun_at INTEGER NOT NULL,
    ended_at INTEGER, reason TEXT);
CREATE TABLE line (number INTEGER PRIMARY KEY, unit INTEGER NOT NULL, primary_id TEXT NOT NULL,
    secondary_id TEXT NOT NULL, state TEXT NOT NULL, text TEXT);
CREATE TABLE intent (id INTEGER PRIMARY KEY, line INTEGER NOT NULL, kind TEXT NOT NULL, run INTEGER NOT NULL,
    at INTEGER NOT NULL, correlation TEXT NOT NULL, receipt TEXT);
CREATE TABLE outcome (id INTEGER PRIMARY KEY, line INTEGER NOT NULL, intent INTEGER, kind TEXT NOT NULL,
    run INTEGER NOT NULL, at INTEGER NOT NULL, elapsed REAL, requests INTEGER, made TEXT NOT NULL, code TEXT,
    message TEXT, details TEXT, receipt TEXT);
CREATE TABLE wait (run INTEGER NOT NULL, cause TEXT NOT NULL, count INTEGER NOT NULL, seconds REAL NOT NULL,
    UNIQUE (run, cause));
CREATE INDEX line_unit ON line (unit, number, state);
CREATE INDEX intent_line ON intent (line);
CREATE INDEX outcome_line ON outcome (line);
]]

---@class auth0_accounts.Journal
---@field path string
---@field plan string the plan's SHA-256
---@field domain string
---@field header table the plan's
---@field run integer|nil the number of the run that writes
---@field waits table<string, { count: integer, seconds: number }> of that run, by cause
---@field waited table<string, table> those that have changed since the last commit
---@field fault any what the journal could not be written for; nothing may be begun any more
local Journal = {}
local journal_mt = { __name = "auth0_accounts.journal", __index = Journal }

for name, method in pairs(require "auth0_accounts.journal_reading") do Journal[name] = method end

-- ---- statements ----

--- A statement, which is prepared once.
---@param sql string
---@return userdata
function Journal:statement(sql)
    self.statements[sql] = self.statements[sql] or self.db:prepare(sql)
    return self.statements[sql]
end

local function begin(self)
    if self.is_open then return end
    self.db:exec "BEGIN IMMEDIATE"
    self.is_open, self.turn = true, self.turn + 1
end

local function guarded(self, fn, ...)
    if self.fault then error(self.fault, 0) end
    local good, value = pcall(fn, self, ...)
    if good then return value end
    self.fault, self.is_open = value, false
    pcall(self.db.exec, self.db, "ROLLBACK")
    error(value, 0)
end

local function run(self, sql, ...)
    begin(self)
    return self:statement(sql):run(...)
end

local function write(self, sql, ...)
    return guarded(self, run, sql, ...)
end

local function write_waits(self)
    for cause, wait in pairs(self.waited) do
        run(self, "INSERT OR REPLACE INTO wait VALUES (?, ?, ?, ?)", self.run, cause, wait.count, wait.seconds)
    end
    self.waited = {}
end

local function commit(self)
    write_waits(self)
    self.db:exec "COMMIT"
    self.is_open = false
end

--- Brings all that was written to the disk. Raises where that fails: then none of it is there.
---@param pause? fun() lets others write meanwhile, whose writes go with this commit
function Journal:commit(pause)
    local turn = self.turn
    if pause then pause() end
    if self.fault then error(self.fault, 0) end
    if self.is_open and self.turn == turn then guarded(self, commit) end
end

-- ---- opening ----

-- In exclusive mode no second process gets at the journal, not even to read it, until this one ends.
local SETTINGS = "PRAGMA busy_timeout=500; PRAGMA locking_mode=EXCLUSIVE; " .. database.DURABLE
    .. "BEGIN IMMEDIATE; COMMIT;"

local function connect(path)
    return database.open(path, { private = true, settings = SETTINGS, further = {
        busy = ('"fuser %s" names the process; SIGUSR1 asks it how far it has come'):format(path),
        not_a_database = "a journal is the file that apply made by its option -j",
        full = "nothing is lost: make room, and give the same command again",
        io = "nothing is lost: give the same command again when the disk can be written" } })
end

-- To be called before others get at it: to one that waits for it, it would be a file without a name. The log beside it
-- goes first, since closing would remove it by its name.
local function discard(db, path)
    local good = pcall(db.exec, db, "PRAGMA journal_mode=DELETE")
    if good then os.remove(path) end
end

local function version_of(db, path)
    local version = db:prepare("PRAGMA user_version"):first()
    if version ~= 0 and version ~= VERSION then
        stop.raise(stop.USAGE, "%s: is a journal of version %s, and this auth0-accounts knows version %d: use the "
            .. "auth0-accounts that made it", path, tostring(version), VERSION)
    end
    return version
end

local function check_empty(db, path)
    if db:prepare("SELECT count(*) FROM sqlite_master"):first() == 0 then return end
    stop.raise(stop.USAGE, "%s: is a database, and no journal of auth0-accounts", path)
end

local DAMAGED = "%s: is damaged, or was edited: %s; go on with a copy of it"

--- Raises: a line is not as this module writes it.
---@param line integer|nil
---@param what string
function Journal:refuse(line, what)
    stop.raise(stop.USAGE, DAMAGED, self.path, line and ("line %d: %s"):format(line, what) or what)
end

local function read(db, path)
    -- A trigger, or a view in a table's place, would write what no statement of this module says.
    if not database.is_made_by(db, SCHEMA) then
        stop.raise(stop.USAGE, DAMAGED, path, "its tables are not those of a journal")
    end
    local plan, domain, header = db:prepare("SELECT plan, domain, header FROM journal"):first()
    header = type(header) == "string" and core.decode(header)
    if type(plan) ~= "string" or type(domain) ~= "string" or type(header) ~= "table" then
        stop.raise(stop.USAGE, DAMAGED, path, "it does not say of which plan it is")
    end
    return setmetatable({ path = path, db = db, plan = plan, domain = domain, header = header, statements = {},
        turn = 0, waits = {}, waited = {} }, journal_mt)
end

--- Opens a journal that is there.
---@param path string
---@return auth0_accounts.Journal
function journal.open(path)
    if not regular.check(path) then stop.raise(stop.USAGE, "%s: there is no such journal", path) end
    local db = connect(path)
    if version_of(db, path) == VERSION then return read(db, path) end
    check_empty(db, path)
    stop.raise(stop.USAGE, "%s: the journal holds nothing yet: apply the plan", path)
end

-- What SQL finds in a plan that no run could carry out in any order.
local FAULTS = {
    { "SELECT secondary_id FROM line GROUP BY secondary_id HAVING count(*) > 1 LIMIT 1",
        "is a secondary more than once" },
    { "SELECT secondary_id FROM line WHERE secondary_id IN (SELECT primary_id FROM line) LIMIT 1",
        "is both a primary and a secondary" },
    { "SELECT primary_id FROM line GROUP BY primary_id HAVING min(unit) <> max(unit) LIMIT 1",
        "is a primary of more than one group" },
}

local function check_lines(db, name)
    for _, fault in ipairs(FAULTS) do
        local id = db:prepare(fault[1]):first()
        if id then stop.raise(stop.USAGE, "%s: the account %s %s: make a new plan", name, id, fault[2]) end
    end
end

-- All of it in one transaction: a journal that is there is whole.
local function fill(db, plan, now, links)
    db:exec(SCHEMA)
    db:prepare("INSERT INTO journal VALUES (?, ?, ?, ?)"):run(plan.digest, plan.header.domain,
        json.encode(plan.header), now)
    local insert = db:prepare "INSERT INTO line VALUES (?, ?, ?, ?, 'waiting', ?)"
    for line, text in links "filling the journal" do
        insert:run(line.line, line.group, line.primary.user_id, line.secondary.user_id, text)
    end
    check_lines(db, plan.name)
    db:exec(("PRAGMA user_version = %d; COMMIT"):format(VERSION))
end

local function make(db, ...)
    db:exec "BEGIN IMMEDIATE"
    local good, fault = pcall(fill, db, ...)
    if good then return end
    pcall(db.exec, db, "ROLLBACK")
    error(fault, 0)
end

local function check_plan(self, plan)
    if self.plan == plan.digest then return end
    stop.raise(stop.USAGE, "%s: is the journal of another plan, whose SHA-256 is %s: give this plan a journal of its "
        .. "own", self.path, self.plan)
end

-- A journal may have been edited since it was made: carried out are the links of the plan, and no others.
local function check_links(self, links)
    local count = 0
    for link, text in links do
        count = count + 1
        local unit, primary, secondary, own = self:statement(
            "SELECT unit, primary_id, secondary_id, text FROM line WHERE number = ?"):first(link.line)
        local is_same = unit == link.group and primary == link.primary.user_id and secondary == link.secondary.user_id
        if not is_same or own and own ~= text then self:refuse(link.line, "it is not as the plan has it") end
    end
    if count ~= self:statement("SELECT count(*) FROM line"):first() then
        self:refuse(nil, "it has links that are not in the plan")
    end
end

local function of_plan(db, path, plan)
    local self = read(db, path)
    check_plan(self, plan)
    self.header = plan.header -- that was approved
    return self
end

--- Opens the journal of a plan, if a run has made it.
---@param path string
---@param plan auth0_accounts.Plan
---@return auth0_accounts.Journal|nil
function journal.find(path, plan)
    if not regular.check(path) then return nil end
    local db = connect(path)
    if version_of(db, path) == VERSION then return of_plan(db, path, plan) end
    check_empty(db, path)
    db:close()
end

--- Opens the journal of a plan, or makes it. Raises where it has other links than the plan.
---@param path string
---@param plan auth0_accounts.Plan
---@param now integer UNIX seconds
---@param links fun(verb: string): fun(): table|nil, string|nil reads the plan's
---@return auth0_accounts.Journal
function journal.of_plan(path, plan, now, links)
    local was_there = regular.check(path)
    local db = connect(path)
    if version_of(db, path) == VERSION then
        local self = of_plan(db, path, plan)
        check_links(self, links "comparing the journal")
        return self
    end
    check_empty(db, path)
    local good, fault = pcall(make, db, plan, now, links)
    if good then return of_plan(db, path, plan) end
    if not was_there then discard(db, path) end
    db:close()
    error(fault, 0)
end

--- Refuses a tenant that the journal is not about.
---@param domain string
function Journal:check_domain(domain)
    if self.domain == domain then return end
    stop.raise(stop.USAGE, "%s: is a journal of the tenant %s, and the tenant is %s", self.path, self.domain, domain)
end

--- Writes what is not written yet, and lets others at the journal.
function Journal:close()
    if not self.db then return end
    local good, fault = pcall(self.commit, self)
    self.db:close()
    self.db = nil
    if not good and fault ~= self.fault then error(fault, 0) end
end

-- ---- writing ----

--- Begins a run.
---@param name string by which the tenant's logs show it
---@param kind "apply"|"undo"
---@param now integer UNIX seconds
function Journal:begin_run(name, kind, now)
    self.run = (self:statement("SELECT max(id) FROM run"):first() or 0) + 1
    self.run_name = name
    self.intents = self:statement("SELECT max(id) FROM intent"):first() or 0
    write(self, "INSERT INTO run VALUES (?, ?, ?, ?, NULL, NULL)", self.run, name, kind, now)
    self:commit()
end

---@param reason string why it ended
---@param now integer UNIX seconds
function Journal:end_run(reason, now)
    write(self, "UPDATE run SET ended_at = ?, reason = ? WHERE id = ?", now, reason, self.run)
    self:commit()
end

--- Counts a wait of the run, which comes to the disk with the next commit. Outside a run, nothing is counted.
---@param cause string a limit, as the tenant's events call it; "token"; "throttle"; or a failure's code
---@param count integer
---@param seconds number
function Journal:add_wait(cause, count, seconds)
    if not self.run then return end
    local wait = self.waits[cause] or { count = 0, seconds = 0 }
    wait.count, wait.seconds = wait.count + count, wait.seconds + seconds
    self.waits[cause], self.waited[cause] = wait, wait
end

local function set_state(self, line, state)
    write(self, "UPDATE line SET state = ? WHERE number = ?", state, line)
end

local begun = { merge = "begun", undo = "undoing" }

-- Of a brief merge it is a text already.
local function text_of(receipt)
    return type(receipt) == "table" and json.encode(receipt) or receipt
end

--- Writes an intent. Nothing of it may be sent before `commit` has returned.
---@param line integer
---@param kind "merge"|"undo"
---@param receipt auth0.MergeReceipt|string
---@param correlation string
---@param now integer UNIX seconds
---@return integer intent
function Journal:intend(line, kind, receipt, correlation, now)
    self.intents = self.intents + 1
    local intent = self.intents
    write(self, "INSERT INTO intent VALUES (?, ?, ?, ?, ?, ?, ?)", intent, line, kind, self.run, now, correlation,
        text_of(receipt))
    set_state(self, line, begun[kind])
    return intent
end

---@class auth0_accounts.Outcome
---@field kind "merge"|"undo"
---@field intent? integer absent where nothing was begun
---@field made "true"|"false"|"unknown"
---@field state string of the line, from now on
---@field receipt? auth0.MergeReceipt|string
---@field code? string of a failure
---@field message? string
---@field details? table
---@field elapsed? number seconds
---@field requests? integer

--- Writes an outcome. It comes to the disk with the next commit.
---@param line integer
---@param outcome auth0_accounts.Outcome
---@param now integer UNIX seconds
function Journal:tell(line, outcome, now)
    write(self, "INSERT INTO outcome VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", line, outcome.intent,
        outcome.kind, self.run, now, outcome.elapsed, outcome.requests, outcome.made, outcome.code, outcome.message,
        outcome.details and json.encode(outcome.details), text_of(outcome.receipt))
    set_state(self, line, outcome.state)
end

--- Takes the personal data of links that were last worked on at an instant, or before it, out of the file: their lines
--- of the plan, and the images of their accounts. Ids stay. What is not settled yet stays whole.
---@param latest integer UNIX seconds
---@return integer lines
function Journal:prune(latest)
    local lines = write(self, [[UPDATE line SET text = NULL WHERE text IS NOT NULL
        AND state IN ('made', 'undone', 'refused')
        AND (SELECT max(at) FROM outcome WHERE outcome.line = line.number) <= ?]], latest)
    local gone = "line IN (SELECT number FROM line WHERE text IS NULL)"
    write(self, "UPDATE intent SET receipt = NULL WHERE receipt IS NOT NULL AND " .. gone)
    write(self, "UPDATE outcome SET receipt = NULL, details = NULL, message = NULL WHERE " .. gone)
    self:commit()
    self.db:exec "PRAGMA wal_checkpoint(TRUNCATE)"
    return lines
end

return journal
