--- The tenant's connections, for instance to find a connection_id.
local ask = require "auth0.tenant.ask"
local paths = require "auth0.tenant.paths"

local connections = {}

local list = { caller = "tenant:connections", goal = "request", is_read = true,
    options = ask.specify("request", {}, { name = "string", strategy = "string", fields = "fields",
        include_fields = "flag" }) }

local PER_PAGE = 50

local function fault_of(some, total, seen)
    if not ask.is_list(some) then return "its connections are no array of objects" end
    if type(total) ~= "number" then return "its total is no number" end
    if #some == 0 and seen < total then return "a page is empty, and its total says more" end
end

---@class auth0.ConnectionsOptions: auth0.Defaults
---@field name? string that one
---@field strategy? string "auth0", "google-oauth2", ...
---@field fields? string|string[]
---@field include_fields? boolean

--- All connections that fit (read:connections), page after page.
---@param given? auth0.ConnectionsOptions
---@return table[]|nil connections each with id, name, strategy
---@return string|nil message
---@return auth0.Receipt|auth0.Failure of the last request
function connections:connections(given)
    local first = ask.order(self, list, given, 2)
    local found, page = {}, 0
    ask.bound(self, first)
    while true do
        local order = ask.again(self, first, 2)
        order.path = "/api/v2/connections" .. paths.query { page = page, per_page = PER_PAGE, include_totals = true,
            name = order.name, strategy = order.strategy, fields = order.fields, include_fields = order.include_fields }
        order.method, order.promise = "GET", "object"
        local answer, message, facts = ask.perform(self, list, order, 2)
        if not answer then return nil, message, facts end
        local some, total = answer.connections, answer.total
        local fault = fault_of(some, total, #found)
        if fault then return ask.bad_response(self, list, facts, fault) end
        for _, connection in ipairs(some) do found[#found + 1] = connection end
        page = page + 1
        if #found >= total then return found, nil, facts end
    end
end

return connections
