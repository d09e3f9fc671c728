--- One line of a plan: its accounts are read again, compared with the plan, and merged; the journal has the intent
--- before anything is sent, and the outcome after.
local accounts_core = require("auth0_accounts.database").core()
local reader = require "auth0_accounts.plan.reader"
local stale = require "auth0_accounts.apply.stale"
local wording = require "auth0_accounts.wording"

local linker = {}

---@class auth0_accounts.Linker
---@field tenant auth0.Tenant
---@field journal auth0_accounts.Journal
---@field time fun(): number UNIX seconds, as the tenant's receipts have them
local Linker = {}
local linker_mt = { __name = "auth0_accounts.linker", __index = Linker }

local function list(values)
    return values and #values > 0 and values or nil
end

local function options_of(header, checks)
    local given = header.options
    return { proof = given.proof, trusted_connections = list(given.trusted_connections),
        password_merge = given.password_merge, user_metadata = given.user_metadata, app_metadata = given.app_metadata,
        union = list(given.union), checks = checks or {}, brief = true }
end

---@param tenant auth0.Tenant
---@param journal auth0_accounts.Journal
---@param time fun(): number
---@param checks? string[] what is read beside the profiles
---@return auth0_accounts.Linker
function linker.new(tenant, journal, time, checks)
    return setmetatable({ tenant = tenant, journal = journal, time = time, finder = accounts_core.finder(),
        options = options_of(journal.header, checks) }, linker_mt)
end

-- A line that is worked on.
---@class auth0_accounts.Job
---@field line auth0_accounts.Line
---@field link table as the plan has it
---@field correlation string
---@field linked table<string, string> what earlier lines linked: the primary by the secondary
---@field is_owed? boolean a request of an earlier try may still be carried out, or what it wrote stands
---@field requests integer
---@field elapsed number

local function now(self)
    return math.floor(self.time())
end

local function count(job, facts)
    job.requests = job.requests + (facts.attempts or 0)
    job.elapsed = job.elapsed + (facts.elapsed or 0)
end

---@class auth0_accounts.Told what became of a line
---@field word "made"|"refused"|"failed"|"unknown"
---@field message? string
---@field failure? auth0.Failure

local function finish(self, job, outcome)
    outcome.kind, outcome.requests, outcome.elapsed = "merge", job.requests, job.elapsed
    outcome.message = outcome.message and wording.of_line(outcome.message)
    self.journal:tell(job.line.number, outcome, now(self))
    return { word = outcome.state, message = outcome.message, failure = outcome.failure }
end

-- Of an earlier try, the next run has to find out, and undo to see, what became of it.
local function refused_state(job)
    return job.is_owed and "unknown" or "refused"
end

local function refuse(self, job, code, format, ...)
    return finish(self, job, { made = "false", state = refused_state(job), code = code, message = format:format(...) })
end

local function fail(self, job, failure, outcome)
    outcome = outcome or {}
    local is_unknown = failure.outcome == "unknown" or failure.is_partly
    outcome.made = is_unknown and "unknown" or "false"
    outcome.state = (is_unknown or job.is_owed) and "unknown" or "failed"
    outcome.code, outcome.message, outcome.failure = failure.code, failure.message, failure
    return finish(self, job, outcome)
end

-- ---- what an earlier run began ----

