--- apply over TLS, killed with -9 at random moments and started again: the tenant's record is what the journal says,
--- and after each kill the images of every link that the tenant committed are in the journal. tests/bulk/apply runs it
--- with 100,000 links.
local accounts_core = require "auth0_accounts.core"
local core = require "auth0.core"
local command = require "support.command"
local plans = require "support.plans"
local process = require "support.process"
local restored = require "bulk.restored"
local tenant = require "support.tenant"

local job = {}

local BATCH, PAGE = 2000, 1000

-- ---- the tenant, and the plan ----

-- Most are pairs; one in fifty has several secondaries.
local function sizes_of(links)
    local sizes, left = {}, links
    while left > 0 do
        local secondaries = math.min(left, #sizes % 50 == 0 and 5 or 1)
        sizes[#sizes + 1] = secondaries + 1
        left = left - secondaries
    end
    return sizes
end

-- Fields of all kinds, so that what an undo does not bring back is seen: what each account has is its own.
local function fill(user, number)
    local own, day = tostring(number), ("2020-01-%02dT00:00:00.000Z"):format(number % 28 + 1)
    user.name, user.nickname, user.picture = "Name " .. own, "n" .. own, "https://p.example/" .. own
    user.given_name, user.family_name = "Given " .. own, "Family " .. own
    user.created_at, user.updated_at, user.last_login = day, day, day
    user.logins_count, user.last_ip, user.last_password_reset = number % 90 + 1, "192.0.2.1", day
    user.app_metadata = { plan = own, tags = tenant.json.array { own, "all" }, deep = { number = number } }
    user.user_metadata.prefs = { own = own, list = tenant.json.array { 1, number } }
    if number % 3 == 0 then user.phone_number, user.phone_verified = "+49" .. own, true end
    if number % 5 == 0 then user.roles = { "rol_" .. number % 7 } end
end

local function seed(users, rate)
    local made = {}
    for number, user in ipairs(users) do fill(user, number) end
    tenant.reset()
    for first = 1, #users, BATCH do
        local batch = tenant.json.array {}
        for i = first, math.min(first + BATCH - 1, #users) do batch[#batch + 1] = users[i] end
        for _, user in ipairs(tenant.control("POST", "/_tenant/users", batch)) do made[user.user_id] = user end
    end
    rate = rate or 1000000
    tenant.configure { rates = { global = { rate = rate, per = 1, burst = rate } } }
    return made
end

--- Seeds the tenant, and writes the plan.
---@param links integer
---@param rate? integer calls a second that the tenant grants; more than anything asks for
---@return table files { plan, digest, journal, output, users: of bulk.restored }
function job.prepare(links, rate)
    local users, links_of = plans.groups(sizes_of(links))
    local text = plans.text(tenant.domain, links_of(seed(users, rate)))
    return { plan = process.file(text), digest = accounts_core.sha256(text), journal = command.new_name(),
        output = command.new_name(), users = restored.keep(tenant.users()) }
end

--- Compares the tenant's accounts with what they were before, after an undo.
---@param files table of `prepare`
---@return table result of bulk.restored
function job.compare_users(files)
    local is_primary, is_secondary = {}, {}
    local db = assert(accounts_core.open(files.journal))
    for primary, secondary in db:prepare("SELECT primary_id, secondary_id FROM line"):rows() do
        is_primary[primary], is_secondary[secondary] = true, true
    end
    db:close()
    return files.users:compare(tenant.users(), is_secondary, is_primary)
end

-- ---- the process ----

local function start(files, in_flight)
    local words = command.words { "apply", files.plan, "-j", files.journal, "--approve", files.digest, "--in-flight",
        tostring(in_flight) }
    return (tenant.run(("exec %s >%s 2>&1 & echo $!"):format(words, files.output)):match "%d+")
end

local function is_running(pid)
    return select(2, tenant.run("kill -0 " .. pid .. " 2>/dev/null")) == 0
end

local function peak_of(pid)
    return tonumber(process.read("/proc/" .. pid .. "/status", ""):match "VmHWM:%s*(%d+)") or 0
end

local TIMES = "%) %S+" .. (" %S+"):rep(10) .. " (%d+) (%d+)" -- in ticks, of which a second has 100 on Linux
local TICKS = 100

-- Of a process that is gone, what was known last.
local function note(pid, result)
    result.peak = math.max(result.peak, peak_of(pid))
    local user, system = process.read("/proc/" .. pid .. "/stat", ""):match(TIMES)
    if user then result.seconds = (tonumber(user) + tonumber(system)) / TICKS end
end

local function committed()
    return tenant.record(1, 1).total
end

local function run_until(files, in_flight, count, result)
    local pid = start(files, in_flight)
    while is_running(pid) and committed() < count do
        note(pid, result)
        process.sleep(0.02)
    end
    tenant.run("kill -KILL " .. pid .. " 2>/dev/null")
    while is_running(pid) do process.sleep(0.02) end
    process.sleep(0.3) -- what comes late has come
end

-- ---- what must hold ----

local function changes_from(first)
    return coroutine.wrap(function()
        while first do
            local page = tenant.record(first, PAGE)
            for _, change in ipairs(page.changes) do coroutine.yield(change) end
            first = page.next
        end
    end)
end

-- Each link of the record from a change on: its intent holds what its secondary had.
local function count_images(files, first)
    local db = assert(accounts_core.open(files.journal))
    local statement = db:prepare "SELECT receipt FROM intent WHERE line = ? AND correlation = ? AND kind = 'merge'"
    local found = { links = 0, lost = 0, by_line = {}, next = first }
    for change in changes_from(first) do
        found.next = change.n + 1
        if change.kind == "link" then
            local line = tonumber(change.correlation:match "/(%d+)$")
            local text = statement:first(line, change.correlation)
            local receipt = text and core.decode(text)
            local has_image = receipt and receipt.secondary.id == change.provider .. "|" .. change.user_id
                and receipt.secondary_was.user_metadata:find "value"
            found.links, found.lost = found.links + 1, found.lost + (has_image and 0 or 1)
            found.by_line[line] = (found.by_line[line] or 0) + 1
        end
    end
    db:close()
    return found
end

--- Holds the tenant's record against the journal: each line that was made is linked, once, and nothing else is.
---@param files table of `prepare`
---@param result table gets made, links, and differing: lines of which the two do not say the same
function job.compare(files, result)
    local found = count_images(files, 1)
    local db = assert(accounts_core.open(files.journal))
    result.made, result.differing = 0, 0
    for number, state in db:prepare("SELECT number, state FROM line"):rows() do
        result.made = result.made + (state == "made" and 1 or 0)
        if (found.by_line[number] or 0) ~= (state == "made" and 1 or 0) then
            result.differing = result.differing + 1
        end
    end
    result.last = { made = db:prepare([[SELECT count(*) FROM outcome WHERE made = 'true' AND kind = 'merge'
        AND run = (SELECT max(id) FROM run)]]):first(),
        took = db:prepare("SELECT ended_at - begun_at FROM run ORDER BY id DESC LIMIT 1"):first() }
    db:close()
    result.links = found.links
end

local function finish(files, in_flight, result)
    local pid = start(files, in_flight)
    while is_running(pid) do
        note(pid, result)
        process.sleep(0.05)
    end
    result.passes = result.passes + 1
    return process.read(files.output)
end

-- How many requests there were.
local function asked()
    local count = 0
    for _, times in pairs(tenant.record(1, 1).requests) do count = count + times end
    return count
end

---@param links integer
---@param in_flight integer
---@param kills integer
---@param rate? integer of the tenant's calls a second
---@return table result { made, links, differing, lost, passes, peak (KiB), seconds, last, requests, output, files }:
---seconds of the processor's time in the last pass, and what that made
function job.run(links, in_flight, kills, rate)
    local files = job.prepare(links, rate)
    local result = { lost = 0, passes = 0, peak = 0, seconds = 0, files = files }
    local seen = 1
    local share = math.ceil(2 * links / (kills + 1))
    for _ = 1, kills do
        run_until(files, in_flight, committed() + math.random(1, share), result)
        result.passes = result.passes + 1
        if io.open(files.journal) then
            local found = count_images(files, seen)
            result.lost, seen = result.lost + found.lost, found.next
        end
    end
    for _ = 1, 3 do
        result.output = finish(files, in_flight, result)
        job.compare(files, result)
        if result.made == links then break end
    end
    result.requests = asked()
    return result
end

--- Removes the files.
---@param result table
function job.clean(result)
    local files = result.files
    for _, name in ipairs { files.plan, files.journal, files.journal .. "-wal", files.output } do os.remove(name) end
end

return job
