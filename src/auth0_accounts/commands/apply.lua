--- auth0-accounts apply
local definitions = require "auth0_accounts.definitions"
local stop = require "auth0_accounts.stop"

local apply = { changes = true, needs_tenant = true,
    look = "give the same command again: it finds out what became of each link that was begun",
    summary = "Carries out a plan that you approved, with a journal by which undo takes it back." }

function apply.define(parser)
    parser:argument("plan", "The file that plan made."):argname "PLAN"
    parser:option("-j --journal", "File of the journal: the first run makes it, and the next ones continue it.")
        :argname "JOURNAL":count(1)
    parser:option("--approve", "The SHA-256 of the plan that you looked at. Without it, apply shows what it would "
        .. "do, and asks at a terminal; elsewhere it changes nothing.")
        :argname "SHA256"
    parser:option("--mapping", "File that gets a line for each link as it is made: old id, new id; CSV if its name "
        .. "ends in .csv."):argname "FILE"
    definitions.bulk(parser)
    parser:option("--canary", "Make so many links first, and look at them before the rest begins."):argname "N"
        :convert(definitions.whole(1))
    parser:option("--limit", "Links to begin in this run at most."):argname "N":convert(definitions.whole(1))
    parser:option("--max-failures", "Failures after which no link is begun any more (default: 1)."):argname "N"
        :convert(definitions.whole(1))
    definitions.choice(parser, "--check", "Also read this before each link, and refuse the link if it stands against "
        .. "it: %s; repeatable (default: none).", definitions.CHECKS):argname "WHAT":count "*"
    parser:flag("--acknowledge-events", "You know which event streams hear of user.deleted, which each link sends: a "
        .. "handler may delete the person's data.")
end

apply.options = definitions.bulk_options

local function states_of(lines)
    local words = {}
    for _, state in ipairs { "made", "refused", "failed", "unknown", "begun", "waiting", "undoing", "undone" } do
        if lines[state] then words[#words + 1] = ("%s %d"):format(state, lines[state]) end
    end
    return words[1] and table.concat(words, ", ") or "the plan has no links"
end

-- Says what a run would do. Returns what the journal has of earlier runs, if there is one, and how many links are left.
local function look(plan, links, given, said)
    local journal = require("auth0_accounts.journal").find(given.journal, plan)
    local good, lines, left = pcall(require("auth0_accounts.apply.approval").preview, links, given, journal)
    local counts = good and journal and journal:counts() or nil
    if journal then journal:close() end
    if not good then error(lines, 0) end
    if left > 0 or not counts then
        said:lines { counts and "so far:  " .. states_of(counts) }
        said:lines(lines)
        said:flush()
    end
    return counts, left
end

-- What is told without an approval, or nil: then the user gave it.
local function preview(plan, links, given, said, world)
    local counts, left = look(plan, links, given, said)
    if counts and left == 0 then
        return { domain = plan.header.domain, plan = plan.digest, lines = counts, code = stop.DONE }
    end
    if require("auth0_accounts.apply.attention").is_approved("Carry it out", plan.digest, given, world) then
        return nil
    end
    local command = require("auth0_accounts.apply.approval").command(given, plan.digest)
    said:lines { "nothing was changed; to carry it out:", "  " .. command }
    return { preview = true, domain = plan.header.domain, plan = plan.digest, links = plan.header.links,
        lines = counts, command = command }
end

local function summary_of(journal, work)
    local counts = journal:counts()
    return { domain = journal.domain, plan = journal.plan, run = journal.run_name, lines = counts,
        reason = work.reason, why = work:why(), onward = work:onward(), code = work:code() }
end

local function call(tenant, given, said, world)
    local approval, journals = require "auth0_accounts.apply.approval", require "auth0_accounts.journal"
    local listeners, run = require "auth0_accounts.apply.listeners", require "auth0_accounts.apply.run"
    local plan = require("auth0_accounts.plan.reader").open(given.plan)
    local attention = require "auth0_accounts.apply.attention"
    local function links(verb) return attention.links(plan, verb, tenant, given, world) end
    said:lines(approval.target(plan, given))
    said:flush()
    approval.check(plan, given, tenant.domain)
    require("auth0_accounts.apply.work").label(given)
    local previewed = not given.approve and preview(plan, links "reading the plan", given, said, world)
    if previewed then return previewed end
    if not given.acknowledge_events then listeners.check(tenant) end
    local journal = journals.of_plan(given.journal, plan, os.time(), links)
    local made = run.new(given, world, tenant, journal)
    local good, fault = pcall(made.go, made)
    local value = good and summary_of(journal, made.work)
    if good then value.canary, value.failure = made.failed_canary, made.work.failure end
    local closed, failing = pcall(journal.close, journal)
    if not good then error(fault, 0) end
    if not closed then error(failing, 0) end
    return value
end

function apply.call(tenant, given, said, world)
    local attention = require "auth0_accounts.apply.attention"
    return attention.during(world, function(own) return call(tenant, given, said, own) end), nil, {}
end

local function left_of(lines)
    return (lines.waiting or 0) + (lines.failed or 0) + (lines.begun or 0) + (lines.unknown or 0)
end

local function has_faults(value)
    local lines = value.lines
    return value.canary or lines.refused or lines.failed or lines.begun or lines.unknown
end

local function lines_of(value)
    local lines = value.lines
    local told = { states_of(lines) }
    told[2] = value.canary and "stopped after the canary: " .. value.canary or value.why
    if value.failure then told[#told + 1] = "the first failure: " .. value.failure.message end
    if lines.undone or lines.undoing then
        told[#told + 1] = "links that undo took back stay so: to make them again, give a new plan a journal of its own"
    end
    for _, words in ipairs(left_of(lines) > 0 and value.onward or {}) do told[#told + 1] = words end
    return told
end

function apply.tell(said, value)
    if value.preview then
        said:value(value)
        return stop.USAGE
    end
    said:lines(lines_of(value))
    said:value { domain = value.domain, plan = value.plan, run = value.run, lines = value.lines, reason = value.reason,
        canary = value.canary, failure = value.failure and { code = value.failure.code,
            message = value.failure.message } }
    if value.code == stop.DONE and has_faults(value) then return stop.FAILED end
    return value.code
end

return apply
