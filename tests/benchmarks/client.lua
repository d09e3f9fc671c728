-- client.lua <from> <to> <in flight> <reserve> <http> [<token file>]: links those pairs as the README says, and prints
-- what it was told.
local auth0 = require "auth0"
local json = require "auth0.mock.text.json"

local from, to, most, reserve, http = tonumber(arg[1]), tonumber(arg[2]), tonumber(arg[3]), tonumber(arg[4]), arg[5]

-- A POST again, without a read that said that the one before had not been carried out.
local blind, is_open = 0, {}
local is_harmless = { unreachable = true, tls = true, rate_limited = true }

local function watch(event)
    if event.kind == "settle" and event.seen == "not_linked" then
        is_open[event.id] = nil
    elseif event.kind == "request" and event.id and event.method == "POST" then
        if is_open[event.id] then blind = blind + 1 end
        is_open[event.id] = not is_harmless[event.code] or nil
    end
end

local tenant = auth0.tenant {
    domain = os.getenv "AUTH0_TENANT_DOMAIN", client_id = "mockclient", client_secret = "mocksecret",
    resolve = { os.getenv "AUTH0_TENANT_RESOLVE" }, ca_file = os.getenv "AUTH0_TENANT_CA", proxy = false,
    http_version = http, reserve = reserve, deadline = 600, token_file = arg[6],
    on_event = watch,
}

-- `failures` for whatever reason, `none` where it was said that nothing was changed.
local told = { done = 0, failed = 0, codes = {}, failures = json.array({}), none = json.array({}) }
local ids = {}
for i = from, to do ids[#ids + 1] = ("%d"):format(i) end

auth0.each(ids, most, function(id)
    local value, _, failure = tenant:link("auth0|" .. id, "google-oauth2|" .. id)
    if value then
        told.done = told.done + 1
        return
    end
    told.failed = told.failed + 1
    told.codes[failure.code] = (told.codes[failure.code] or 0) + 1
    told.failures[#told.failures + 1] = id
    if failure.outcome == "none" then told.none[#told.none + 1] = id end
end)
local stats = tenant:stats()
assert(stats.events_dropped == 0 and stats.event_errors == 0, "not all events were told")
told.calls, told.blind = stats.exchanges, blind
tenant:close()
print(json.encode(told))
