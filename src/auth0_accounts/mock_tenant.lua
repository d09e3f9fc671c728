--- A tenant to try the commands on: the library's mock, whose accounts are a file, one JSON object a line. Its clock is
--- this machine's; what has to wait there takes no time.
local core = require "auth0.core"
local json = require "auth0.json"
local mock = require "auth0.mock"
local private_file = require "auth0_accounts.private_file"
local regular = require "auth0_accounts.regular"
local stop = require "auth0_accounts.stop"

local mock_tenant = {}

local BEGINS = 1700000000 -- the clock of every mock

local function add(tenant, path, number, line)
    local fields, fault = core.decode(line)
    local good = type(fields) == "table"
    if good then
        good, fault = pcall(tenant.add_user, tenant, fields)
    else
        fault = "expected an account, as a JSON object" .. (fault and ": " .. fault or "")
    end
    if not good then stop.raise(stop.USAGE, "%s:%d: %s", path, number, tostring(fault)) end
end

---@param path string
---@return auth0.mock.Tenant
function mock_tenant.open(path)
    regular.check(path)
    local file, fault = io.open(path, "rb")
    if not file then
        stop.raise(stop.USAGE, '%s ("auth0-accounts mock %s" makes a tenant of made-up accounts)', fault, path)
    end
    local tenant, number = mock.new(), 0
    tenant:advance(math.max(os.time() - BEGINS, 0))
    for line in file:lines() do
        number = number + 1
        if line:find "%S" then add(tenant, path, number, line) end
    end
    file:close()
    return tenant
end

local function line_of(account)
    return json.encode(account) .. "\n"
end

local function text_of(accounts)
    local lines = {}
    for i, account in ipairs(accounts) do lines[i] = line_of(account) end
    return table.concat(lines)
end

--- Puts the accounts as they are now into the file.
---@param tenant auth0.mock.Tenant
---@param path string
function mock_tenant.save(tenant, path)
    local saved, fault = private_file.replace(path, text_of(tenant:users()))
    if not saved then stop.raise(stop.FAILED, "%s: the mock's accounts cannot be written (%s)", path, fault) end
end

-- ---- made-up accounts ----

local NAMES = { "Ann", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Ida", "Jan", "Kim", "Lou", "Mia", "Noa" }

local KINDS = {
    database = { "auth0|%024x", "Username-Password-Authentication" },
    google = { "google-oauth2|1%020d", "google-oauth2" },
    github = { "github|%07d", "github" },
}

-- Persons, one after another and over again: the kinds of their accounts, and what is odd about the last of these.
local PERSONS = {
    { "database" }, { "google", "github" }, { "google" }, { "database", "google" }, { "database" },
    { "google", "github", case = true }, { "github" }, { "google", "github", fields = { email_verified = false } },
    { "database", "google", "github" }, { "google", "github", fields = { blocked = true } }, { "google" },
}

local function time_of(number)
    return ("20%02d-%02d-%02dT08:00:00.000Z"):format(18 + number % 7, 1 + number % 12, 1 + number % 28)
end

local function account_of(person, i, number, name)
    local kind, is_last = KINDS[person[i]], i == #person
    local account = { user_id = kind[1]:format(number), connection = kind[2], name = name, email_verified = true,
        email = (is_last and person.case and name or name:lower()) .. "@example.com", created_at = time_of(number),
        last_login = "2026-01-02T08:00:00.000Z", logins_count = number % 40,
        user_metadata = { theme = number % 2 == 0 and "dark" or "light", [person[i]] = true } }
    for field, value in pairs(is_last and person.fields or {}) do account[field] = value end
    return account
end

--- Made-up accounts, the same in each run: some of them are duplicates.
---@param count integer
---@return string one JSON object a line, as an export has them
function mock_tenant.sample(count)
    local tenant, number, person, lines = mock.new(), 0, 0, {}
    while number < count do
        local own, name = PERSONS[person % #PERSONS + 1], NAMES[person % #NAMES + 1]
        person = person + 1
        for i = 1, math.min(#own, count - number) do
            number = number + 1
            lines[number] = line_of(tenant:add_user(account_of(own, i, number, name .. "." .. person)))
        end
    end
    return table.concat(lines)
end

return mock_tenant
