--- What a plan comes to: counts, for a table, and the hours that an apply takes.
local codes = require "auth0_accounts.plan.codes"
local hours = require "auth0_accounts.plan.hours"
local noun = require "auth0_accounts.noun"

local Summary = {}
local summary_mt = { __name = "auth0_accounts.plan.summary", __index = Summary }

local summary = {}

---@return auth0_accounts.PlanSummary
function summary.new()
    return setmetatable({ groups = 0, links = 0, skipped = 0, links_by_class = {}, skipped_by_code = {},
        accounts_left_by_code = {}, untrusted = {}, requests = { read = 0, write = 0 } }, summary_mt)
end

local function count(counts, name, number)
    counts[name] = (counts[name] or 0) + number
end

--- Counts the accounts of a group whose connection is not trusted: which ones to look at.
---@param group auth0_accounts.Group
---@param trusted table<string, boolean>
function Summary:group(group, trusted)
    self.groups = group.number
    for _, account in ipairs(group.accounts) do
        local name = account.connection
        if name and not trusted[name] then count(self.untrusted, name, 1) end
    end
end

---@param class string
---@param spellings integer of the two accounts' address: each is a read
---@param has_patch boolean
function Summary:link(class, spellings, has_patch)
    self.links = self.links + 1
    count(self.links_by_class, class, 1)
    self.requests.read = self.requests.read + spellings
    self.requests.write = self.requests.write + (has_patch and 2 or 1)
end

---@param code string
---@param accounts integer that are left alone
function Summary:skip(code, accounts)
    self.skipped = self.skipped + 1
    count(self.skipped_by_code, code, 1)
    count(self.accounts_left_by_code, code, accounts)
end

--- The summary as --json prints it.
---@param rate? number
---@return table
function Summary:value(rate)
    return { accounts = self.accounts, groups = self.groups, links = self.links, skipped = self.skipped,
        links_by_class = self.links_by_class, skipped_by_code = self.skipped_by_code,
        accounts_left_by_code = self.accounts_left_by_code, untrusted = self.untrusted, requests = self.requests,
        file = self.file, sha256 = self.sha256, notes = self.notes, hours = hours.table(self.requests, rate) }
end

local classes = { { "federated", "between connections without passwords" },
    { "password", "with an account that has a password" },
    { "enterprise", "of a company's account and a private one" } }

local meanings = {}
for _, code in ipairs(codes) do meanings[code[1]] = code[2] end

local function append(lines, format, ...)
    lines[#lines + 1] = format:format(...)
end

local function by_count(counts)
    local names = {}
    for name in pairs(counts) do names[#names + 1] = name end
    table.sort(names, function(a, b)
        if counts[a] ~= counts[b] then return counts[a] > counts[b] end
        return a < b
    end)
    return names
end

local function of_counts(self, lines)
    append(lines, "%10d %s", self.accounts, noun(self.accounts, "account"))
    append(lines, "%10d %s with the same address", self.groups, noun(self.groups, "group"))
    append(lines, "%10d %s", self.links, noun(self.links, "link"))
    for _, class in ipairs(classes) do
        local number = self.links_by_class[class[1]]
        if number then append(lines, "%10d   %s", number, class[2]) end
    end
    append(lines, "%10d %s left alone", self.skipped, noun(self.skipped, "group or account", "groups or accounts"))
    for _, code in ipairs(by_count(self.skipped_by_code)) do
        local accounts = self.accounts_left_by_code[code]
        append(lines, "%10d   %s (%d %s)", self.skipped_by_code[code], code, accounts, noun(accounts, "account"))
        append(lines, "%s%s", (" "):rep(15), meanings[code])
    end
end

local SHOWN = 10 -- connections

local function of_untrusted(self, lines)
    local names = by_count(self.untrusted)
    if names[1] then append(lines, "Accounts of these groups whose connection --trust-connection does not name:") end
    for i = 1, math.min(#names, SHOWN) do append(lines, "%10d %s", self.untrusted[names[i]], names[i]) end
    if #names > SHOWN then append(lines, "           and of %d more", #names - SHOWN) end
end

local function of_hours(self, lines, rate)
    local requests = self.requests.read + self.requests.write
    append(lines, "apply sends %d requests. At each of Auth0's rate limits, of which it leaves", requests)
    append(lines, "half to the tenant's logins, that takes:")
    for _, row in ipairs(hours.table(self.requests, rate)) do
        append(lines, "  %-28s %10s", row.limit, hours.text(row.hours))
    end
end

local function of_file(self, lines, next_command)
    if not self.file then
        append(lines, "no plan was written: -o FILE writes one")
        return
    end
    append(lines, "plan: %s", self.file)
    append(lines, "sha256: %s", self.sha256)
    if self.links == 0 then return end
    append(lines, "next: read it, then: %s", next_command(self.file))
end

--- The summary for people.
---@param rate? number requests a second of this tenant
---@param next_command fun(file: string): string
---@return string[]
function Summary:lines(rate, next_command)
    local lines = {}
    of_counts(self, lines)
    of_untrusted(self, lines)
    if self.links > 0 then of_hours(self, lines, rate) end
    for _, note in ipairs(self.notes) do append(lines, "note: %s", note) end
    of_file(self, lines, next_command)
    return lines
end

return summary
