--- Finding accounts: by an address, which is exact and up to date, or by a query, which is neither.
local addresses = require "auth0.tenant.addresses"
local call = require "auth0.tenant.call"
local failure = require "auth0.failure"
local pages = require "auth0.tenant.pages"
local paths = require "auth0.tenant.paths"

local search = {}

local by_email = call.method { caller = "tenant:users_by_email", is_read = true }
local users = call.method { caller = "tenant:users", is_read = true, own = {
    q = "string", sort = "string", fields = "fields", include_fields = "flag", connection = "string",
    per_page = "page_size", search_engine = "string", primary_order = "flag",
} }

--- Accounts with this address. The tenant compares upper and lower case as well. It keeps the addresses of its
--- databases in lower case, and others as the provider wrote them: so it is asked for the address as given, and for its
--- lower case (ASCII). It shows every change at once.
---@param email string
---@param given? auth0.Defaults
---@return table[]|nil users in the order in which the tenant has them; none twice
---@return string|nil message
---@return auth0.Receipt|auth0.Failure of the last request
function search:users_by_email(email, given)
    call.check_open(self, by_email.caller, 2)
    if type(email) ~= "string" or email == "" then
        error(("%s: expected an address, got %s"):format(by_email.caller, email == "" and "an empty text" or
            "a " .. type(email)), 2)
    end
    local checked = call.options(self, by_email, given, 2)
    local found, message, facts = addresses.find(self, by_email, checked, call.span(self, checked), email, 2)
    return found, message, facts
end

local CAP = 1000 -- the tenant shows no more of any search
local PER_PAGE = 50
local BYTES, MORE = 524288, 1048576 -- of an answer, and of one with more accounts: ten KiB for each
local HEAVY = 1048576 -- bytes of memory; the accounts of a page seldom take as many

-- A public cloud gives 50 where 100 are asked for.
local function size_of(page, asked)
    local limit = page.limit
    return type(limit) == "number" and limit >= 1 and limit < asked and limit or asked
end

-- One page, or nil where there are no more. Raises the failure.
local function next_page(self, state, level)
    local checked, per_page = state.checked, state.checked.per_page or PER_PAGE
    local query = { page = state.page, per_page = per_page, include_totals = true,
        search_engine = checked.search_engine or "v3" }
    for _, name in ipairs { "q", "sort", "fields", "include_fields", "connection", "primary_order" } do
        query[name] = checked[name]
    end
    local span = call.span(self, checked, per_page > PER_PAGE and MORE or BYTES)
    local page, _, what = call.request(self, users, checked, { method = "GET", promise = "object", span = span,
        path = "/api/v2/users" .. paths.query(query) }, level + 1)
    if not page then error(what, 0) end
    state.memory = span.weight
    state.page_size = size_of(page, per_page)
    local fault = pages.take(state.pages, page.users, page.total, state.page_size)
    if fault then error(select(3, call.bad_response(self, users, what, fault)), 0) end
    state.total = page.total
    state.page = state.page + 1
    return page.users
end

local STEP = _VERSION == "Lua 5.5" and 1 or 1024 -- bytes: the unit of a collector's step

-- Before the next page comes. A collector would wait until memory has doubled: a heavy page is not left to it. Of two
-- cycles, the second begins after the page was dropped.
local function drop_page(state)
    local is_heavy, size = state.memory > HEAVY, math.floor(state.memory / STEP)
    state.list, state.at, state.memory = {}, 0, 0
    for _ = 1, is_heavy and 2 or 0 do collectgarbage("step", size) end
end

local function capped(self, state)
    local _, _, what = failure.make("invalid_request", { outcome = "none", attempts = 0, elapsed = 0 },
        "tenant:users: %s finds %.0f accounts, and shows the first %d of a search: use tenant:export, or narrow q",
        self.domain, state.total, CAP)
    return what
end

local function is_at_end(self, state)
    if state.page == 0 then return false end
    if state.pages.shown >= state.total then return true end
    if (state.page + 1) * state.page_size > CAP then error(capped(self, state), 0) end
    return false
end

---@class auth0.UsersOptions: auth0.Defaults
---@field q? string Lucene; all accounts
---@field sort? string "created_at:1"
---@field fields? string|string[]
---@field include_fields? boolean
---@field connection? string
---@field per_page? integer 1 to 100; 50, the most that a public cloud gives
---@field search_engine? string "v3"
---@field primary_order? boolean

--- Accounts that a query finds, page after page. Unfit to decide what is linked: the index is minutes behind and
--- compares without regard to case, and 1,000 accounts are shown at most; users_by_email and export do better.
---
---     for user in tenant:users { q = 'email:"ann@example.com"' } do print(user.user_id) end
---
--- A failure is raised: its table, whose tostring is the message. That there are more than can be shown is one.
---@param given? auth0.UsersOptions
---@return fun(): table|nil iterator
function search:users(given)
    local state = { checked = call.options(self, users, given, 2), page = 0, total = 0, list = {}, at = 0,
        memory = 0, pages = pages.new("users", "user_id") }
    return function()
        while state.at == #state.list do
            if is_at_end(self, state) then return nil end
            drop_page(state)
            state.list = next_page(self, state, 2)
        end
        state.at = state.at + 1
        return state.list[state.at]
    end
end

return search
