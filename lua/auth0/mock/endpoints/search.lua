--- Finding accounts: GET /api/v2/users and GET /api/v2/users-by-email.
local errors = require "auth0.mock.text.errors"
local json = require "auth0.mock.text.json"
local lucene = require "auth0.mock.text.lucene"
local query = require "auth0.mock.text.query"
local registry = require "auth0.mock.model.registry"
local shape = require "auth0.mock.model.shape"
local user_view = require "auth0.mock.model.user_view"
local wire = require "auth0.mock.text.wire"

local search = {}

local users_rules = query.rules(query.pages, query.fields, {
    q = { kind = "text" }, sort = { kind = "text" }, connection = { kind = "text" },
    primary_order = { kind = "boolean" },
    search_engine = { kind = "word", words = { v1 = true, v2 = true, v3 = true } },
})
local email_rules = query.rules(query.fields, { email = { kind = "text" } })

--- The order of "field:1" and "field:-1"; accounts that lack the field come last.
local function comparison(text)
    local field, sign = text:match("^([%w_.]+):(-?1)$")
    if not field then
        return nil, query.refuse("Invalid value \"" .. text .. "\"", "sort")
    end
    return function(a, b)
        local one, other = lucene.values(a.account, field)[1], lucene.values(b.account, field)[1]
        if one == other then
            return a.position < b.position
        elseif one == nil or other == nil then
            return other == nil
        elseif sign == "1" then
            return one < other
        end
        return one > other
    end
end

local function everything()
    return true
end

local function matcher(call, values)
    if not values.q or not values.q:find("%S") then
        return everything
    elseif #values.q > call.world.settings.query_limit then
        return nil, errors.answer("query_too_long")
    end
    local matches, message = lucene.compile(values.q)
    return matches, message and query.refuse(message, "q") or nil
end

--- The part of the records that was asked for.
---@return table|nil window {start, limit}
---@return auth0.mock.answer|nil refusal
local function window_of(call, values)
    local settings = call.world.settings
    if settings.per_page_over == "refuse" and (values.per_page or 0) > settings.per_page_max then
        return nil, query.refuse(("Value %d is greater than maximum %d"):format(values.per_page,
            settings.per_page_max), "per_page")
    end
    local start, limit = query.window(values, math.max(1, math.floor(settings.per_page_max / 2)), settings.per_page_max)
    if start + limit > settings.search_cap then
        return nil, errors.answer("search_cap", settings.search_cap)
    end
    return { start = start, limit = limit }
end

--- The accounts that match. Where nothing is to be sorted, only those that are shown are kept.
local function found(call, matches, order, start, limit)
    local list, total = {}, 0
    for account in call.world.users.index:each() do
        if matches(account) then
            total = total + 1
            if order or total > start and total <= start + limit then
                list[#list + 1] = { account = account, position = total }
            end
        end
    end
    if order then
        table.sort(list, order)
    end
    return list, total
end

local function answer(call, values, window, matches, order)
    local start, limit = window.start, window.limit
    local list, total = found(call, matches, order, start, limit)
    local users, show, skipped = json.array({}), user_view.show(call), order and start or 0
    for i = skipped + 1, math.min(skipped + limit, #list) do
        users[#users + 1] = query.pick(user_view.account(list[i].account, show), values)
    end
    if not values.include_totals then
        return wire.answer(200, users)
    end
    return wire.answer(200, { start = start, limit = limit, length = #users, users = users, total = total })
end

---GET /api/v2/users
---@param call table
---@return auth0.mock.answer
function search.users(call)
    local values, refusal = registry.of_tenant(call, users_rules, "read:users")
    local matches, order
    if not refusal then
        matches, refusal = matcher(call, values)
    end
    if not refusal and values.sort then
        order, refusal = comparison(values.sort)
    end
    if refusal then
        return refusal
    end
    local window
    window, refusal = window_of(call, values)
    return refusal or answer(call, values, window, matches, order)
end

local function has_address(account, email)
    for i = 2, #account.identities do
        local profile = account.identities[i].profileData
        if profile and profile.email == email then
            return true
        end
    end
    return false
end

local function with_address(world, email)
    local list = shape.copy(world.users.addresses:of(email))
    if world.settings.email_finds_secondaries then
        for account in world.users:each() do
            if account.email ~= email and has_address(account, email) then
                list[#list + 1] = account
            end
        end
    end
    table.sort(list, function(a, b) return a.user_id < b.user_id end)
    return list
end

---GET /api/v2/users-by-email: by the address as it stands, and without the search's lag.
---@param call table
---@return auth0.mock.answer
function search.by_email(call)
    local values, refusal = registry.of_tenant(call, email_rules, "read:users")
    if refusal then
        return refusal
    elseif not values.email or values.email == "" then
        return query.refuse("Missing required property: email")
    end
    local list, show = json.array({}), user_view.show(call)
    for i, account in ipairs(with_address(call.world, values.email)) do
        list[i] = query.pick(user_view.account(account, show), values)
    end
    return wire.answer(200, list)
end

return search
