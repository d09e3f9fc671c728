--- One line that was made is taken back, by the receipts of its intents, from the newest to the oldest.
local wording = require "auth0_accounts.wording"

local undoer = {}

---@class auth0_accounts.Undoer
---@field tenant auth0.Tenant
---@field journal auth0_accounts.Journal
---@field time fun(): number UNIX seconds, as the tenant's receipts have them
local Undoer = {}
local undoer_mt = { __name = "auth0_accounts.undoer", __index = Undoer }

---@param tenant auth0.Tenant
---@param journal auth0_accounts.Journal
---@param time fun(): number
---@return auth0_accounts.Undoer
function undoer.new(tenant, journal, time)
    return setmetatable({ tenant = tenant, journal = journal, time = time }, undoer_mt)
end

local function now(self)
    return math.floor(self.time())
end

--- The receipts by which a line is taken back, the newest first; nil: they were pruned.
---@param line auth0_accounts.Line
---@return auth0.MergeReceipt[]|nil receipts
function Undoer:receipts(line)
    local receipts = {}
    for _, intent in ipairs(self.journal:intents_of(line)) do
        if intent.is_owed and not intent.receipt then return nil end
        if intent.is_owed then receipts[#receipts + 1] = intent.receipt end
    end
    return receipts
end

local function tell(self, line, outcome)
    outcome.kind = "undo"
    self.journal:tell(line.number, outcome, now(self))
end

-- Nothing was changed: the line stays what it was.
local function not_begun(self, line, word, failure)
    tell(self, line, { made = "false", state = line.state, code = failure.code, message = failure.message })
    return { word = word, message = failure.message, failure = word == "failed" and failure or nil }
end

local function fail(self, line, intent, failure)
    local is_changed, message = failure.outcome == "unknown" or failure.is_partly, wording.of_line(failure.message)
    tell(self, line, { intent = intent, made = is_changed and "unknown" or "false", elapsed = failure.elapsed,
        state = is_changed and "undoing" or line.state, code = failure.code, message = message,
        details = { conflicts = failure.conflicts, restored = failure.restored } })
    local is_refused = failure.code == "guarded" and not is_changed
    return { word = is_refused and "refused" or is_changed and "unknown" or "failed", message = message,
        failure = not is_refused and failure or nil, conflicts = failure.conflicts }
end

local function take_back(self, line, receipt, correlation)
    local intent = self.journal:intend(line.number, "undo", receipt, correlation, now(self))
    self.journal:commit(function() self.tenant:sleep(0) end)
    local result, _, facts = self.tenant:undo(receipt, { correlation_id = correlation })
    return result, facts, intent
end

local PRUNED = { code = "pruned", message = "what its accounts held was pruned from the journal: "
    .. "it cannot be taken back" }

--- Takes a line back, as far as the tenant lets it be taken back.
---@param line auth0_accounts.Line
---@return { word: string, message?: string, failure?: auth0.Failure, conflicts?: table[] }
function Undoer:carry_out(line)
    local receipts, conflicts = self:receipts(line), {}
    if not receipts then return not_begun(self, line, "refused", PRUNED) end
    local correlation = self.journal.run_name .. "/" .. line.number
    for i, receipt in ipairs(receipts) do
        local result, facts, intent = take_back(self, line, receipt, correlation)
        if not result then return fail(self, line, intent, facts) end
        for _, conflict in ipairs(result.conflicts) do conflicts[#conflicts + 1] = conflict end
        tell(self, line, { intent = intent, made = "true", state = i == #receipts and "undone" or "undoing",
            receipt = result.receipt, requests = result.requests, elapsed = facts.elapsed,
            details = { conflicts = result.conflicts, lost = result.lost } })
    end
    return { word = conflicts[1] and "conflicts" or "undone", conflicts = conflicts }
end

return undoer
