--- Makes a plan out of an export: which accounts to link, which to leave alone, and why. It changes nothing.
local decide = require "auth0_accounts.plan.decide"
local diff = require "auth0_accounts.plan.diff"
local groups = require "auth0_accounts.plan.groups"
local json = require "auth0.json"
local judge = require "auth0_accounts.plan.judge"
local lines = require "auth0_accounts.plan.lines"
local noun = require "auth0_accounts.noun"
local plan_file = require "auth0_accounts.plan.file"
local primaries = require "auth0_accounts.plan.primaries"
local printable = require "auth0_accounts.printable"
local private_file = require "auth0_accounts.private_file"
local stop = require "auth0_accounts.stop"
local summary = require "auth0_accounts.plan.summary"

local plan = {}

---@class auth0_accounts.PlanOptions
---@field domain string of the tenant
---@field rule auth0_accounts.PrimaryRule
---@field trusted_connections string[]
---@field password_merge? boolean
---@field enterprise_merge? boolean
---@field user_metadata? string
---@field app_metadata? string
---@field union? string[]
---@field primary_file? string
---@field choose? fun(group: table): string|nil, string|nil
---@field choose_path? string its file
---@field output? string the plan's file
---@field overwrites? boolean
---@field diff? string an earlier plan
---@field on_finish fun() is called before the plan's file is put in its place
---@field watch auth0_accounts.Watch

-- A file's name need not be UTF-8.
local function name_of(path)
    return path and printable.line(path)
end

local function header_of(source, read, options)
    return { domain = options.domain, made_at = os.date "!%Y-%m-%dT%H:%M:%SZ",
        source = { file = name_of(source.name), sha256 = read.digest, accounts = read.accounts },
        options = { proof = "shared_email", trusted_connections = json.array(options.trusted_connections),
            password_merge = options.password_merge == true, enterprise_merge = options.enterprise_merge == true,
            primary = options.rule.text, primary_file = name_of(options.primary_file),
            choose = name_of(options.choose_path),
            user_metadata = options.user_metadata or "primary_wins", app_metadata = options.app_metadata or "discard",
            union = json.array(options.union or {}) } }
end

local function notes_of(read, options)
    local notes = json.array {}
    for _, name in ipairs { "user_metadata", "app_metadata" } do
        if not read.has[name] and read.accounts > 0 then
            notes[#notes + 1] = ("no account of a group has %s: if the export was made without it, the plan does not "
                .. "say what is written of it"):format(name)
        end
    end
    local idle = options.primary_file and read:count_idle() or 0
    if idle > 0 then
        notes[#notes + 1] = ("%d %s of %s %s in no group"):format(idle, noun(idle, "id"), options.primary_file,
            noun(idle, "is", "are"))
    end
    return notes
end

-- What a terminal would obey or hide is written by its code, since a person reads the file.
local function keep(work, kind, text)
    if text:find "[\127-\255]" then text = printable.json(text) end
    if work.writer then work.writer[kind](work.writer, text) end
    if work.diff then work.diff:add(text) end
end

local function put_link(work, group, link)
    local class = lines.class(link.primary, link.secondary)
    local is_alike = link.primary.value.email == link.secondary.value.email
    work.summary:link(class, is_alike and 1 or 2, link.judged.patch ~= nil)
    if work.keeps then
        keep(work, "link", lines.link(work.summary.links, class, group, link, work.groups.has))
    end
end

local function put_skip(work, group, skip)
    work.summary:skip(skip.reasons[1], #skip.accounts)
    if work.keeps then keep(work, "skip", lines.skip(group, skip)) end
end

local function put_groups(work, options)
    local trusted = {}
    for _, name in ipairs(options.trusted_connections) do trusted[name] = true end
    work.keeps = work.writer or work.diff
    for group in work.groups:each() do
        local links, skips = decide(group, work.judge, options)
        for _, link in ipairs(links) do put_link(work, group, link) end
        for _, skip in ipairs(skips) do put_skip(work, group, skip) end
        work.summary:group(group, trusted)
        if group.number % 100 == 0 then
            options.watch:say("judging groups:", group.number, work.groups.count)
        end
    end
end

local function check_diff(work, options)
    if work.diff and work.diff.domain ~= options.domain then
        stop.raise(stop.USAGE, "%s: is a plan for %s, and not for %s", options.diff, tostring(work.diff.domain),
            options.domain)
    end
end

local function make(work, source, options)
    if options.output and not options.overwrites then private_file.check(options.output, plan_file.HINT) end
    work.diff = options.diff and diff.from(options.diff)
    check_diff(work, options)
    work.groups = groups.read(source, options.watch, options.output ~= nil)
    if options.primary_file then work.groups:name(primaries.ids(options.primary_file)) end
    work.judge = judge.new(options)
    local header = options.output and header_of(source, work.groups, options)
    work.writer = header and plan_file.create(options.output, header, options.overwrites)
    put_groups(work, options)
    work.summary.accounts, work.summary.notes = work.groups.accounts, notes_of(work.groups, options)
    if work.writer then
        options.on_finish()
        work.summary.file, work.summary.sha256 = options.output, work.writer:finish()
    end
end

local function finish(work, options, is_good)
    options.watch:finish()
    if work.writer and not is_good then work.writer:abandon() end
    if work.diff and not is_good then work.diff:close() end
    if work.groups then work.groups:close() end
end

-- Little is kept from one group to the next, so the collector has time. Lua 5.5 knows no such option.
local function rarely_collecting(run, ...)
    local is_known, before = pcall(collectgarbage, "setpause", 400)
    local good, fault = pcall(run, ...)
    if is_known then collectgarbage("setpause", before) end
    return good, fault
end

--- Makes a plan. What goes wrong is raised, and leaves no file behind.
---@param source auth0_accounts.Source the export
---@param options auth0_accounts.PlanOptions
---@return auth0_accounts.PlanSummary
---@return auth0_accounts.PlanDiff|nil diff to be closed by the caller
function plan.make(source, options)
    local work = { summary = summary.new() }
    local good, fault = rarely_collecting(make, work, source, options)
    finish(work, options, good)
    if not good then error(fault, 0) end
    return work.summary, work.diff
end

return plan
