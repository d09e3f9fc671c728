--- The safe merge: what is decided about it is decided in C (pure/sequence, pure/guard, pure/merge); here its options
--- become an order, and its end becomes tables.
local call = require "auth0.tenant.call"
local core = require "auth0.core"
local failure = require "auth0.failure"
local json = require "auth0.json"

local merging = {}

-- A preview takes those of a merge, so that one table serves both.
local of_two_accounts = { proof = "proof", user_metadata = "metadata_choice", app_metadata = "metadata_choice",
    union = "names", carry = "carried", trusted_connections = "names", password_merge = "flag",
    unreadable = "unreadable", relink = "relink", created_at = "created_at", checks = "checked",
    profiles = "profiles", connection_id = "string", after_link = "after_link", on_receipt = "function",
    brief = "flag" }

local function method_of(caller, own, is_read)
    return call.method { caller = caller, goal = "sequence", own = own, is_read = is_read }
end

local preview = method_of("tenant:preview", of_two_accounts, true)
local merge = method_of("tenant:merge", of_two_accounts)
local undo = method_of "tenant:undo"
local settle = method_of("tenant:settle", nil, true)

-- ---- the order ----

local lists = { union = true, carry = true, trusted_connections = true, checks = true }
local plain = { "proof", "user_metadata", "app_metadata", "password_merge", "unreadable", "connection_id", "created_at",
    "relink", "brief" }

