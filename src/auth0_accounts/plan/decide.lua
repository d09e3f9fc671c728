--- What a plan does with one group: who is the primary, who is linked to it, and why the others are left out.
local codes = require "auth0_accounts.plan.codes"
local growing = require "auth0_accounts.plan.growing"
local identities = require "auth0_accounts.identities"
local primaries = require "auth0_accounts.plan.primaries"

local rank = {}
for i, code in ipairs(codes) do rank[code[1]] = i end

local function by_rank(a, b)
    return rank[a.code] < rank[b.code]
end

---@class auth0_accounts.Skip
---@field accounts string[] ids
---@field reasons string[] codes
---@field message string of the first

local function skip(accounts, findings)
    local skipped, seen = { accounts = {}, reasons = {} }, {}
    for i, account in ipairs(accounts) do skipped.accounts[i] = account.id end
    local kept = {}
    for _, finding in ipairs(findings) do
        if not seen[finding.code] then kept[#kept + 1] = finding end
        seen[finding.code] = true
    end
    table.sort(kept, by_rank)
    for i, finding in ipairs(kept) do skipped.reasons[i] = finding.code end
    skipped.message = kept[1].message
    return skipped
end

-- ---- what concerns the whole group ----

local function crowd(group)
    if not group.is_crowd then return nil end
    return { code = "too_many_accounts", message = ("%d accounts have the address: it is no person's own"):format(
        #group.accounts) }
end

local function twice(group)
    for _, account in ipairs(group.accounts) do
        if account.is_twice then
            return { code = "listed_twice", message = ("the export has %s on several lines"):format(account.id) }
        end
    end
end

local function mixed(group)
    local has_enterprise, has_another = identities.kinds(group.accounts, identities.is_enterprise)
    if not has_enterprise or not has_another then return nil end
    return { code = "mixed_enterprise", message = "a company's account meets a private one, which lives on after the "
        .. "company's was closed" }
end

-- ---- the accounts, one by one ----

local function judge_all(judge, primary, others, own)
    local links, against, after = {}, {}, nil
    for i, secondary in ipairs(others) do
        local judged = judge:of(primary, secondary, after and after:profile())
        own[primary], own[secondary] = judged.primary, judged.secondary
        if #judged.primary + #judged.secondary + #judged.pair > 0 then
            against[secondary] = judged.pair
        else
            links[#links + 1] = { primary = primary, secondary = secondary, judged = judged }
            if i < #others then
                after = after or growing.new(primary.value)
                after:link(secondary, judged.patch)
            end
        end
    end
    return links, against
end

local function without(list, is_left_out)
    local rest = {}
    for _, entry in ipairs(list) do
        if not is_left_out(entry) then rest[#rest + 1] = entry end
    end
    return rest
end

local function others_of(ordered, primary)
    return without(ordered, function(account) return account == primary end)
end

-- The rule chooses among those against which nothing stands by itself.
local function judge_group(judge, ordered, named)
    local own, primary = {}, named or ordered[1]
    local links, against = judge_all(judge, primary, others_of(ordered, primary), own)
    if #own[primary] == 0 then return links, against, own end
    local rest = without(ordered, function(account) return #own[account] > 0 end)
    if named or #rest < 2 then return {}, {}, own end
    links, against = judge_all(judge, rest[1], others_of(rest, rest[1]), own)
    return links, against, own
end

local function is_linked_in(links)
    local linked = {}
    for _, link in ipairs(links) do linked[link.primary], linked[link.secondary] = true, true end
    return function(account) return linked[account] end
end

local function append(list, more)
    for _, entry in ipairs(more) do list[#list + 1] = entry end
end

-- Those of an account by itself hide those that it has with the primary.
local function skips_of(accounts, links, against, own)
    local skips, all = {}, {}
    for _, account in ipairs(without(accounts, is_linked_in(links))) do
        local findings = #own[account] > 0 and own[account] or against[account] or {}
        if links[1] then skips[#skips + 1] = skip({ account }, findings) else append(all, findings) end
    end
    return links[1] and skips or { skip(accounts, all) }
end

---@param group auth0_accounts.Group
---@param judge auth0_accounts.Judge
---@param options auth0_accounts.PlanOptions
---@return table[] links { primary, secondary, judged }
---@return auth0_accounts.Skip[] skips
return function(group, judge, options)
    local fault, named = crowd(group) or twice(group), nil
    if not fault then
        local code, message
        named, code, message = primaries.named(group, options)
        fault = code and { code = code, message = message }
    end
    fault = fault or not options.enterprise_merge and mixed(group) or nil
    if fault then return {}, { skip(group.accounts, { fault }) } end
    local ordered = primaries.order(group.accounts, options.rule)
    local links, against, own = judge_group(judge, ordered, named)
    return links, skips_of(group.accounts, links, against, own)
end
