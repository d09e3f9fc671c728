--- Makes each line that waits in a journal of rows_tenant's plan a made one, with the intent and the outcome of the
--- first: as if apply had carried out all of the plan, a day before. Returns the name of the run.
local accounts_core = require "auth0_accounts.core"

-- What stands around the number of a pair in the texts of its line.
local AROUND = { { "|p", '"' }, { "|s", '"' }, { '"s', '"' }, { "person", "@" }, { "key", "\\" }, { 'own\\":-', "}" },
    { "/", "" } }

-- The text of a column of the first line, as another line has it.
local function of_line(column, first)
    for _, around in ipairs(AROUND) do
        column = ("replace(%s, '%s%d%s', '%s' || line.number || '%s')"):format(column, around[1], first, around[2],
            around[1], around[2])
    end
    return column
end

---@param path string of the journal
return function(path)
    local db = assert(accounts_core.open(path))
    local first = db:prepare("SELECT min(line) FROM outcome WHERE made = 'true'"):first()
    db:exec "BEGIN"
    db:exec(([[INSERT INTO intent SELECT NULL, line.number, kind, run, at - 86400, %s, %s
        FROM intent, line WHERE intent.line = %d AND state = 'waiting']]):format(of_line("correlation", first),
        of_line("receipt", first), first))
    db:exec(([[INSERT INTO outcome SELECT NULL, line.number, intent.id, outcome.kind, outcome.run, outcome.at - 86400,
        elapsed, requests, made, code, message, details, %s FROM line JOIN intent ON intent.line = line.number, outcome
        WHERE outcome.line = %d AND state = 'waiting']]):format(of_line("outcome.receipt", first), first))
    db:exec "UPDATE line SET state = 'made' WHERE state = 'waiting'; COMMIT"
    local name = db:prepare("SELECT name FROM run JOIN intent ON intent.run = run.id ORDER BY intent.id DESC"):first()
    db:close()
    return name
end