local function order_of(goal, primary, secondary, checked)
    local order = { goal = goal, primary = primary, secondary = secondary }
    for name in pairs(lists) do order[name] = checked[name] and json.array(checked[name]) end
    for _, name in ipairs(plain) do order[name] = checked[name] end
    local after = checked.after_link or {}
    order.revoke, order.reset_password = after.revoke, after.reset_password
    order.asks = checked.on_receipt ~= nil
    order.streams = goal == "preview" and not (checked.checks and #checked.checks == 0)
    return order
end

local function check_account(method, name, id, level)
    if type(id) == "string" then return end
    error(("%s: %s: expected an account's full id, got a %s; it is %s(primary, secondary, options)"):format(
        method.caller, name, type(id), method.caller), level + 1)
end

local function check_receipt(self, method, receipt, level)
    local fault
    if type(receipt) ~= "table" or type(receipt.primary) ~= "string" or type(receipt.secondary) ~= "table"
        or type(receipt.secondary.id) ~= "string" then
        fault = "expected the receipt of a merge, as tenant:merge gave it"
    elseif receipt.version ~= 1 then
        fault = "is of a version that this library does not know"
    elseif receipt.domain ~= self.domain then
        fault = "is of another tenant"
    end
    if fault then error(("%s: receipt: %s"):format(method.caller, fault), level + 1) end
end

local function text_of(account)
    return type(account) == "string" and account or json.encode(account)
end

-- An account that is a text stands in the order as it is: its check found it to be one whole object.
local function order_text(order, profiles)
    local text = json.encode(order)
    if not profiles then return text end
    local members = { '"primary":' .. text_of(profiles.primary), '"secondary":' .. text_of(profiles.secondary) }
    if profiles.at then members[3] = '"at":' .. json.encode(math.floor(profiles.at)) end
    return text:sub(1, -2) .. ',"profiles":{' .. table.concat(members, ",") .. "}}"
end

local function encode(method, order, profiles, level)
    local good, text = pcall(order_text, order, profiles)
    if not good then error(("%s: %s"):format(method.caller, text), level + 1) end
    return text
end

-- ---- the end ----

-- The patch also as a table: to look at, since its text is what is sent.
local function finish(result, is_brief)
    if result.patch_text and not is_brief then result.patch = core.decode(result.patch_text) end
    result.already = result.already or nil
    return result
end

-- No tail calls lead here: lines are blamed by counting.
local function perform(self, method, checked, order, level)
    local text = encode(method, order, checked.profiles, level + 1)
    local value, facts = self.calls:sequence(method, level + 1, checked, text, checked.on_receipt)
    local written = facts.written
    facts.written = nil
    if value ~= nil then
        value.receipt = written
        return finish(value, checked.brief), nil, facts
    end
    local result = facts.result or {}
    facts.result = nil
    facts.receipt, facts.put_back, facts.left = written, result.put_back, result.stands
    facts.conflicts, facts.restored = result.conflicts, result.restored
    facts.undo_after = result.undo_after
    if facts.code == "guarded" then facts.reasons = result.reasons or {} end
    local _, message, what = failure.of_sequence(method.caller, self.domain, facts, method.is_read)
    return nil, message, what
end

local function of_two(self, method, goal, primary, secondary, given, level)
    local checked = call.options(self, method, given, level + 1)
    check_account(method, "primary", primary, level + 1)
    check_account(method, "secondary", secondary, level + 1)
    if not checked.proof then
        error(('%s: proof: is required: "both_authenticated" (the user has signed in to both), "shared_email" or '
            .. '"operator"'):format(method.caller), level + 1)
    end
    local order = order_of(goal, primary, secondary, checked)
    local result, message, facts = perform(self, method, checked, order, level + 1)
    return result, message, facts
end

local function of_receipt(self, method, goal, receipt, given, level)
    local checked = call.options(self, method, given, level + 1)
    check_receipt(self, method, receipt, level + 1)
    local order = order_of(goal, receipt.primary, receipt.secondary.id, checked)
    order.receipt = receipt
    local result, message, facts = perform(self, method, checked, order, level + 1)
    return result, message, facts
end

---@alias auth0.Proof
---| "both_authenticated" # the user has just signed in to both accounts
---| "shared_email" # both have the same verified address: each connection has to be a trusted one
---| "operator" # a person has decided it

---@class auth0.MergeOptions: auth0.Defaults
---@field proof auth0.Proof why the two accounts are one person's; required
---@field user_metadata? "discard"|"primary_wins"|"deep" primary_wins
---@field app_metadata? "discard"|"primary_wins"|"deep" discard: it is authorization
---@field union? string[] keys (with "deep", paths: "prefs.tags") whose arrays are united
---@field carry? string[] what the primary gets of the secondary's: roles, permissions, organizations, name, picture
---@field trusted_connections? string[] names of connections whose email_verified is evidence
---@field password_merge? boolean true: with shared_email, also an account with a password
---@field unreadable? "refuse"|"allow" what cannot be read is a reason against it, or a warning; refuse
---@field relink? { holder: string, proof: auth0.Proof } takes the identity from the account that holds it
---@field checks? string[] what is read beside the profiles: factors, organizations, groups, provisioning, roles,
---permissions; all. An empty array: the profiles alone
---@field connection_id? string as for tenant:link
--- Both accounts as you have just read them, whole, and when (UNIX seconds). They take the place of the first two
--- reads: of a merge while they are at most ten seconds old, and no other merge has one of the accounts; of a preview
--- whatever their age.
---@field profiles? { primary: table|string, secondary: table|string, at?: number } tables, or JSON texts
---@field created_at? { primary?: string, secondary?: string } as a preview showed them: an account that was deleted and
---made again since is refused
---@field after_link? { revoke: boolean, reset_password: boolean } ends the primary's sessions; makes a ticket for a new
---password
--- Called in your coroutine with the receipt before anything is changed; it may wait. Keep the receipt: it is all that
--- is left of the secondary's metadata. If it returns false or raises an error, nothing is changed.
---@field brief? boolean true, for a program that makes many: the receipt, of on_receipt too, is its JSON text; and the
---result lacks kept, lost, carried, not_known and patch
---@field on_receipt? fun(receipt: auth0.MergeReceipt|string): false|nil

--- A plain table, which survives JSON; without secrets.
---@class auth0.MergeReceipt
---@field version integer
---@field domain string
---@field primary string
---@field secondary { id: string, provider: string, user_id: string, connection: string }
---@field at integer UNIX seconds: when the merge ended; while it is planned, when it ends at the latest
---@field proof auth0.Proof
---@field state "planned"|"merged"|"unknown"|"not_merged"|"undone"
---@field open boolean whether a request of the merge may still be carried out

---@class auth0.MergeFinding
---@field code string
---@field side "primary"|"secondary"|"both"|"holder"
---@field message string
---@field names? string[]

---@class auth0.MergeThing
---@field what string
---@field of "primary"|"secondary"
---@field why? string
---@field count? integer

---@class auth0.MergeResult
---@field primary string
---@field secondary string
---@field proof auth0.Proof
---@field created_at { primary?: string, secondary?: string }
---@field already? boolean they were linked before, and nothing was changed; with a receipt, another client linked them
---meanwhile
---@field reasons auth0.MergeFinding[] why a merge would be refused
---@field warnings auth0.MergeFinding[]
---@field patch? table what is written to the primary
---@field patch_text? string the same, as it is sent
---@field kept auth0.MergeThing[]
---@field lost auth0.MergeThing[]
---@field carried auth0.MergeThing[]
---@field not_known auth0.MergeThing[] documented nowhere: count it as lost
---@field identities? auth0.Identity[] after a merge
---@field receipt? auth0.MergeReceipt after a merge
---@field undo_after? integer UNIX seconds, where a request of the merge may still be carried out: an undo is refused
---before
---@field tickets? { id: string, ticket: string }[] of after_link.reset_password: for each identity that has a password,
---where the user sets a new one
---@field requests integer

--- What tenant:merge with the same arguments would do, and what stands against it. Changes nothing.
---@param primary string the full id of the account that stays
---@param secondary string the full id of the other account
---@param given auth0.MergeOptions those of tenant:merge, so that one table serves both; on_receipt is not called
---@return auth0.MergeResult|nil result
---@return string|nil message
---@return auth0.Receipt|auth0.Failure
function merging:preview(primary, secondary, given)
    local result, message, facts = of_two(self, preview, "preview", primary, secondary, given, 2)
    return result, message, facts
end

--- Links the secondary to the primary, and loses nothing on the way that you did not agree to: reads both, refuses with
--- all reasons at once (`failure.reasons`), writes what the primary is to take over, links. If a step is refused, what
--- went before it is put back. Of merges that share an account one runs after another.
---@param primary string the full id of the account that stays
---@param secondary string the full id of the other account
---@param given auth0.MergeOptions
---@return auth0.MergeResult|nil result
---@return string|nil message
---@return auth0.Receipt|auth0.Failure
function merging:merge(primary, secondary, given)
    local result, message, facts = of_two(self, merge, "merge", primary, secondary, given, 2)
    return result, message, facts
end

---@class auth0.UndoResult
---@field identities auth0.Identity[]
---@field conflicts { what: string, key?: string, why: string }[] what was changed since, and stays as it is
---@field restored { what: string, key?: string }[]
---@field lost { what: string, why?: string }[] what cannot be brought back
---@field receipt auth0.MergeReceipt to keep in place of the one that was undone: it cannot be undone again
---@field requests integer

--- Takes back a merge, as far as a tenant lets it be taken back: unlinks what the receipt made, and puts back what is
--- as the merge left it.
---@param receipt auth0.MergeReceipt
---@param given? auth0.Defaults
---@return auth0.UndoResult|nil result
---@return string|nil message
---@return auth0.Receipt|auth0.Failure
function merging:undo(receipt, given)
    local result, message, facts = of_receipt(self, undo, "undo", receipt, given, 2)
    return result, message, facts
end

---@class auth0.SettleResult
---@field state "merged"|"not_merged"|"unknown"|"undone"
---@field identities auth0.Identity[]
---@field stands { what: string, key?: string }[] what of the patch stands in the primary
---@field changed { what: string, key?: string }[] what of the patch was changed since
---@field receipt auth0.MergeReceipt the same, with what is known now
---@field undo_after? integer UNIX seconds, while a request of the merge may still be carried out: an undo is refused
---before
---@field requests integer

--- What became of a merge whose outcome was unknown. Changes nothing.
---@param receipt auth0.MergeReceipt that of the failure
---@param given? auth0.Defaults
---@return auth0.SettleResult|nil result
---@return string|nil message
---@return auth0.Receipt|auth0.Failure
function merging:settle(receipt, given)
    local result, message, facts = of_receipt(self, settle, "settle", receipt, given, 2)
    return result, message, facts
end

return merging
