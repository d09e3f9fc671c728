--- Who is told that a user was deleted: every link makes the tenant say so of the secondary, and a listener may then
--- delete the person's data.
local json = require "auth0.json"
local stop = require "auth0_accounts.stop"
local wording = require "auth0_accounts.wording"

local listeners = {}

local EVENT = "user.deleted"

local MOST = 100 -- pages

-- Nil where it cannot be known.
local function listens(stream)
    if not json.is_object(stream) or not json.is_array(stream.subscriptions) then return nil end
    for _, subscription in ipairs(stream.subscriptions) do
        if not json.is_object(subscription) then return nil end
        if subscription.event_type == EVENT then return stream.status ~= "disabled" end
    end
    return false
end

-- False where it is no list of streams.
local function add_all(names, streams)
    if not json.is_array(streams) then return false end
    for _, stream in ipairs(streams) do
        local is_listener = listens(stream)
        if is_listener == nil then return false end
        if is_listener then names[#names + 1] = tostring(stream.name or stream.id) end
    end
    return true
end

local function bad(tenant)
    return { code = "bad_response", outcome = "none",
        message = ("the answer of %s to event-streams is not what the API promises"):format(tenant.domain) }
end

--- The names of the streams that listen.
---@param tenant auth0.Tenant
---@return string[]|nil names
---@return auth0.Failure|nil failure
function listeners.find(tenant)
    local names, from = {}, nil
    for _ = 1, MOST do
        local page, _, facts = tenant:request { path = "/api/v2/event-streams", query = { take = 50, from = from } }
        if page == nil then return nil, facts end
        if not add_all(names, json.is_object(page) and page.eventStreams or page) then return nil, bad(tenant) end
        from = page.next
        if type(from) ~= "string" then return names end
    end
    return nil, bad(tenant)
end

local HEARD = "%s of this tenant listen%s to %s (%s): each link makes the tenant send it for the secondary, and a "
    .. "listener may delete the person's data: look at each, and then give --acknowledge-events"
local UNREAD = "whether an event stream listens to %s cannot be read (%s): give the token read:event_streams, or, if "
    .. "you know, --acknowledge-events"

--- Raises where a stream listens, or where that cannot be read.
---@param tenant auth0.Tenant
function listeners.check(tenant)
    local names, failure = listeners.find(tenant)
    if not names and failure.status == 404 then return end -- a tenant without event streams
    if not names and (failure.code == "forbidden" or failure.code == "bad_response" or failure.status == 400) then
        stop.raise(stop.USAGE, UNREAD, EVENT, wording.of(failure.message))
    elseif not names then
        stop.raise(stop.code_of(failure), "%s", wording.of(failure.message))
    elseif names[1] then
        stop.raise(stop.USAGE, HEARD, #names == 1 and "an event stream" or #names .. " event streams",
            #names == 1 and "s" or "", EVENT, table.concat(names, ", "))
    end
end

return listeners
