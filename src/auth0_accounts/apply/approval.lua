--- A plan is approved by the digest of its bytes: what was looked at is what is carried out.
local noun = require "auth0_accounts.noun"
local progress = require "auth0_accounts.apply.progress"
local request = require "auth0_accounts.forms.request"
local stop = require "auth0_accounts.stop"

local approval = {}

-- Options that go into the next command, as they were given: apply's and undo's own, and those of every command.
local OPTIONS = { "mapping", "check", "reserve", "in_flight", "canary", "limit", "max_failures", "throttle_file",
    "config", "domain", "client_id", "signing_key_file", "mock_file", "ca_file", "resolve", "audience", "deadline",
    "correlation_id" }
local FLAGS = { "acknowledge_events", "json", "quiet", "no_color", "no_input" }
local named = { mock_file = "mock" }

local function quoted(text)
    return text:find "^[%w_@%%+=:,./-]+$" and text or request.quoted(text)
end

local function option(name)
    return "--" .. (named[name] or name):gsub("_", "-")
end

local function with_options(given, words)
    for _, name in ipairs(OPTIONS) do
        for _, value in ipairs(type(given[name]) == "table" and given[name] or { given[name] }) do
            words[#words + 1] = option(name) .. " " .. quoted(tostring(value))
        end
    end
    for _, name in ipairs(FLAGS) do words[#words + 1] = given[name] and option(name) end
    return table.concat(words, " ")
end

--- The command that says what a plan would do: without an approval, apply changes nothing.
---@param given table arguments of plan
---@param file string the plan's
---@return string
function approval.first_command(given, file)
    return with_options(given, { "auth0-accounts apply", quoted(file), "-j", quoted(file .. ".journal") })
end

--- The command that approves.
---@param given table arguments
---@param digest string
---@return string
function approval.command(given, digest)
    return with_options(given, { "auth0-accounts apply", quoted(given.plan), "-j", quoted(given.journal),
        "--approve " .. digest })
end

--- The command that approves an undo.
---@param given table arguments
---@param digest string
---@return string
function approval.undo_command(given, digest)
    return with_options(given, { "auth0-accounts undo", quoted(given.receipt), "--approve " .. digest })
end

-- What counts as evidence: a plan may be another person's, or edited.
local function rules_of(options)
    local words = { tostring(options.proof) }
    if options.proof == "shared_email" then
        local names = table.concat(options.trusted_connections or {}, ", ")
        words[2] = "of the connections " .. (names ~= "" and names or "(none)")
    end
    if options.password_merge then words[#words + 1] = "also of accounts with a password" end
    return table.concat(words, ", ")
end

--- What is to be done, and to which tenant.
---@param plan auth0_accounts.Plan
---@param given table arguments
---@return string[] lines
function approval.target(plan, given)
    local header = plan.header
    return { "tenant:  " .. header.domain, ("plan:    %s, SHA-256 %s"):format(plan.name, plan.digest),
        ("links:   %s; %s %s left alone"):format(progress.whole(header.links),
            progress.whole(header.skipped), noun(header.skipped, "group or account is", "groups or accounts are")),
        "proof:   " .. rules_of(header.options),
        "journal: " .. given.journal }
end

--- Refuses a plan of another tenant, and one that is not as it was approved.
---@param plan auth0_accounts.Plan
---@param given table arguments
---@param domain string the tenant's
function approval.check(plan, given, domain)
    if plan.header.domain ~= domain then
        stop.raise(stop.USAGE, "%s: is a plan of the tenant %s, and the tenant is %s", plan.name, plan.header.domain,
            domain)
    elseif given.approve and given.approve:lower() ~= plan.digest then
        local is_whole = #given.approve == #plan.digest and given.approve:find "^%x+$"
        stop.raise(stop.USAGE, "%s: its SHA-256 is %s, and %s was approved: %s; look at it, and approve it as it is: "
            .. "%s", plan.name, plan.digest, given.approve, is_whole and "it was edited since, or it is another plan"
            or "--approve expects all 64 characters of the SHA-256", approval.command(given, plan.digest))
    end
end

local SHOWN = 5

--- What a run would do; reads the whole plan, and raises where it is broken.
---@param links fun(): table|nil the plan's
---@param given table
---@param journal auth0_accounts.Journal|nil of earlier runs
---@return string[] lines
---@return integer left links that it has to do with
function approval.preview(links, given, journal)
    local lines, requests, left = {}, 0, 0
    for link in links do
        if not journal or journal:is_left(link.line) then
            left = left + 1
            if left <= SHOWN then
                lines[left] = ("  %d: %s <- %s"):format(link.line, link.primary.user_id, link.secondary.user_id)
            end
            local reads = link.primary.email == link.secondary.email and 1 or 2
            requests = requests + reads + #(given.check or {}) + (type(link.patch) == "table" and 2 or 1)
        end
    end
    if left > SHOWN then lines[#lines + 1] = ("  and %s more"):format(progress.whole(left - SHOWN)) end
    lines[#lines + 1] = ("requests: about %s"):format(progress.whole(requests))
    return lines, left
end

return approval
