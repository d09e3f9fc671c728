--- Results as lines for people. What is in them is made printable where they are written.
local identities = require "auth0_accounts.identities"
local json = require "auth0.json"
local wording = require "auth0_accounts.wording"

local results = {}

local function text_of(value)
    if type(value) == "table" and not json.is_null(value) then return json.encode(value) end
    return tostring(value)
end

local function line_of(identity)
    return ("%s (%s)"):format(identities.id(identity), text_of(identity.connection or "no connection"))
end

-- In this order, where an account has it. The rest is shown by --json.
local shown = { "email", "email_verified", "name", "created_at", "last_login", "logins_count", "blocked",
    "user_metadata", "app_metadata" }

local function append(lines, more)
    for _, line in ipairs(more) do lines[#lines + 1] = line end
end

---@param user table
---@return string[]
function results.account(user)
    local lines = { text_of(user.user_id) }
    for _, name in ipairs(shown) do
        if user[name] ~= nil then lines[#lines + 1] = ("  %s: %s"):format(name, text_of(user[name])) end
    end
    lines[#lines + 1] = "  identities:"
    for _, identity in ipairs(identities.of(user)) do lines[#lines + 1] = "    " .. line_of(identity) end
    return lines
end

local reasons = {
    no_email = "the account has no e-mail address to look for",
    email_not_verified = "its address is not verified: --unverified looks for it all the same",
    email_verified_is_string = "its email_verified is a text, and no boolean: --unverified looks all the same",
}

local evidence = { "is_verified", "both_verified", "same_connection", "connection", "created_at", "last_login",
    "logins_count", "is_password_account", "is_blocked", "has_secondaries" }

---@param candidates auth0.Candidate[]
---@param facts auth0.CandidatesReceipt
---@return string[]
function results.candidates(candidates, facts)
    if not facts.searched then return { "not searched: " .. reasons[facts.reason] } end
    if not candidates[1] then return { "no other account with this address" } end
    local lines = {}
    for _, candidate in ipairs(candidates) do
        lines[#lines + 1] = ("%s  %s"):format(candidate.user_id, text_of(candidate.evidence.email))
        for _, name in ipairs(evidence) do
            local value = candidate.evidence[name]
            if value ~= nil then lines[#lines + 1] = ("  %s: %s"):format(name, text_of(value)) end
        end
    end
    lines[#lines + 1] = "an address in common is no proof that both accounts are one person's"
    return lines
end

---@param done string "linked"
---@param list auth0.Identity[]
---@return string[]
function results.change(done, list)
    local lines = { done .. "; the primary's identities:" }
    for _, identity in ipairs(list) do lines[#lines + 1] = "  " .. line_of(identity) end
    return lines
end

-- ---- merges ----

local function thing_of(thing)
    local parts = { text_of(thing.what) }
    if thing.key then parts[#parts + 1] = text_of(thing.key) end
    if thing.count and thing.count ~= 1 then parts[#parts + 1] = ("(%s)"):format(text_of(thing.count)) end
    return table.concat(parts, " "), (thing.of and " of the " .. text_of(thing.of) or "")
        .. (thing.why and " - " .. text_of(thing.why) or "")
end

-- Things in a row of which the same is said share one line.
local function things(title, list)
    local lines, before, last = {}, nil, nil
    for _, thing in ipairs(list or {}) do
        local text, rest = thing_of(thing)
        local has_more = last == rest and rest ~= ""
        before = has_more and before .. ", " .. text or text
        lines[#lines + (has_more and 0 or 1)] = ("  %s: %s%s"):format(title, before, rest)
        last = rest
    end
    return lines
end

local function findings(title, list)
    local lines = {}
    for i, finding in ipairs(list) do
        lines[i] = ("  %s: %s (%s)"):format(title, wording.of(finding.message), finding.code)
    end
    return lines
end

local function of_merge(headline, result)
    local lines = { ("%s: %s <- %s"):format(headline, result.primary, result.secondary) }
    if not result.already then append(lines, findings("against it", result.reasons)) end
    append(lines, findings("warning", result.warnings))
    for _, side in ipairs { "primary", "secondary" } do
        local time = (result.created_at or {})[side]
        if time then lines[#lines + 1] = ("  created_at of the %s: %s"):format(side, time) end
    end
    if result.patch_text then lines[#lines + 1] = "  written to the primary: " .. result.patch_text end
    append(lines, things("kept", result.kept))
    append(lines, things("carried", result.carried))
    append(lines, things("lost", result.lost))
    append(lines, things("not known", result.not_known))
    for _, made in ipairs(result.tickets or {}) do
        lines[#lines + 1] = ("  for a new password of %s: %s"):format(made.id, made.ticket)
    end
    return lines
end

---@param result auth0.MergeResult
---@return string[]
function results.preview(result)
    if result.already then return of_merge("linked already; a merge would change nothing", result) end
    return of_merge(#result.reasons > 0 and "a merge would be refused" or "nothing stands against a merge", result)
end

---@param result auth0.MergeResult
---@param file string that of the receipt
---@return string[]
function results.merge(result, file)
    if result.already then return of_merge("linked already; nothing was changed, and there is no receipt", result) end
    local lines = of_merge("merged", result)
    lines[#lines + 1] = ('  "auth0-accounts undo" takes it back, by the receipt in %s'):format(file)
    return lines
end

-- Kinds of things that an undo gives back in no case, whether the account had some or not; and what it had.
local function lost_kinds(list)
    local kinds, own = {}, {}
    for _, thing in ipairs(list) do
        if thing.key then own[#own + 1] = thing else kinds[#kinds + 1] = text_of(thing.what) end
    end
    local lines = things("lost", own)
    lines[#lines + 1] = "  not given back, where the secondary had it: " .. table.concat(kinds, ", ")
    return lines
end

-- What an undo took from the primary is an identity; of a holder, one is given back.
local function restored(list)
    local lines, others = {}, {}
    for _, thing in ipairs(list) do
        if thing.what == "identity" and thing.of == "primary" then
            lines[1] = "  unlinked from the primary: the secondary's identity"
        else
            others[#others + 1] = thing
        end
    end
    append(lines, things("restored", others))
    return lines
end

---@param result auth0.UndoResult
---@return string[]
function results.undo(result)
    local lines = { "taken back" }
    append(lines, restored(result.restored))
    append(lines, things("changed since, and left", result.conflicts))
    append(lines, lost_kinds(result.lost))
    return lines
end

---@param result auth0.SettleResult
---@return string[]
function results.settle(result)
    local lines = { "state: " .. result.state }
    if result.undo_after then
        lines[2] = os.date("!undo: not before %Y-%m-%d %H:%M:%S UTC", result.undo_after)
    end
    append(lines, things("stands", result.stands))
    return lines
end

return results
