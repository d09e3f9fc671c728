--- The command undo, by a journal: what it would do, or what it did.
local approval = require "auth0_accounts.apply.approval"
local attention = require "auth0_accounts.apply.attention"
local journals = require "auth0_accounts.journal"
local noun = require "auth0_accounts.noun"
local progress = require "auth0_accounts.apply.progress"
local stop = require "auth0_accounts.stop"
local undo_run = require "auth0_accounts.apply.undo_run"
local work = require "auth0_accounts.apply.work"

local LOST = "a secondary does not get back its created_at, last_login, logins_count, picture, nickname, second "
    .. "factors, groups, sessions and grants (doc/safety.md says it for each field), nor its roles, permissions and "
    .. "organizations, unless apply read them (--check)"

local NOTHING = "there is nothing to take back"

local function target(journal)
    local counts = journal:counts()
    return { "tenant:  " .. journal.domain, ("journal: %s, of the plan with SHA-256 %s"):format(journal.path,
        journal.plan), ("links:   made %d, undone %d, not known %d"):format(counts.made or 0, counts.undone or 0,
        (counts.undoing or 0) + (counts.begun or 0) + (counts.unknown or 0)) }
end

-- ---- without an approval ----

local function say_preview(self)
    local counts, lines = self.counts, { LOST }
    lines[#lines + 1] = ("links whose person has signed in since: %d of %d"):format(counts.signed_in or 0,
        self.work.begun)
    for word, sentence in pairs { pruned = "cannot be taken back: what %s accounts held was pruned",
        gone = "cannot be taken back: %s primary is gone", unread = "could not be read" } do
        local count = counts[word]
        if count then
            lines[#lines + 1] = ("%d %s " .. sentence):format(count, noun(count, "link"), noun(count, "its", "their"))
        end
    end
    return lines
end

--- What it would do, or nil: then the user approved it.
local function preview(given, world, tenant, journal, said)
    local self = undo_run.new(given, world, tenant, journal, "preview of undo")
    self:look()
    if self.work.begun == 0 and not self.work.reason then
        said:lines { NOTHING }
        return { counts = self.counts, code = stop.DONE }
    end
    said:lines(say_preview(self))
    said:flush()
    local code, command = self.work:code(), approval.undo_command(given, journal.plan)
    if code == stop.DONE and attention.is_approved("Take them back", journal.plan, given, world) then return nil end
    said:lines { "nothing was changed; to take them back:", "  " .. command }
    return { counts = self.counts, command = command, failure = self.work.failure,
        code = code == stop.DONE and stop.USAGE or code }
end

-- ---- with it ----

local function describe(conflict)
    return conflict.key and conflict.what .. "." .. conflict.key or conflict.what
end

local function tell_line(self, said)
    return function(line, told)
        if told.word == "undone" then return end
        self.work.progress:clear()
        said:lines { ("%d %s %s <- %s%s"):format(line.number, told.word, line.primary, line.secondary,
            told.message and ": " .. told.message or "") }
        for _, conflict in ipairs(told.conflicts or {}) do
            said:lines { ("  changed since, and left: %s - %s"):format(describe(conflict), conflict.why or "") }
        end
    end
end

local function carry_out(given, world, tenant, journal, said)
    local self = undo_run.new(given, world, tenant, journal, "undo")
    self:go(tell_line(self, said))
    local counts, code = self.counts, self.work:code()
    local is_whole = not (counts.conflicts or counts.refused or counts.unknown or counts.failed)
    local words = {}
    for _, word in ipairs { "undone", "conflicts", "refused", "unknown", "failed" } do
        if counts[word] then words[#words + 1] = ("%s %s"):format(word, progress.whole(counts[word])) end
    end
    said:lines { words[1] and table.concat(words, ", ") or NOTHING, self.work:why() }
    if self.work.reason then said:lines(self.work:onward()) end
    return { counts = counts, reason = self.work.reason, failure = self.work.failure,
        code = code == stop.DONE and not is_whole and stop.FAILED or code }
end

local function act(given, world, tenant, journal, said)
    journal:check_domain(tenant.domain)
    work.label(given)
    said:lines(target(journal))
    said:flush()
    local previewed = not given.approve and preview(given, world, tenant, journal, said)
    if previewed then return previewed end
    if given.approve and given.approve:lower() ~= journal.plan then
        stop.raise(stop.USAGE, "%s: is the journal of the plan with the SHA-256 %s, and %s was approved: %s",
            journal.path, journal.plan, given.approve, approval.undo_command(given, journal.plan))
    end
    return carry_out(given, world, tenant, journal, said)
end

local function call(tenant, given, said, world)
    local journal = journals.open(given.receipt)
    local good, value = pcall(act, given, world, tenant, journal, said)
    local closed, failing = pcall(journal.close, journal)
    if not good then error(value, 0) end
    if not closed then error(failing, 0) end
    function value.tell(to)
        to:value { counts = value.counts, command = value.command, reason = value.reason,
            failure = value.failure and { code = value.failure.code, message = value.failure.message } }
        if value.failure then to:complain("%s", value.failure.message) end
        return value.code
    end
    return value
end

---@param tenant auth0.Tenant
---@param given table arguments
---@param said auth0_accounts.Output
---@param world auth0_accounts.World
---@return table value with `tell`
---@return nil
---@return table facts
return function(tenant, given, said, world)
    return attention.during(world, function(own) return call(tenant, given, said, own) end), nil, {}
end
