-- rows.lua <rows> <limit>: see tests/bulk/rows.
local accounts_core = require "auth0_accounts.core"
local command = require "support.command"
local fill = require "bulk.rows_fill"
local process = require "support.process"
local rows_tenant = require "bulk.rows_tenant"
local tenant = require "support.tenant"

local BUDGET = 32768 -- KiB above what the same command needs for a plan of a few links
local FEW = 20

local rows, limit = tonumber(arg[1]), tonumber(arg[2])
local is_good = true

io.stdout:setvbuf "line"

-- What a command prints may be long: its end is enough.
local function run(state, name_of_run, count, arguments)
    local words = { process.lua(), "tests/bulk/rows_command.lua", state, name_of_run, count }
    for _, argument in ipairs(arguments) do words[#words + 1] = process.quoted(argument) end
    local name = command.new_name()
    local _, code = tenant.run(("%s >%s 2>&1"):format(table.concat(words, " "), name))
    local output = tenant.run(("tail -c 2000 %s; rm %s"):format(name, name))
    local peak, seconds = output:match "\npeak (%d+) seconds ([%d.]+)\n"
    return { code = code, output = output, peak = tonumber(peak), seconds = tonumber(seconds) }
end

-- Each command that reads or writes a journal, on one of so many rows. From `verify` on all of them are made.
local function commands_of(files, count)
    local some, journal = tostring(math.min(limit, count)), files.journal
    local apply = { "apply", files.plan, "-j", journal, "--approve", files.digest, "--limit", some,
        "--acknowledge-events", "--in-flight", "50" }
    return {
        { "apply", "apart", apply },
        { "apply, again", "apart", apply },
        { "verify", "linked", { "verify", journal, "--limit", some, "--quiet", "--in-flight", "50" } },
        { "verify --logs", "linked", { "verify", journal, "--limit", "1", "--logs", "--quiet" } },
        { "mapping", "linked", { "mapping", journal } },
        { "undo", "linked", { "undo", journal, "--approve", files.digest, "--limit", some, "--in-flight", "50" } },
        { "journal export", "linked", { "journal", "export", journal } },
        { "report", "linked", { "report", journal, "-o", files.report } },
        { "report --csv", "linked", { "report", journal, "--csv", files.csv } },
        { "journal prune", "linked", { "journal", "prune", journal, "--older-than", "0" } },
    }
end

---@param count integer of rows
---@param on_told fun(i: integer, name: string, result: table) is called for each command when it has ended
local function each_of(count, on_told)
    local files = { plan = command.new_name(), journal = command.new_name(), report = command.new_name(),
        csv = command.new_name() }
    rows_tenant.plan(files.plan, "tenant.test", count)
    files.digest = accounts_core.sha256_file(files.plan)
    local name_of_run = "none"
    for i, each in ipairs(commands_of(files, count)) do
        if each[1] == "verify" then name_of_run = fill(files.journal) end
        on_told(i, each[1], run(each[2], name_of_run, count, each[3]))
    end
    for _, name in ipairs { files.plan, files.journal, files.journal .. "-wal", files.report, files.csv } do
        os.remove(name)
    end
end

local few = {}
each_of(FEW, function(i, _, result) few[i] = result end)
each_of(rows, function(i, name, result)
    local before = few[i]
    local above = result.peak and before.peak and result.peak - before.peak
    local is_met = result.code == 0 and before.code == 0 and above and above <= BUDGET
    print(("%-15s %s rows, %d at most carried out: %s KiB, %s above a plan of %d; %s s of the processor: %s"):format(
        name, rows, limit, result.peak, above, FEW, result.seconds, is_met and "met" or "short"))
    if not is_met then print(before.code, before.output, result.code, result.output) end
    is_good = is_good and is_met
end)
os.exit(is_good and 0 or 1, true)
