--- The tenant's connections, for instance to find a connection_id.
local call = require "auth0.tenant.call"
local pages = require "auth0.tenant.pages"
local paths = require "auth0.tenant.paths"

local connections = {}

local list = call.method { caller = "tenant:connections", is_read = true,
    own = { name = "string", strategy = "string", fields = "fields", include_fields = "flag" } }

local PER_PAGE = 50
local CAP = 1000 -- the API shows no more page by page
local FIELDS, BYTES = "id,name,strategy", 524288 -- of a page with these; with others it may be several times as large

-- What is asked for. `include_fields = false` without fields leaves out nothing: all of them come.
local function fields_of(checked)
    if checked.fields or checked.include_fields == false then return checked.fields, checked.include_fields end
    return FIELDS, nil
end

local function fault_of(read, answer)
    if type(answer.total) == "number" and answer.total > CAP then
        return ("it has %.0f connections, and the API shows the first %d: give name or strategy"):format(answer.total,
            CAP)
    end
    return pages.take(read, answer.connections, answer.total, PER_PAGE)
end

---@class auth0.ConnectionsOptions: auth0.Defaults
---@field name? string that one
---@field strategy? string "auth0", "google-oauth2", ...
---@field fields? string|string[] instead of id, name and strategy
---@field include_fields? boolean false: all fields except these; without `fields`, all

--- All connections that fit (read:connections), page after page.
---@param given? auth0.ConnectionsOptions
---@return table[]|nil connections each with id, name, strategy
---@return string|nil message
---@return auth0.Receipt|auth0.Failure of the last request
function connections:connections(given)
    local checked = call.options(self, list, given, 2)
    local fields, include_fields = fields_of(checked)
    local found, page, span = {}, 0, call.span(self, checked, fields == FIELDS and BYTES or nil)
    local read = pages.new("connections", "id")
    while true do
        local path = "/api/v2/connections" .. paths.query { page = page, per_page = PER_PAGE, include_totals = true,
            name = checked.name, strategy = checked.strategy, fields = fields,
            include_fields = include_fields }
        local answer, message, facts = call.request(self, list, checked,
            { method = "GET", path = path, promise = "object", span = span }, 2)
        if not answer then return nil, message, facts end
        local fault = fault_of(read, answer)
        if fault then return call.bad_response(self, list, facts, fault) end
        for _, connection in ipairs(answer.connections) do found[#found + 1] = connection end
        page = page + 1
        if #found >= answer.total then return found, nil, facts end
    end
end

return connections
