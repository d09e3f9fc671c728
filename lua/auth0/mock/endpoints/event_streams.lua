--- Who is told of the tenant's events: GET /api/v2/event-streams. The model sends none: its record tells the same.
local json = require "auth0.mock.text.json"
local query = require "auth0.mock.text.query"
local registry = require "auth0.mock.model.registry"

local event_streams = {}

---@class auth0.mock.event_stream
---@field id string "est_..."
---@field name string|nil
---@field subscriptions string[]|nil types of events, "user.deleted"
---@field status "enabled"|"disabled"|nil

---@return table registry
function event_streams.new()
    return registry.new(function(stream)
        local subscriptions = json.array({})
        for i, name in ipairs(stream.subscriptions or {}) do
            subscriptions[i] = { event_type = name }
        end
        return { id = stream.id, name = stream.name or stream.id, subscriptions = subscriptions,
            status = stream.status or "enabled", destination = { type = "webhook",
                configuration = { webhook_endpoint = "https://events.example/",
                    webhook_authorization = { method = "bearer" } } } }
    end)
end

---@param call table
---@return auth0.mock.answer
function event_streams.list(call)
    local values, refusal = registry.of_tenant(call, query.checkpoints, "read:event_streams")
    if refusal then
        return refusal
    end
    return query.checkpoint(call.world.event_streams:every(), values, "eventStreams")
end

return event_streams
