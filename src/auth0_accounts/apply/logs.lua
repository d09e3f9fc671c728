--- The tenant's own logs, against a journal: its entries of links carry the correlation ids of the journal's runs.
local json = require "auth0.json"
local stop = require "auth0_accounts.stop"

local logs = {}

local TAKE = 100
local LINK = "/identities$"
local DIGITS = 15 -- of a line's number: each Lua has such an integer
local SKEW = 600 -- seconds by which the tenant's clock may be off
local LATE = 3600 -- seconds after a run in which an entry of it may still come
local PRESENT = 60 -- seconds: what is younger is the end of the logs

local function check(list, facts)
    if list == nil then stop.raise(stop.code_of(facts), "%s", facts.message) end
    if not json.is_array(list) then stop.raise(stop.FAILED, "the answer to a read of the logs is no array") end
    return list
end

local function ask(tenant, given)
    local list, _, facts = tenant:request { path = "/api/v2/logs", query = given }
    return check(list, facts)
end

-- Where the next page begins; raises if it would be this one again.
local function checkpoint_after(list, from)
    local last = list[#list]
    local id = json.is_object(last) and last.log_id
    if type(id) == "string" and id ~= from then return id end
    stop.raise(stop.FAILED, "the answer to a read of the logs does not say where the next one begins")
end

local function date_of(instant)
    return os.date("!%Y-%m-%dT%H:%M:%S.000Z", math.floor(instant))
end

local function is_after(entry, instant)
    return json.is_object(entry) and type(entry.date) == "string" and entry.date > date_of(instant)
end

-- Whether nothing of the runs follows a page. The logs of a busy tenant have no end of their own, and their entries are
-- not quite in the order of their dates.
local function is_last(list, latest, now)
    if #list < TAKE and is_after(list[#list], now - PRESENT) then return true end
    for _, entry in ipairs(list) do
        if not is_after(entry, latest) then return false end
    end
    return true
end

-- The oldest entry since an instant, then page by page all after it, by checkpoint: a search would show the first
-- thousand.
local function pages(tenant, since, latest, time)
    local list, from
    return function()
        if not list then
            list = ask(tenant, { q = ("date:[%s TO *]"):format(date_of(since)), sort = "date:1", per_page = 1 })
        elseif #list == 0 or from and is_last(list, latest, time()) then
            return nil
        else
            from = checkpoint_after(list, from)
            list = ask(tenant, { from = from, take = TAKE })
        end
        return list
    end
end

-- The run and the line of an entry about a link that was made; nil of all else.
local function link_of(entry)
    if not json.is_object(entry) or entry.type ~= "sapi" then return nil end
    local request = json.is_object(entry.details) and entry.details.request
    local correlation = json.is_object(entry.references) and entry.references.correlation_id
    if type(request) ~= "table" or type(correlation) ~= "string" then return nil end
    local is_link = tostring(request.method):lower() == "post" and tostring(request.path):find(LINK)
    if not is_link then return nil end
    local run, line = correlation:match "^(.+)/(%d+)$"
    if run and #line <= DIGITS then return run, tonumber(line) end
end

--- Looks through the logs since the journal's first run, up to its last one.
---@param tenant auth0.Tenant
---@param journal auth0_accounts.Journal
---@param time fun(): number UNIX seconds
---@param look fun(done: integer): boolean is called for each page with the links that were found; true: to end it
---@return { unlogged: fun(): integer|nil, unrecorded: fun(): integer|nil }|nil numbers of lines, one after another:
---made, and in no entry of the logs; in one, and not made as the journal has it; nil where it was ended
function logs.compare(tenant, journal, time, look)
    local runs, since, latest = journal:runs()
    local done = 0
    journal:forget_logged()
    for page in pages(tenant, since - SKEW, latest + LATE + SKEW, time) do
        for _, entry in ipairs(page) do
            local run, line = link_of(entry)
            if run and runs[run] then done = done + journal:add_logged(line) end
        end
        if look(done) then return nil end
    end
    return { unlogged = journal:unlogged(), unrecorded = journal:unrecorded() }
end

return logs
