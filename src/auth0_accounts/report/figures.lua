--- What a journal's report is made of, counted by the database: a journal may have millions of rows.
local core = require "auth0.core"

local figures = {}

local BARS, FEW = 60, 12 -- bars at most, and at least
-- Seconds of a bar.
local WIDTHS = { 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200 }
local DAY = 86400
local AT_MOST = 20 -- rows of a list

local function all(db, sql, make, ...)
    local list, statement = {}, db:prepare(sql)
    for a, b, c, d, e, f, g in statement:rows(...) do list[#list + 1] = make(a, b, c, d, e, f, g) end
    statement:close()
    return list
end

local function first(db, sql, ...)
    local statement = db:prepare(sql)
    local a, b, c, d = statement:first(...)
    statement:close()
    return a, b, c, d
end

local function runs(db)
    return all(db, [[SELECT name, kind, begun_at, ended_at, reason,
        (SELECT count(*) FROM brief WHERE run = run.id AND made = 'true'),
        (SELECT sum(requests) FROM brief WHERE run = run.id) FROM run ORDER BY id]],
        function(name, kind, begun, ended, reason, made, requests)
            return { name = name, kind = kind, begun = begun, ended = ended, reason = reason, made = made,
                requests = requests }
        end)
end

local function width_for(seconds)
    for _, width in ipairs(WIDTHS) do
        if seconds <= width * BARS then return width end
    end
    return math.ceil(seconds / BARS / DAY) * DAY
end

-- Of what came to its end over time, in as many parts as bars: made, taken back, and not made.
local function over_time(db)
    local from, to = first(db, "SELECT min(at), max(at) FROM brief")
    if not from then return nil end
    local width = width_for(to - from + 1)
    local chart = { from = from, width = width, bars = {} }
    for i = 1, math.max(FEW, math.ceil((to - from + 1) / width)) do
        chart.bars[i] = { made = 0, undone = 0, failed = 0 }
    end
    all(db, [[SELECT (at - ?) / ?, sum(made = 'true' AND kind = 'merge'), sum(made = 'true' AND kind = 'undo'),
        sum(made <> 'true') FROM brief GROUP BY 1]], function(part, made, undone, failed)
        chart.bars[part + 1] = { made = made, undone = undone, failed = failed }
    end, from, width)
    return chart
end

-- Of links, not of what took them back.
local TIMED = " FROM brief WHERE kind = 'merge' AND made = 'true' AND elapsed IS NOT NULL "

local function durations(db)
    local count, sum, requests = first(db, "SELECT count(elapsed), sum(elapsed), sum(requests)" .. TIMED)
    if count == 0 then return nil end
    local function at(share)
        return (first(db, "SELECT elapsed" .. TIMED .. "ORDER BY elapsed LIMIT 1 OFFSET ?",
            math.min(count - 1, math.floor(count * share))))
    end
    return { mean = sum / count, median = at(0.5), most = at(0.95), longest = at(1),
        requests = (requests or 0) / count }
end

local function waits(db)
    return all(db, "SELECT cause, sum(count), sum(seconds) FROM wait GROUP BY cause ORDER BY 3 DESC, 2 DESC, 1",
        function(cause, count, seconds) return { cause = cause, count = count, seconds = seconds } end)
end

local function failures(db)
    return all(db, [[SELECT kind, coalesce(code, made), count(*), count(DISTINCT line), max(message) FROM brief
        WHERE made <> 'true' GROUP BY 1, 2 ORDER BY 3 DESC]], function(kind, code, count, lines, message)
        return { kind = kind, code = code, count = count, lines = lines, message = message }
    end)
end

local function slowest(db)
    return all(db, [[SELECT brief.line, primary_id, secondary_id, elapsed, requests, brief.made, brief.code
        FROM brief JOIN line ON line.number = brief.line WHERE kind = 'merge' AND elapsed IS NOT NULL
        ORDER BY elapsed DESC, brief.rowid LIMIT ]] .. AT_MOST,
        function(line, primary, secondary, elapsed, requests, made, code)
            return { line = line, primary = primary, secondary = secondary, elapsed = elapsed, requests = requests,
                ended = made == "true" and "made" or code or made }
        end)
end

-- Outcomes hold receipts, which are long: they are gone through once.
local BRIEF = [[CREATE TEMP TABLE brief AS SELECT line, kind, run, at, elapsed, requests, made, code,
    CASE WHEN made <> 'true' THEN message END AS message FROM outcome ORDER BY id]]

-- What is no time, or no count, in a journal that was edited.
local LAST = 253402300799 -- of the year 9999
local FAULTS = ([[SELECT 1 FROM brief WHERE typeof(at) <> 'integer' OR at NOT BETWEEN 0 AND %d
        OR typeof(elapsed) NOT IN ('real', 'null') OR elapsed NOT BETWEEN 0 AND %d
        OR typeof(requests) NOT IN ('integer', 'null')
    UNION ALL SELECT 1 FROM run WHERE typeof(begun_at) <> 'integer' OR begun_at NOT BETWEEN 0 AND %d
        OR typeof(ended_at) NOT IN ('integer', 'null') OR ended_at NOT BETWEEN 0 AND %d
    UNION ALL SELECT 1 FROM wait WHERE typeof(count) <> 'integer' OR typeof(seconds) <> 'real'
        OR seconds NOT BETWEEN 0 AND %d LIMIT 1]]):format(LAST, LAST, LAST, LAST, LAST)

---@param journal auth0_accounts.Journal
---@return table figures
function figures.of(journal)
    local db = journal.db
    db:exec(BRIEF)
    if first(db, FAULTS) then journal:refuse(nil, "what should be a time or a count is none") end
    return { domain = journal.domain, plan = journal.plan, header = journal.header, states = journal:counts(),
        runs = runs(db), chart = over_time(db), durations = durations(db), waits = waits(db),
        failures = failures(db), slowest = slowest(db) }
end

-- ---- before and after, line by line ----

---@class auth0_accounts.BeforeAfter
---@field line integer
---@field state string
---@field primary string
---@field secondary string
---@field receipt table|nil of its last intent; nil where there is none, or it was pruned

--- Each line of the plan.
---@param journal auth0_accounts.Journal
---@return fun(): auth0_accounts.BeforeAfter|nil
function figures.lines(journal)
    local rows = journal.db:prepare([[SELECT number, state, primary_id, secondary_id,
        (SELECT coalesce((SELECT receipt FROM outcome WHERE outcome.line = number AND outcome.intent = intent.id
            AND receipt IS NOT NULL ORDER BY outcome.id DESC LIMIT 1), intent.receipt)
        FROM intent WHERE intent.line = number AND kind = 'merge' ORDER BY intent.id DESC LIMIT 1)
        FROM line ORDER BY number]]):rows()
    return function()
        local line, state, primary, secondary, receipt = rows()
        if not line then return nil end
        return { line = line, state = state, primary = primary, secondary = secondary,
            receipt = receipt and core.decode(receipt) or nil }
    end
end

return figures
