--- The report of a journal: one page, which needs nothing beside itself and runs nothing.
local auth0 = require "auth0"
local chart = require "auth0_accounts.report.chart"
local html = require "auth0_accounts.report.html"
local whole = require("auth0_accounts.apply.progress").whole
local wording = require "auth0_accounts.wording"

local page = {}

local STYLE = [[
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --text: #1c2430; --soft: #5a6675; --line: #dde2e8;
  --made: #1f7a4d; --undone: #3b6fb6; --failed: #b3362b; }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1b2129; --text: #e6eaf0; --soft: #9aa7b6;
  --line: #303945; --made: #4cb782; --undone: #7aa7e0; --failed: #ef7d72; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; } .soft, figcaption, .axis, dt { color: var(--soft); font-size: .875rem; }
.hash { overflow-wrap: anywhere; font-family: ui-monospace, monospace; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .75rem; margin: 1.25rem 0 0; }
.cards div, figure, .wide { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
.cards div { padding: .75rem 1rem; display: flex; flex-direction: column-reverse; }
dd { margin: 0; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
dd.made { color: var(--made); } dd.undone { color: var(--undone); } dd.failed { color: var(--failed); }
figure { margin: 0; padding: .75rem 1rem; } svg { width: 100%; height: 12rem; display: block; margin-top: .5rem;
  border-bottom: 1px solid var(--line); }
rect.made { fill: var(--made); } rect.undone { fill: var(--undone); } rect.failed { fill: var(--failed); }
.key { margin-right: 1rem; white-space: nowrap; } .key i { display: inline-block; width: .7em; height: .7em;
  margin-right: .4em; border-radius: .15em; }
i.made { background: var(--made); } i.undone { background: var(--undone); } i.failed { background: var(--failed); }
.axis { display: flex; justify-content: space-between; gap: 1rem; } .axis span:last-child { text-align: right; }
.wide { overflow-x: auto; } p + .wide { margin-top: .5rem; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem; border-top: 1px solid var(--line); }
thead th { border-top: 0; white-space: nowrap; color: var(--soft); font-weight: 600; }
td { white-space: nowrap; } .long { white-space: normal; overflow-wrap: anywhere; min-width: 17rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; } .small { max-width: 32rem; }
@media screen and (max-width: 40rem) {
  thead { display: none; } tbody tr { display: block; padding: .5rem .75rem; }
  tbody tr + tr { border-top: 1px solid var(--line); }
  td, td.number { display: flex; justify-content: space-between; gap: 1rem; border: 0; padding: .15rem 0;
    min-width: 0; }
  td { white-space: normal; overflow-wrap: anywhere; text-align: right; } td:empty { display: none; }
  td::before { content: attr(data-head); color: var(--soft); white-space: nowrap; } }
footer { margin-top: 2rem; }
@media print { :root { --page: #fff; --card: #fff; --text: #000; --soft: #444; --line: #bbb; --made: #1f7a4d;
  --undone: #3b6fb6; --failed: #b3362b; } body { font-size: 11pt; } main { max-width: none; padding: 0 1px; }
  .wide { overflow: visible; } .long { min-width: 0; }
  figure, tr, .cards div { break-inside: avoid; } h2 { break-after: avoid; }
  rect, i { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
]]

local function time_of(at)
    return os.date("!%Y-%m-%d %H:%M:%S", at)
end

local function of_two(first, unit, second, other)
    return second == 0 and ("%d %s"):format(first, unit) or ("%d %s %d %s"):format(first, unit, second, other)
end

-- What is less than a millisecond is told as one.
local function span_of(seconds)
    if seconds < 60 then return ("%.3g s"):format(seconds > 0 and math.max(seconds, 0.001) or 0) end
    local whole_seconds = math.floor(seconds + 0.5)
    local minutes = math.floor(whole_seconds / 60)
    if minutes < 60 then return of_two(minutes, "min", whole_seconds % 60, "s") end
    return of_two(math.floor(minutes / 60), "h", minutes % 60, "min")
end

-- States of lines, as a reader calls them, and what their number looks like.
local CARDS = {
    { "made", "made", { "made" } },
    { "taken back", "undone", { "undone" } },
    { "refused", "failed", { "refused" } },
    { "failed", "failed", { "failed" } },
    { "not known yet", "failed", { "begun", "unknown", "undoing" } },
    { "not begun", "", { "waiting" } },
}

local function cards(states, total)
    local parts = { html.fill('<dl class="cards"><div><dd>%s</dd><dt>in the plan</dt></div>', whole(total)) }
    for _, card in ipairs(CARDS) do
        local count = 0
        for _, state in ipairs(card[3]) do count = count + (states[state] or 0) end
        if count > 0 or card[1] == "made" then
            parts[#parts + 1] = html.fill('<div><dd class="%s">%s</dd><dt>%s</dt></div>', card[2], whole(count),
                card[1])
        end
    end
    return table.concat(parts) .. "</dl>"
end

local function section(title, content)
    return html.fill("<section><h2>%s</h2>%h</section>\n", title, content)
end

local REASONS = { failures = "of its failures", limit = "of --limit", canary = "the canary was not as it should be",
    interrupted = "it was interrupted", done = "all was done" }

local function runs_of(figures)
    local rows = {}
    if not figures.runs[1] then return section("Runs", "<p>None yet.</p>") end
    for i, run in ipairs(figures.runs) do
        rows[i] = { run.name, run.kind, time_of(run.begun), run.ended and span_of(run.ended - run.begun) or "",
            whole(run.made), whole(run.requests or 0), run.ended and (REASONS[run.reason] or run.reason)
            or "its end is not in the journal" }
    end
    return section("Runs", html.table({ "Run", "Kind", "Begun", "Took", "Done", "Requests", "Ended because" }, rows))
end

local function durations_of(figures)
    local times = figures.durations
    if not times then return "" end
    return section("How long a link took", html.fill("<p>%s on average, half of them at most %s, 95 in 100 at most %s, "
        .. "the longest %s. Each took %s requests.</p>", span_of(times.mean), span_of(times.median),
        span_of(times.most), span_of(times.longest), ("%.2f"):format(times.requests)))
end

local CAUSES = { throttle = "the throttle file", rate_limited = "a rate limit, after status 429", token = "a token" }
for _, limit in ipairs { "read", "write", "delete", "organizations", "members", "other" } do
    CAUSES[limit] = ("the %s limit"):format(limit)
end

local function waits_of(figures)
    local rows = {}
    for i, wait in ipairs(figures.waits) do
        rows[i] = { CAUSES[wait.cause] or "the next try, after " .. wait.cause, whole(wait.count),
            span_of(wait.seconds) }
    end
    if not rows[1] then return figures.chart and section("Waits", "<p>None.</p>") or "" end
    return section("Waits", "<p>What held the runs back. Time in which several links waited for the same thing "
        .. "counts once; the times of different causes may overlap.</p>"
        .. html.table({ "For", "Times", "In all" }, rows))
end

local function failures_of(figures)
    local rows = {}
    for i, failure in ipairs(figures.failures) do
        rows[i] = { failure.code, failure.kind, whole(failure.count), whole(failure.lines),
            failure.message and wording.of(failure.message) or "" }
    end
    if not rows[1] then return figures.chart and section("What was not made", "<p>Nothing.</p>") or "" end
    return section("What was not made, by kind", html.table({ "Kind", "Of", "Times", "Links", "For example" }, rows))
end

local function slowest_of(figures)
    local rows = {}
    for i, slow in ipairs(figures.slowest) do
        rows[i] = { whole(slow.line), span_of(slow.elapsed), whole(slow.requests or 0), slow.ended,
            slow.primary, slow.secondary }
    end
    if not rows[1] then return "" end
    local heads = { "Line", "Took", "Requests", "Ended", "Primary", "Secondary" }
    return section("The slowest links", html.table(heads, rows))
end

local HEAD = [[<!DOCTYPE html>
<html lang="en"><head><meta name="generator" content="auth0-accounts">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer">
<title>Links of %s</title><style>%h</style></head>
<body><main><header><h1>Links of %s</h1>
<p class="soft">Plan made %s from %s accounts. Report of %s. All times are UTC.</p>
<p class="soft hash">SHA-256 of the plan: %s</p></header>
]]

local function total_of(states)
    local total = 0
    for _, count in pairs(states) do total = total + count end
    return total
end

-- A plan may be another person's, and say of its source what it likes.
local function accounts_of(header)
    local count = type(header.source) == "table" and header.source.accounts
    return type(count) == "number" and count or 0
end

---@param figures table of report.figures
---@param now integer UNIX seconds
---@return string
function page.of(figures, now)
    local header = figures.header or {}
    local parts = { html.fill(HEAD, figures.domain, STYLE, figures.domain, header.made_at or "at a time not told",
        whole(accounts_of(header)), time_of(now), figures.plan),
        cards(figures.states, total_of(figures.states)) }
    if figures.chart then parts[#parts + 1] = section("Over time", chart.of(figures.chart, time_of, span_of)) end
    for _, of in ipairs { runs_of, durations_of, waits_of, failures_of, slowest_of } do
        parts[#parts + 1] = of(figures)
    end
    parts[#parts + 1] = html.fill('<footer class="soft"><p>Made by auth0-accounts %s. Ids of accounts are personal '
        .. "data: keep this page as you keep those.</p></footer></main></body></html>\n", auth0._VERSION)
    return table.concat(parts)
end

return page
