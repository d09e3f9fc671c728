--- Checks all that the other commands rely on, from the configuration to the limits, and changes nothing. What it
--- finds is a list: the first step that fails ends it, since what comes after relies on it.
local auth0 = require "auth0"
local listeners = require "auth0_accounts.apply.listeners"
local settings = require "auth0_accounts.settings"
local stop = require "auth0_accounts.stop"
local tenants = require "auth0_accounts.tenants"
local wording = require "auth0_accounts.wording"

local doctor = {}

---@class auth0_accounts.Finding
---@field check string
---@field state "ok"|"warn"|"fail"
---@field message string
---@field advice? string what to do

---@class auth0_accounts.Doctor
---@field found auth0_accounts.Finding[]
---@field code integer to exit with
local Doctor = {}
local doctor_mt = { __index = Doctor }

function Doctor:add(check, state, message, advice)
    self.found[#self.found + 1] = { check = check, state = state, message = message, advice = advice }
    if state == "fail" and self.code == stop.DONE then self.code = stop.FAILED end
end

function Doctor:fail(code, check, message, advice)
    self.code = code
    self:add(check, "fail", message, advice)
end

-- ---- the configuration ----

local function names_of(values, sources)
    local words = {}
    for _, name in ipairs { "domain", "token", "client_id", "client_secret", "signing_key_file", "audience", "ca_file",
        "resolve" } do
        local value = values[name]
        if name == "token" or name == "client_secret" then value = value and "(secret)" end
        if type(value) == "table" then value = table.concat(value, ", ") end
        if value then words[#words + 1] = ("%s %s from %s"):format(name, value, sources[name]) end
    end
    return table.concat(words, "; ")
end

-- The settings and their sources, or nil.
local function configuration(self, given, world)
    local good, values, sources = pcall(settings.read, given, world)
    local fault = not good and values
    if good then good, fault = pcall(tenants.check, values) end
    if not good then return self:fail(stop.CONFIGURATION, "configuration", tostring(fault)) end
    return values, sources
end

local function modules(self)
    local good = pcall(require, "auth0_accounts.core")
    local versions = ("lua-auth0 %s, %s"):format(auth0._VERSION, (rawget(_G, "jit") or {}).version or _VERSION)
    if good then return self:add("modules", "ok", versions) end
    self:add("modules", "warn", versions .. "; auth0_accounts.core cannot be loaded",
        "without it the commands for many accounts (plan, apply, ...) do not work: install all of auth0-accounts")
end

-- ---- the way to the tenant ----

-- The tenant, whose events tell of the way and of the clock.
local function open(self, values, sources, world)
    local function hear(event)
        if event.kind ~= "request" then return end
        if event.timings and event.status then self.timings = self.timings or event.timings end
        if event.date then self.skew = event.date - os.time() end
    end
    local good, tenant = pcall(tenants.make, values, sources, world, { on_event = hear })
    if not good then return self:fail(stop.CONFIGURATION, "configuration", tostring(tenant)) end
    self:add("configuration", "ok", names_of(values, sources))
    return tenant
end

local function connection(self, failure)
    if failure and failure.code == "tls" then
        local is_of_time = (failure.detail or ""):find "expired" or (failure.detail or ""):find "not yet valid"
        self:fail(stop.UNREACHABLE, "tls", wording.of(failure.message), is_of_time and os.date("this machine's clock "
            .. "says %Y-%m-%d %H:%M: if that is wrong, set it first") or nil)
    elseif failure and failure.code == "unreachable" then
        local is_name = (failure.detail or ""):lower():find "resolv"
        self:fail(stop.UNREACHABLE, is_name and "dns" or "connection", wording.of(failure.message))
    elseif self.timings and self.timings.total > 0 then
        self:add("dns", "ok", ("the name was looked up in %.0f ms"):format(self.timings.dns * 1000))
        self:add("tls", "ok", ("connected, and the certificate accepted, after %.0f ms"):format(
            self.timings.tls * 1000))
    end
end

local CLOCK_WARN, CLOCK_FAIL = 10, 300

local function clock(self)
    if not self.skew then return end
    local seconds = math.abs(self.skew)
    local state = seconds >= CLOCK_FAIL and "fail" or seconds >= CLOCK_WARN and "warn" or "ok"
    local words = seconds < 2 and "this machine's clock agrees with the tenant's"
        or ("this machine's clock is %.0f s %s the tenant's"):format(seconds, self.skew > 0 and "behind" or "ahead of")
    self:add("clock", state, words, state ~= "ok" and "set it by NTP: tokens and receipts depend on it" or nil)
end

-- ---- the token ----

local function is_refused(failure)
    return failure and (failure.code == "unauthorized" or (failure.detail or ""):find "^no token")
end

local function life_of(seconds)
    if seconds < 5400 then return ("%.0f minutes"):format(seconds / 60) end
    return ("%.0f hours"):format(seconds / 3600)
end

local SHORT = 3600

local function token(self, claims, is_given)
    local left = claims and claims.exp and claims.exp - os.time()
    if not claims then
        self:add("token", "warn", "it is accepted; it is no JWT, so its scopes and its end are not known")
    elseif is_given and left and left < SHORT then
        self:add("token", "warn", ("it is accepted, and ends in %s"):format(life_of(math.max(left, 0))),
            "for longer work set AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET: then it is renewed")
    else
        self:add("token", "ok", "it is accepted" .. (left and ", and lives " .. life_of(left) or ""))
    end
end

-- Whose scopes, what they are for, and what their lack is.
local PURPOSES = {
    { "show, link, unlink, merge and undo", "fail", { "read:users", "update:users" } },
    { "the checks of preview and merge", "warn", { "read:authentication_methods", "read:organizations", "read:groups",
        "read:roles", "read:connections", "read:scim_config", "read:directory_provisionings", "read:event_streams" },
        "give the application these scopes; or leave the checks out, with --check, --no-checks or --allow-unreadable" },
    { "apply, which asks who hears of user.deleted", "warn", { "read:event_streams" } },
    { "verify --logs", "ok", { "read:logs" } },
    { "--carry organizations, and its undo", "ok", { "create:organization_members", "delete:organization_members" } },
    { "--revoke", "ok", { "delete:sessions", "delete:refresh_tokens" } },
    { "--reset-password", "ok", { "create:user_tickets" } },
}

local function scopes_of(claims)
    local has, count = {}, 0
    for word in claims.scope:gmatch "%S+" do
        has[word] = true
        count = count + 1
    end
    return has, count
end

local function lacking(needed, has)
    local list = {}
    for _, scope in ipairs(needed) do
        if not has[scope] then list[#list + 1] = scope end
    end
    return list
end

local AT_MOST = 8

local function surplus(self, has)
    local used, list = { ["create:role_members"] = true, ["delete:role_members"] = true }, {}
    for _, purpose in ipairs(PURPOSES) do
        for _, scope in ipairs(purpose[3]) do used[scope] = true end
    end
    for scope in pairs(has) do
        if not used[scope] then list[#list + 1] = scope end
    end
    if not list[1] then return end
    table.sort(list)
    local more = #list > AT_MOST and (" and %d more"):format(#list - AT_MOST) or ""
    self:add("scopes", "warn", "not needed by any command: " .. table.concat(list, ", ", 1, math.min(#list, AT_MOST))
        .. more, "take them from the application: a token that is stolen can then do less")
end

local function scopes(self, claims)
    if not claims or not claims.scope then
        return self:add("scopes", "warn", "the token does not say its scopes", "look at the application's scopes "
            .. "for the Management API in the dashboard")
    end
    local has, count = scopes_of(claims)
    if count == 0 then self:add("scopes", "fail", "the token has none") end
    for _, purpose in ipairs(PURPOSES) do
        local what, state, list = purpose[1], purpose[2], table.concat(lacking(purpose[3], has), ", ")
        if list == "" then
            self:add("scopes", "ok", "enough for " .. what)
        elseif state == "ok" then
            self:add("scopes", "ok", ("not given, and needed for %s alone: %s"):format(what, list))
        else
            self:add("scopes", state, ("lacking for %s: %s"):format(what, list),
                purpose[4] or "give the application these scopes")
        end
    end
    surplus(self, has)
end

-- ---- the tenant ----

local function limits(self, tenant)
    local buckets, words = tenant:stats().buckets or {}, {}
    for name, bucket in pairs(buckets) do
        words[#words + 1] = ("%s: %.0f at once, %.0f left"):format(name, bucket.limit, bucket.left)
    end
    table.sort(words)
    self:add("limits", "ok", words[1] and table.concat(words, "; ") or "the tenant tells of none")
end

local function events(self, tenant)
    local names, failure = listeners.find(tenant)
    if not names and failure.status == 404 then names = {} end -- a tenant without event streams
    if not names then
        return self:add("events", "warn", "who hears of user.deleted cannot be read: " .. wording.of(failure.message),
            "give the token read:event_streams; else look yourself: each link sends that event")
    end
    if not names[1] then return self:add("events", "ok", "no event stream hears of user.deleted") end
    self:add("events", "warn", "hear of user.deleted, which each link sends: " .. table.concat(names, ", "),
        "make sure that none of them deletes the person's data")
end

local function ask(self, tenant, values)
    local answer, message, facts = tenant:request { path = "/api/v2/users", query = { per_page = 1,
        fields = "user_id", include_fields = true } }
    local failure = answer == nil and facts or nil
    connection(self, failure)
    if self.code == stop.UNREACHABLE then return end
    clock(self)
    if is_refused(failure) then return self:fail(stop.CONFIGURATION, "token", wording.of(message)) end
    if failure and failure.code ~= "forbidden" then return self:fail(stop.FAILED, "tenant", wording.of(message)) end
    local claims = tenant:claims()
    token(self, claims, values.token ~= nil)
    scopes(self, claims)
    if failure then return self:add("tenant", "fail", wording.of(message)) end
    limits(self, tenant)
    events(self, tenant)
end

---@param given table arguments
---@param world auth0_accounts.World
---@return auth0_accounts.Doctor
function doctor.look(given, world)
    local self = setmetatable({ found = {}, code = stop.DONE }, doctor_mt)
    modules(self)
    local values, sources = configuration(self, given, world)
    local tenant = values and open(self, values, sources, world)
    if not tenant then return self end
    local good, fault = pcall(ask, self, tenant, values)
    tenant:close()
    if not good then error(fault, 0) end
    return self
end

return doctor