local function settled(self, job, intent, result)
    local is_made = result.state == "merged"
    job.is_owed = not is_made and (result.state == "unknown" or #result.stands > 0)
    local outcome = { intent = intent.id, receipt = result.receipt,
        made = is_made and "true" or job.is_owed and "unknown" or "false", state = is_made and "made" or "unknown",
        details = { settled = true }, code = not is_made and "interrupted" or nil,
        message = not is_made and "the run ended before the link was made" or nil }
    return finish(self, job, outcome)
end

-- Nothing is known beyond what was before; without a primary, there is nothing left to know.
local function unsettled(self, job, intent, failure)
    local is_gone = failure.code == "not_found"
    return finish(self, job, { intent = intent.id, receipt = intent.receipt, made = "unknown",
        state = is_gone and "refused" or "unknown", code = failure.code, message = failure.message,
        failure = not is_gone and failure or nil })
end

-- The newest that may have left something.
local function owed(intents)
    for _, intent in ipairs(intents) do
        if intent.is_owed then return intent end
    end
end

-- A read that shows no link permits another try, even where a request of the former try may still be carried out: to
-- link the same two accounts twice does what it does once. Of a former try, undo has the receipt.
local function settle(self, job)
    local intents = self.journal:intents_of(job.line)
    local intent = owed(intents)
    if not intents[1] or intent and not intent.receipt then
        self.journal:refuse(job.line.number, "it was begun without a receipt")
    end
    if not intent then return nil end
    local result, _, facts = self.tenant:settle(intent.receipt, { correlation_id = job.correlation })
    count(job, facts)
    if not result then return unsettled(self, job, intent, facts) end
    local told = settled(self, job, intent, result)
    return told.word == "made" and told or nil
end

-- ---- the accounts as they are ----

local function spellings(link)
    local one, other = link.primary.email, link.secondary.email
    return one == other and { one } or { one, other }
end

local BAD = "the answer of %s to users-by-email is not what the API promises"

local LARGEST = 8388608 -- bytes of an answer: many accounts may share an address

-- One request for each spelling, exactly: the tenant compares addresses in case too.
local function read(self, job)
    local seen, read_at = {}, math.huge
    for _, email in ipairs(spellings(job.link)) do
        local found, _, facts = self.tenant:request { path = "/api/v2/users-by-email", query = { email = email },
            raw = true, correlation_id = job.correlation, max_response = LARGEST }
        count(job, facts)
        if found == nil then return nil, facts end
        local primary, secondary = self.finder:of(found, job.line.primary, job.line.secondary)
        if primary == false then
            return nil, { code = "bad_response", outcome = "none", message = BAD:format(self.tenant.domain) }
        end
        seen.primary, seen.secondary = primary or seen.primary, secondary or seen.secondary
        local took = facts.timings and facts.timings.total or facts.elapsed or 0
        read_at = math.min(read_at, math.floor(self.time() - took))
    end
    return seen, read_at
end

local function linked_to(job, primary)
    local ids = {}
    for secondary, holder in pairs(job.linked) do
        if holder == primary then ids[secondary] = true end
    end
    return ids
end

local NOT_FOUND = "is not found under the address %s any more"
local CHANGED = "the %s of the %s %s has changed since the plan was made"

-- Why the line is not carried out.
local function weigh(self, job, seen)
    local primary, secondary = seen.primary, seen.secondary
    if not primary then
        return refuse(self, job, "stale", "email: the primary %s " .. NOT_FOUND, job.line.primary,
            job.link.primary.email)
    elseif stale.lists(primary, job.line.secondary) then
        return refuse(self, job, "already_linked", "%s is an identity of the primary %s already", job.line.secondary,
            job.line.primary)
    elseif not secondary then
        return refuse(self, job, "stale", "email: the secondary %s " .. NOT_FOUND, job.line.secondary,
            job.link.secondary.email)
    end
    local field = stale.field(job.link.primary, primary, linked_to(job, job.line.primary), job.is_owed)
    if field then return refuse(self, job, "stale", "%s: " .. CHANGED, field, field, "primary", job.line.primary) end
    field = stale.field(job.link.secondary, secondary, {})
    if not field then return nil end
    return refuse(self, job, "stale", "%s: " .. CHANGED, field, field, "secondary", job.line.secondary)
end

-- ---- the merge ----

local function options_for(self, job, seen, read_at)
    local options = {}
    for name, value in pairs(self.options) do options[name] = value end
    options.correlation_id = job.correlation
    options.created_at = { primary = job.link.primary.created_at, secondary = job.link.secondary.created_at }
    options.profiles = { primary = seen.primary.text, secondary = seen.secondary.text, at = read_at }
    return options
end

local function merged(self, job, intent, result)
    if not result.receipt then
        return refuse(self, job, "already_linked", "%s is an identity of the primary %s already", job.line.secondary,
            job.line.primary)
    end
    return finish(self, job, { intent = intent, made = "true", state = "made", receipt = result.receipt,
        details = { already = result.already, patch_bytes = result.patch_text and #result.patch_text } })
end

-- What was to be read beside the profiles: with another token, or later, it may be readable.
local function is_unread(failure)
    for _, reason in ipairs(failure.reasons or {}) do
        if reason.code == "unreadable" and reason.read ~= "profile" then return true end
    end
    return false
end

local function not_merged(self, job, intent, failure)
    local is_refused = failure.code == "guarded" and failure.outcome == "none" and not failure.is_partly
    if is_refused and not is_unread(failure) then
        return finish(self, job, { intent = intent, made = "false", state = refused_state(job),
            code = failure.code, message = failure.message, details = { reasons = failure.reasons } })
    end
    return fail(self, job, failure, { intent = intent, receipt = failure.receipt,
        details = { put_back = failure.put_back, left = failure.left } })
end

local function merge(self, job, seen, read_at)
    local options, intent = options_for(self, job, seen, read_at), nil
    options.on_receipt = function(receipt)
        intent = self.journal:intend(job.line.number, "merge", receipt, job.correlation, now(self))
        self.journal:commit(function() self.tenant:sleep(0) end)
    end
    local result, _, facts = self.tenant:merge(job.line.primary, job.line.secondary, options)
    count(job, facts)
    if result then return merged(self, job, intent, result) end
    return not_merged(self, job, intent, facts)
end

local begun = { begun = true, unknown = true }

local function link_of(self, line)
    if not line.text then self.journal:refuse(line.number, "what the plan has of it was pruned") end
    return reader.link(line.text)
end

--- Carries a line out, or says why not.
---@param line auth0_accounts.Line
---@param linked table<string, string> what earlier lines linked: the primary by the secondary
---@return auth0_accounts.Told
function Linker:carry_out(line, linked)
    local job = { line = line, link = link_of(self, line), linked = linked, requests = 0, elapsed = 0,
        correlation = self.journal.run_name .. "/" .. line.number }
    local told = begun[line.state] and settle(self, job)
    if told then return told end
    local seen, facts = read(self, job)
    if not seen then return fail(self, job, facts) end
    return weigh(self, job, seen) or merge(self, job, seen, facts)
end

return linker
