--- A tenant of any number of accounts, in process: pairs that share an address, and exist from the first request that
--- names one of them until many others were named. So a command's memory is its own.
local accounts_core = require "auth0_accounts.core"
local json = require "auth0.json"
local mock_tenant = require "auth0.mock"

local rows_tenant = {}

local KEPT = 200 -- pairs
local CREATED = "2020-01-01T00:00:00.000Z"

local function fields_of(pair)
    local email = ("person%d@example.com"):format(pair)
    return { user_id = "auth0|p" .. pair, connection = "Username-Password-Authentication", email = email,
        email_verified = true, created_at = CREATED, user_metadata = { own = pair, theme = "dark" } },
        { user_id = "google-oauth2|s" .. pair, connection = "google-oauth2", email = email, email_verified = true,
            created_at = CREATED, user_metadata = { own = -pair, ["key" .. pair] = "value" } }
end

local function planned(fields)
    local identities = json.array { fields.user_id }
    return { user_id = fields.user_id, email = fields.email, email_verified = true, created_at = CREATED,
        identities = identities, connections = json.array { fields.connection },
        digests = { user_metadata = accounts_core.digest(json.encode(fields.user_metadata)) } }
end

--- Writes a plan that links so many pairs.
---@param name string of the file
---@param domain string
---@param pairs_of integer
function rows_tenant.plan(name, domain, pairs_of)
    local file = assert(io.open(name, "wb"))
    file:write(json.encode { plan = 1, domain = domain, links = pairs_of, skipped = 0, options = { proof = "operator",
        user_metadata = "primary_wins", app_metadata = "discard" } }, "\n")
    for pair = 1, pairs_of do
        local primary, secondary = fields_of(pair)
        file:write(json.encode { line = pair, group = pair, primary = planned(primary), secondary = planned(secondary),
            evidence = { folded = primary.email }, patch = { bytes = 1, sha256 = "" }, lost = json.array {} }, "\n")
    end
    assert(file:close())
end

local function forget(users, pair)
    for _, fields in ipairs { fields_of(pair) } do
        local account = users:find(fields.user_id)
        if account then users:remove(account) end
    end
    users.left = {}
end

local function make(mock, pair, is_linked)
    local users = mock.model.world.users
    local primary, secondary = fields_of(pair)
    local one, other = assert(users:add(primary)), assert(users:add(secondary))
    if not is_linked then return end
    local metadata = { own = pair, theme = "dark", ["key" .. pair] = "value" }
    users:link(one, other, "lose")
    users:change(users:find(primary.user_id), { user_metadata = metadata })
end

-- The tenant's logs of a run that linked all pairs: of each pair a patch and a link.
local function entry_of(n, run, date)
    local path, pair = "/api/v2/users/auth0%7Cp", math.floor((n + 1) / 2)
    local is_link = n % 2 == 0
    return { log_id = ("9%019.0f"):format(n), date = date, type = "sapi", details = { request = {
        method = is_link and "post" or "patch", path = path .. pair .. (is_link and "/identities" or "") } },
        references = { correlation_id = ("%s/%d"):format(run, pair) } }
end

local function logs_page(request, run, pairs_of, time)
    local from = tonumber(request.url:match "[?&]from=9(%d+)")
    local page = json.array {}
    for n = (from or 0) + 1, math.min(2 * pairs_of, from and from + 100 or 1) do
        page[#page + 1] = entry_of(n, run, os.date("!%Y-%m-%dT%H:%M:%S.000Z", math.floor(time)))
    end
    return { how = "answered", status = 200, headers = { ["content-type"] = "application/json" },
        body = json.encode(page) }
end

--- A mock whose pairs are linked when they are first named, or are not.
---@param are_linked boolean
---@param run string that the logs have
---@param pairs_of integer that it has linked
---@return auth0.mock.Tenant
function rows_tenant.new(are_linked, run, pairs_of)
    local mock = mock_tenant.new()
    local answer, known, order, at = mock.answer, {}, {}, 0
    mock.model.record:keep(false)
    function mock.answer(self, request)
        if request.url:find("/api/v2/logs?", 1, true) then return logs_page(request, run, pairs_of, mock:time()) end
        local pair = request.url:match "%%7C[ps](%d+)" or request.url:match "person(%d+)%%40"
        if pair and not known[pair] then
            at = at % KEPT + 1
            if order[at] then
                forget(mock.model.world.users, tonumber(order[at]))
                known[order[at]] = nil
            end
            known[pair], order[at] = true, pair
            make(mock, tonumber(pair), are_linked)
        end
        return answer(self, request)
    end
    return mock
end

return rows_tenant
