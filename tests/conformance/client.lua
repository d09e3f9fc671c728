--- Calls of auth0.link, auth0.unlink and a merge, of each kind, at the tenant, through the relay whose port is the
--- argument.
--- Says of each what came of it: "ok <name>" or "not ok <name>: why".
local auth0 = require "auth0"
local tenant = require "support.tenant"

local port = arg[1]
local domain = "tenant.test:" .. port

local ANN, GOOGLE, SAMLP, NUMBER = "auth0|ann", "google-oauth2|115015401343387192604", "samlp|acme|7", "facebook|7007"
local ODD = "oauth2|siwe|eip155%3A5/0x \195\169?#+"
local OTHER_CONNECTION = "con_Customers0000000"

local function seed()
    return {
        { user_id = ANN, email = "ann@example.com", user_metadata = { color = "red" } },
        { user_id = GOOGLE, email = "ann@example.com", email_verified = true, name = "Ann",
            user_metadata = { color = "blue", prefs = { size = 7, tags = tenant.json.array {} } },
            app_metadata = { plan = "gold" } },
        { user_id = SAMLP, connection = "acme" }, { user_id = NUMBER }, { user_id = ODD },
        { user_id = "auth0|second", connection = "Customers" },
        { identities = {
            { provider = "auth0", user_id = "bob" },
            { provider = "google-oauth2", user_id = "2", profileData = { email = "bob@example.com" } },
            { provider = "facebook", user_id = "7008" },
            { provider = "samlp", user_id = "acme|8", connection = "acme" },
            { provider = "oauth2", user_id = "siwe|a/b c%2F" },
        } },
    }
end

local machine

local function options(fields)
    local all = { domain = domain, resolve = { domain .. ":127.0.0.1" }, ca_file = tenant.ca, proxy = false,
        token = machine }
    for name, value in pairs(fields) do all[name] = value end
    return all
end

local function user_token()
    return tenant.token { kind = "user", sub = ANN, azp = "app" }
end

local function id_token(subject)
    return tenant.token { kind = "id", sub = subject, aud = "app" }
end

--- Each: what it is, the call, its options or a function that makes them, and the code of the failure that it ends
--- with; without one it succeeds. Merges look at the profiles alone: the contract has no more of what they may read.
local cases = {
    { "link by full ids", "link", { primary = ANN, secondary = GOOGLE } },
    { "link by full ids, three parts", "link", { primary = ANN, secondary = SAMLP } },
    { "link by full ids, everything escaped", "link", { primary = ANN, secondary = ODD } },
    { "link to an id with everything escaped", "link", { primary = ODD, secondary = GOOGLE } },
    { "link by the API's names", "link", { id = ANN, provider = "google-oauth2", user_id = GOOGLE:match("|(.*)") } },
    { "link by the API's names, full id", "link", { id = ANN, provider = "google-oauth2", user_id = GOOGLE } },
    { "link by the API's names, number", "link", { id = ANN, provider = "facebook", user_id = 7007 } },
    { "link with a connection", "link",
        { primary = ANN, secondary = "auth0|second", connection_id = OTHER_CONNECTION } },
    { "link with a connection, API's names", "link",
        { id = ANN, provider = "auth0", user_id = "second", connection_id = OTHER_CONNECTION } },
    { "link with an ID token", "link", function()
        return { primary = ANN, link_with = id_token(GOOGLE), token = user_token() }
    end },
    { "link with an ID token, API's names", "link", function()
        return { id = ANN, link_with = id_token(SAMLP), token = user_token() }
    end },
    { "link with a correlation id, over HTTP/1.1", "link",
        { primary = ANN, secondary = GOOGLE, correlation_id = "job-7", http_version = "1.1", telemetry = false } },
    { "unlink by full ids", "unlink", { primary = "auth0|bob", secondary = "google-oauth2|2" } },
    { "unlink by full ids, three parts", "unlink", { primary = "auth0|bob", secondary = "samlp|acme|8" } },
    { "unlink by full ids, everything escaped", "unlink",
        { primary = "auth0|bob", secondary = "oauth2|siwe|a/b c%2F" } },
    { "unlink by the API's names", "unlink", { id = "auth0|bob", provider = "samlp", user_id = "acme|8" } },
    { "unlink by the API's names, full id", "unlink",
        { id = "auth0|bob", provider = "google-oauth2", user_id = "google-oauth2|2" } },
    { "unlink by the API's names, number", "unlink", { id = "auth0|bob", provider = "facebook", user_id = 7008 } },
    { "unlink checked", "unlink", { primary = "auth0|bob", secondary = "google-oauth2|2", check = true } },
    { "unlink checked, not there", "unlink", { primary = ANN, secondary = GOOGLE, check = true }, "not_found" },
    { "unlink checked, no account", "unlink",
        { primary = "auth0|nobody", secondary = GOOGLE, check = true }, "not_found" },
    { "link of what is not there", "link", { primary = ANN, secondary = "google-oauth2|1" }, "invalid_request" },
    { "link of what is linked elsewhere", "link", { primary = ANN, secondary = "facebook|7008" }, "conflict" },
    { "link without the scope", "link", function()
        return { primary = ANN, secondary = GOOGLE, token = tenant.token { kind = "machine", scope = "read:users" } }
    end, "forbidden" },
    { "link with an expired token", "link", function()
        return { primary = ANN, secondary = GOOGLE, token = tenant.token { kind = "machine", expires_in = -1 } }
    end, "unauthorized" },
    { "link of a provider that the contract does not know", "link", { id = ANN, provider = "aol", user_id = "1" },
        "invalid_request" },
    { "merge", "merge", { ANN, GOOGLE, { proof = "both_authenticated", checks = {} } } },
    { "merge of all, and its undo", "merge_and_undo", { ANN, GOOGLE, { proof = "operator", user_metadata = "deep",
        app_metadata = "deep", carry = { "name" }, checks = {} } } },
    { "merge of what is linked elsewhere", "merge", { ANN, "facebook|7008", { proof = "operator",
        checks = { "provisioning" } } }, "guarded" },
}

local function merge(given)
    local accounts = auth0.tenant(options {})
    local result, message, details = accounts:merge(given[1], given[2], given[3])
    return result, message, details, accounts
end

local calls = { link = auth0.link, unlink = auth0.unlink }

function calls.merge(given)
    local result, message, details, accounts = merge(given)
    accounts:close()
    return result, message, details
end

function calls.merge_and_undo(given)
    local result, message, details, accounts = merge(given)
    if result then result, message, details = accounts:undo(result.receipt) end
    accounts:close()
    return result, message, details
end

local function run(case)
    local name, call, given, wanted = case[1], case[2], case[3], case[4]
    tenant.reset(seed())
    given = type(given) == "function" and given() or given
    local value, message, details = calls[call](given[1] and given or options(given))
    local ended = not value and details.code or nil
    if ended == wanted then
        print("ok " .. name)
    else
        print(("not ok %s: %s (%s)"):format(name, tostring(ended), tostring(message)))
    end
end

tenant.start()
machine = tenant.token { kind = "machine" }
for _, case in ipairs(cases) do run(case) end
auth0.close()
