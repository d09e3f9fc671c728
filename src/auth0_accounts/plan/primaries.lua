--- Which account of a group is the primary: the administrator's rule, list of ids or function.
local core = require "auth0.core"
local printable = require "auth0_accounts.printable"
local stop = require "auth0_accounts.stop"

local primaries = {}

-- ---- rules: which of two accounts comes first; nil where the rule does not say ----

local function earlier(a, b)
    if a.created == b.created then return nil end
    if not a.created or not b.created then return a.created ~= nil end
    return a.created < b.created
end

local function later(a, b)
    if a.created == b.created then return nil end
    if not a.created or not b.created then return a.created ~= nil end
    return a.created > b.created
end

local function more_logins(a, b)
    if a.logins ~= b.logins then return a.logins > b.logins end
end

local function by_connection(names)
    local rank, count = {}, 0
    for name in names:gmatch "[^,]+" do
        count = count + 1
        rank[name] = rank[name] or count
    end
    return function(a, b)
        local one, two = rank[a.connection or ""] or count + 1, rank[b.connection or ""] or count + 1
        if one ~= two then return one < two end
    end
end

local words = { oldest = { earlier, more_logins }, newest = { later, more_logins },
    ["most-logins"] = { more_logins, earlier } }

---@alias auth0_accounts.PrimaryRule { text: string, [integer]: fun(a: table, b: table): boolean|nil }

--- A rule as argparse converts it.
---@param text string oldest, newest, most-logins or connection=A,B
---@return auth0_accounts.PrimaryRule|nil
---@return string|nil message
function primaries.rule(text)
    local names = text:match "^connection=(.*[^,].*)$"
    local tests = names and { by_connection(names), earlier, more_logins } or words[text]
    if not tests then
        return nil, ("'%s': expected oldest, newest, most-logins or connection=NAME,NAME"):format(text)
    end
    local rule = { text = text }
    for i, test in ipairs(tests) do rule[i] = test end
    return rule
end

---@param accounts auth0_accounts.GroupAccount[]
---@param rule auth0_accounts.PrimaryRule
---@return auth0_accounts.GroupAccount[] the same, in the rule's order
function primaries.order(accounts, rule)
    local ordered = {}
    for i, account in ipairs(accounts) do ordered[i] = account end
    table.sort(ordered, function(a, b)
        for _, test in ipairs(rule) do
            local is_first = test(a, b)
            if is_first ~= nil then return is_first end
        end
        return a.place < b.place -- the ids' order
    end)
    return ordered
end

-- ---- a list of ids ----

--- The ids of a file, one a line.
---@param path string
---@return fun(): string|nil iterator
function primaries.ids(path)
    local file, fault = io.open(path, "rb")
    if not file then stop.raise(stop.USAGE, "%s", fault) end
    local number = 0
    return function()
        for line in function() return file:read "*l" end do
            number = number + 1
            local id = line:gsub("\r$", "")
            if id:find "^[^|]+|." then return id end
            if id ~= "" then
                file:close()
                stop.raise(stop.USAGE, "%s:%d: is no account's full id, such as auth0|507f1f77bcf86cd799439020", path,
                    number)
            end
        end
        file:close()
    end
end

-- ---- a function ----

-- What the administrator's code raises ends the command with its own words; an interrupt is none of these.
local function fail(fault, format, ...)
    if tostring(fault):find "interrupted!$" then error(fault, 0) end
    stop.raise(stop.USAGE, "--choose: " .. format, tostring(fault), ...)
end

--- The function that a file of the administrator's returns.
---@param path string
---@return fun(group: table): string|nil, string|nil
function primaries.load(path)
    local chunk, fault = loadfile(path)
    if not chunk then stop.raise(stop.USAGE, "--choose: %s", fault) end
    local good, choose = pcall(chunk)
    if not good then fail(choose, "%s") end
    if type(choose) ~= "function" then
        stop.raise(stop.USAGE, "--choose: %s: returns a %s, and no function(group)", path, type(choose))
    end
    return choose
end

-- A table of its own: what the function does to it changes nothing that is judged.
local function shown(group)
    local list = { folded = group.folded }
    for i, account in ipairs(group.accounts) do list[i] = core.decode(account.text) or { user_id = account.id } end
    return list
end

local function ask(choose, path, group)
    local good, id, reason = pcall(choose, shown(group))
    if not good then fail(id, "%s (of the group %s)", group.folded) end
    if id == nil then
        return nil, "not_chosen", printable.line(tostring(reason or "--choose names no primary, and no reason"))
    end
    for _, account in ipairs(group.accounts) do
        if account.id == id then return account end
    end
    stop.raise(stop.USAGE, "--choose: %s: returned %s, which is no account of the group %s", path, tostring(id),
        group.folded)
end

--- The account that is named, whatever the rule says.
---@param group auth0_accounts.Group
---@param options auth0_accounts.PlanOptions
---@return auth0_accounts.GroupAccount|nil
---@return string|nil code why the group is left alone
---@return string|nil message
function primaries.named(group, options)
    local named
    for _, account in ipairs(group.accounts) do
        if account.is_listed and named then
            return nil, "several_primaries", ("the file of primaries names %s and %s"):format(named.id, account.id)
        end
        named = account.is_listed and account or named
    end
    if named or not options.choose then return named end
    return ask(options.choose, options.choose_path, group)
end

return primaries
