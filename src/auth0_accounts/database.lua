--- A SQLite database in a file of its own, of which every failure ends the run with a sentence.
local stop = require "auth0_accounts.stop"

local database = {}

--- For what has to be on the disk before the next step is taken, and leaves nothing behind where it was deleted.
database.DURABLE = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
--- For what is made anew after a failure.
database.SCRATCH = "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;"

local COMMON = "PRAGMA busy_timeout=5000; PRAGMA foreign_keys=ON;"

local sentences = {
    full = "no room is left for it (%s)",
    busy = "another process works with it: wait until that has ended (%s)",
    corrupt = "it is damaged: go on with a copy of it (%s)",
    not_a_database = "it is no SQLite database (%s)",
    not_private = "it holds what concerns its user alone, but %s: move it away, or set its mode to 0600",
    read_only = "it cannot be written: look at the rights of the file and of its folder (%s)",
    moved = "it was removed, or another file has its name: give the same command again (%s)",
    cannot_open = "it cannot be opened (%s)",
    io = "the disk does not read or write it (%s)",
    memory = "there is too little memory for it (%s)",
}

local is_callers = { not_a_database = true, not_private = true, read_only = true, cannot_open = true }

-- `further`: what a kind of failure means to the caller.
local function failing(path, further)
    return function(message, kind)
        local sentence = (sentences[kind] or "%s"):format(message)
        local more = further[kind] or further[1]
        stop.raise(is_callers[kind] and stop.USAGE or stop.FAILED, "%s: %s%s", path, sentence,
            more and "; " .. more or "")
    end
end

--- The C module, where auth0-accounts was built with it.
---@return table
function database.core()
    local good, core = pcall(require, "auth0_accounts.core")
    return good and core or stop.raise(stop.CONFIGURATION,
        "this command needs SQLite, and auth0-accounts was built without it: install libsqlite3-dev, and configure, "
        .. "build and install it again")
end

--- Opens it, or makes it. All that fails then, of its statements too, raises a value of `stop`.
---@param path string
---@param options { settings: string, read_only?: boolean, private?: boolean, further?: table<string|integer, string>,
---name?: string }
--- settings: database.DURABLE or database.SCRATCH; private: of mode 0600; further: what to say beside a kind of failure
--- ("full", "busy", ...), or beside those that it does not name (1); name: how messages call it, if not by its path
---@return userdata database of auth0_accounts.core
function database.open(path, options)
    local opened = database.core().open(path, { read_only = options.read_only, private = options.private,
        on_failure = failing(options.name or path, options.further or {}) })
    opened:exec(COMMON)
    if not options.read_only then opened:exec(options.settings) end
    return opened
end

--- Opens one in a temporary file that has no name: it is gone with this process, however that ends.
---@return userdata database of auth0_accounts.core
function database.temporary()
    return database.open("", { settings = database.SCRATCH .. " PRAGMA cache_size=-32768;", name = "the temporary file",
        further = { full = "set TMPDIR to a folder with more room" } })
end

local function schema_of(opened)
    local list = {}
    for sql in opened:prepare([[SELECT sql FROM sqlite_master WHERE sql IS NOT NULL
        AND NOT (type = 'table' AND name IN ('sqlite_stat1', 'sqlite_stat4')) ORDER BY name]]):rows() do
        list[#list + 1] = sql
    end
    return table.concat(list, ";\n")
end

--- Whether all tables, indexes, triggers and views in it are those of some statements, or of ANALYZE.
---@param opened userdata database of auth0_accounts.core
---@param sql string
---@return boolean
function database.is_made_by(opened, sql)
    local own = database.core().open ":memory:"
    own:exec(sql)
    local is_same = schema_of(opened) == schema_of(own)
    own:close()
    return is_same
end

return database
