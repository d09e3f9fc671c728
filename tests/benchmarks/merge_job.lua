--- A job of many merges that is killed at random and started again, while one request in ten suffers a fault. Forty of
--- them have one primary. What it may lose is looked at after every kill: the metadata of a secondary that is gone
--- stands in its primary, or in a receipt that was written before anything was sent.
local auth0 = require "auth0"
local cjson = require "cjson"
local core = require "auth0.core"
local linking = require "support.linking"
local matrix = require "support.matrix"
local process = require "support.process"
local tenant = require "support.tenant"

local json = tenant.json
local job = {}

local here = debug.getinfo(1, "S").source:match("^@(.*/)")
local SHARE, WINDOW, GROUP = 0.1, 25, 40
local ENDPOINTS = { { "POST", "/api/v2/users/{id}/identities" }, { "PATCH", "/api/v2/users/{id}" },
    { "GET", "/api/v2/users/{id}" } }

-- Every fault gets its turn, for a few requests each, over and over. A 401 is left out: to a tenant that does not take
-- the tokens that it gives, a client is meant to come back ever more rarely.
local function arm(count)
    for _, endpoint in ipairs(ENDPOINTS) do
        local orders, number = json.array({}), 0
        while #orders * WINDOW < 2 * count do
            local fault = matrix.faults[number % #matrix.faults + 1][1]
            number = number + 1
            if not fault:find("401", 1, true) then
                orders[#orders + 1] = { fault = fault, method = endpoint[1], template = endpoint[2], count = WINDOW,
                    probability = SHARE, seed = number }
            end
        end
        tenant.control("POST", "/_tenant/arm", orders)
    end
end

local function pairs_of(count)
    local all = {}
    for i = 1, count do
        all[i] = { primary = i <= GROUP and "auth0|group" or "auth0|" .. i, secondary = "google-oauth2|" .. i,
            metadata = { ["own" .. i] = i, common = i } }
    end
    return all
end

local function reset(all)
    local accounts, known = json.array({}), {}
    tenant.reset()
    for i, pair in ipairs(all) do
        if not known[pair.primary] then accounts[#accounts + 1] = { user_id = pair.primary } end
        known[pair.primary] = true
        accounts[#accounts + 1] = { user_id = pair.secondary, user_metadata = pair.metadata }
        if #accounts >= 5000 or i == #all then
            tenant.control("POST", "/_tenant/users", accounts)
            accounts = json.array({})
        end
    end
    tenant.configure { rates = { global = { rate = 1000000, per = 1, burst = 1000000 } } }
end

local function start(files, most)
    local command = ("%s %s '%smerge_pass.lua' %s %s %s %d >&2 & echo $!"):format(linking.environment(),
        process.lua(), here, process.quoted(files.journal), process.quoted(files.receipts),
        process.quoted(files.accounts), most)
    return (tenant.run(command):match "%d+")
end

local function is_running(pid)
    return select(2, tenant.run("kill -0 " .. pid .. " 2>/dev/null")) == 0
end

local function read_journal(name)
    local told = { done = {}, count = 0, codes = {} }
    for line in io.lines(name) do
        local word, id, code = line:match "^(%l+) (%S+) (%S+)$"
        if word == "done" and not told.done[id] then
            told.done[id], told.count = true, told.count + 1
        elseif word and word ~= "done" then
            told.codes[code] = (told.codes[code] or 0) + 1
        end
    end
    return told
end

local function read_receipts(name)
    local receipts = {}
    for line in io.lines(name) do
        local good, receipt = pcall(cjson.decode, line)
        if good and type(receipt) == "table" then
            receipts[receipt.secondary.id] = core.decode(receipt.secondary_was.user_metadata)
        end
    end
    return receipts
end

-- What the tenant has now: every account, by its id; and on which account each identity is.
local function look(all)
    local own = auth0.tenant { domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca, proxy = false,
        token = tenant.token() }
    local ids, users, holder = {}, {}, {}
    for _, pair in ipairs(all) do
        if not users[pair.primary] then ids[#ids + 1] = pair.primary end
        users[pair.primary] = {}
        ids[#ids + 1] = pair.secondary
    end
    auth0.each(ids, 50, function(id)
        local user, message, failure = own:user(id)
        assert(user or failure.code == "not_found", message)
        users[id] = user
        for _, identity in ipairs(user and user.identities or {}) do
            holder[identity.provider .. "|" .. identity.user_id] = id
        end
    end)
    own:close()
    return users, holder
end

local function has_all(metadata, wanted)
    for key, value in pairs(wanted) do
        if (metadata or {})[key] ~= value then return false end
    end
    return true
end

-- `lost`: a secondary is gone, and its metadata is nowhere. `halves`: it was told merged, and is not, or its primary
-- lacks what it was to take over.
local function judge(all, files)
    local users, holder = look(all)
    local told, receipts = read_journal(files.journal), read_receipts(files.receipts)
    local found = { lost = 0, halves = 0, merged = 0 }
    for _, pair in ipairs(all) do
        local is_gone = holder[pair.secondary] == pair.primary
        local primary = users[pair.primary]
        local stands = has_all(primary.user_metadata, pair.metadata)
        local is_kept = stands or has_all(receipts[pair.secondary], pair.metadata)
        local is_whole = holder[pair.secondary] == pair.secondary
            and has_all(users[pair.secondary].user_metadata, pair.metadata)
        local own = pair.secondary:match "%d+$"
        found.merged = found.merged + (is_gone and 1 or 0)
        if not is_whole and not (is_gone and is_kept) then found.lost = found.lost + 1 end
        local has_own = (primary.user_metadata or {})["own" .. own] ~= nil
        if told.done[pair.secondary] and not (is_gone and has_own) then found.halves = found.halves + 1 end
    end
    return found
end

local function files_of(all)
    local lines = {}
    for i, pair in ipairs(all) do lines[i] = pair.primary .. " " .. pair.secondary .. "\n" end
    return { journal = process.file "", receipts = process.file "", accounts = process.file(table.concat(lines)) }
end

-- Lets it run until so many are told as done, or it ends.
local function run_until(files, most, count)
    local pid = start(files, most)
    while is_running(pid) and read_journal(files.journal).count < count do process.sleep(0.05) end
    tenant.run("kill -KILL " .. pid .. " 2>/dev/null")
    while is_running(pid) do process.sleep(0.02) end
    process.sleep(0.5) -- what comes late has come
end

---@param count integer merges
---@param most integer in flight
---@param kills integer
---@return table result {told, lost, halves, merged, passes}
function job.run(count, most, kills)
    local all = pairs_of(count)
    local files = files_of(all)
    local result = { lost = 0, halves = 0, passes = 0 }
    reset(all)
    repeat
        result.passes = result.passes + 1
        arm(count)
        local least = read_journal(files.journal).count
        local is_killed = result.passes <= kills
        run_until(files, most, is_killed and least + math.random(1, math.ceil(count / (kills + 1))) or math.huge)
        tenant.control("POST", "/_tenant/disarm", {})
        local found = judge(all, files)
        result.lost, result.halves = result.lost + found.lost, result.halves + found.halves
        result.merged, result.told = found.merged, read_journal(files.journal)
    until result.told.count == count or result.passes > kills + 12
    for _, name in pairs(files) do os.remove(name) end
    return result
end

return job
