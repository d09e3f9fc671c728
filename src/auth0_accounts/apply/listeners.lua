--- Who is told that a user was deleted: every link makes the tenant say so of the secondary, and a listener may then
--- delete the person's data.
local stop = require "auth0_accounts.stop"
local wording = require "auth0_accounts.wording"

local listeners = {}

local EVENT = "user.deleted"

local function listens(stream)
    if stream.status == "disabled" then return false end
    for _, subscription in ipairs(stream.subscriptions or {}) do
        if subscription.event_type == EVENT then return true end
    end
    return false
end

--- The names of the streams that listen.
---@param tenant auth0.Tenant
---@return string[]|nil names
---@return auth0.Failure|nil failure
function listeners.find(tenant)
    local names, from = {}, nil
    repeat
        local page, _, facts = tenant:request { path = "/api/v2/event-streams", query = { take = 50, from = from } }
        if not page then return nil, facts end
        for _, stream in ipairs(page.eventStreams or page) do
            if listens(stream) then names[#names + 1] = tostring(stream.name or stream.id) end
        end
        from = page.next
    until type(from) ~= "string"
    return names
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
    if not names and (failure.code == "forbidden" or failure.status == 400) then
        stop.raise(stop.USAGE, UNREAD, EVENT, wording.of(failure.message))
    elseif not names then
        stop.raise(stop.code_of(failure), "%s", wording.of(failure.message))
    elseif names[1] then
        stop.raise(stop.USAGE, HEARD, #names == 1 and "an event stream" or #names .. " event streams",
            #names == 1 and "s" or "", EVENT, table.concat(names, ", "))
    end
end

return listeners
