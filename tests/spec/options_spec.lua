--- Mistakes of the caller: each raises before anything is sent, with a sentence that names the option.
local auth0 = require "auth0"
local core = require "auth0.core"
local linking = require "support.linking"
local option_check = require "auth0.options"
local process = require "support.process"
local tenant = require "support.tenant"

local absent = linking.absent
local link, unlink, of_tenant = { "link" }, { "unlink" }, { "tenant" }
local both = { "link", "unlink" }

-- Stands in every token that is wrong, so that a message which quotes any of it is found.
local SECRET = "s3cr3t"

local here = debug.getinfo(1, "S").short_src

-- One line, so that the message can be held against it.
local function call_from_here(goal, options)
    local line = debug.getinfo(1, "l").currentline; local value = auth0[goal](options)
    return value, line
end
local LINE = debug.getinfo(call_from_here, "S").linedefined + 1

-- {what, goals, overrides, what the message holds after "auth0.link: "}
local cases = {}
local function bad(what, goals, overrides, sentence)
    cases[#cases + 1] = { what = what, goals = goals, overrides = overrides, sentence = sentence }
end

-- Options with which a goal would work.
local function options_for(goal, overrides)
    if goal ~= "tenant" then return linking.options(overrides) end
    local all = { primary = linking.absent, secondary = linking.absent }
    for name, value in pairs(overrides) do all[name] = value end
    return linking.options(all)
end

local function named(fields)
    fields.primary, fields.secondary = absent, absent
    return fields
end

bad("a URL as domain", both, { domain = "https://acme.eu.auth0.com" }, "domain: ")
bad("another URL as domain", both, { domain = "http://acme.eu.auth0.com/" }, "domain: ")
bad("a domain with a path", both, { domain = "acme.eu.auth0.com/api/v2" }, "domain: ")
bad("a domain with a slash alone", both, { domain = "acme.eu.auth0.com/" }, "domain: ")
bad("a domain with a query", both, { domain = "acme.eu.auth0.com?x=1" }, "domain: ")
bad("a domain with a fragment", both, { domain = "acme.eu.auth0.com#x" }, "domain: ")
bad("a domain with a user", both, { domain = "user@acme.eu.auth0.com" }, "domain: ")
bad("a domain with a user and a password", both, { domain = "user:" .. SECRET .. "@acme.eu.auth0.com" }, "domain: ")
bad("a domain with a backslash", both, { domain = "evil.example\\acme.eu.auth0.com" }, "domain: ")
bad("a domain with a space", both, { domain = "acme.eu.auth0.com " }, "domain: ")
bad("a domain with a tab", both, { domain = "acme.\teu.auth0.com" }, "domain: ")
bad("a domain with a line feed", both, { domain = "acme.eu.auth0.com\nX-Evil: 1" }, "domain: ")
bad("a domain with a NUL", both, { domain = "acme.eu.auth0.com\0.evil.example" }, "domain: ")
bad("a domain outside ASCII", both, { domain = "b\195\188cher.example" }, "domain: ")
bad("a domain with a percent escape", both, { domain = "acme%2eeu.auth0.com" }, "domain: ")
bad("a domain with an empty label", both, { domain = "acme..auth0.com" }, "domain: ")
bad("a domain of a port alone", both, { domain = ":443" }, "domain: ")
bad("a domain with port 0", both, { domain = "acme.eu.auth0.com:0" }, "domain: ")
bad("a domain with port 99999", both, { domain = "acme.eu.auth0.com:99999" }, "domain: ")
bad("a domain with a port of letters", both, { domain = "acme.eu.auth0.com:https" }, "domain: ")
bad("a domain with an empty port", both, { domain = "acme.eu.auth0.com:" }, "domain: ")
bad("an IPv6 address without brackets", both, { domain = "::1" }, "domain: ")
bad("an address of three numbers", both, { domain = "127.0.1" }, "domain: ")
bad("an empty domain", both, { domain = "" }, "domain: ")
bad("no domain", both, { domain = absent }, "domain: ")

bad("an empty token", both, { token = "" }, "token: ")
bad("no token", both, { token = absent }, "token: ")
bad("a token with a line feed", both, { token = SECRET .. "\nX-Evil: 1" }, "token: ")
bad("a token that ends in a line feed", both, { token = SECRET .. "\n" }, "token: ")
bad("a token with a carriage return", both, { token = SECRET .. "\r\nX-Evil: 1" }, "token: ")
bad("a token with a NUL", both, { token = SECRET .. "\0" .. SECRET }, "token: ")
bad("a token with a space", both, { token = SECRET .. " " .. SECRET }, "token: ")
bad("a token outside ASCII", both, { token = SECRET .. "\195\188" }, "token: ")
bad("a token with the word Bearer", both, { token = "Bearer " .. SECRET }, "without the word Bearer")

local function with(link_with)
    return { secondary = absent, link_with = link_with }
end
bad("an empty link_with", link, with "", "link_with: ")
bad("a link_with with a line feed", link, with(SECRET .. "\n" .. SECRET), "link_with: ")
bad("a link_with with a NUL", link, with(SECRET .. "\0"), "link_with: ")
bad("a link_with with a space", link, with(SECRET .. " x"), "link_with: ")
bad("a link_with outside ASCII", link, with(SECRET .. "\255"), "link_with: ")
bad("a link_with with the word Bearer", link, with("Bearer " .. SECRET), "link_with: ")
bad("both ways of linking", link, { link_with = SECRET }, "link_with: ")
bad("both ways of linking, by the API's names", link,
    named { id = "auth0|1", provider = "auth0", user_id = "2", link_with = SECRET }, "link_with: ")
bad("link_with and a provider", link, named { id = "auth0|1", provider = "auth0", link_with = SECRET }, "link_with: ")
bad("link_with and a connection", link,
    { secondary = absent, link_with = SECRET, connection_id = "con_0123456789abcdef" }, "link_with: ")
bad("link_with on unlink", unlink, with(SECRET), "link_with")
bad("connection_id on unlink", unlink, { connection_id = "con_0123456789abcdef" }, "connection_id")
bad("check on link", link, { check = true }, "check")

bad("no primary", both, { primary = absent }, "primary: ")
bad("no secondary", both, { secondary = absent }, "secondary: ")
bad("neither account", both, named {}, "primary: ")
bad("no id", both, named { provider = "auth0", user_id = "2" }, "id: ")
bad("no user_id", both, named { id = "auth0|1", provider = "auth0" }, "user_id: ")
bad("primary and the API's names", both,
    { secondary = absent, provider = "google-oauth2", user_id = "115" }, "user_id: does not go with primary")
bad("id and secondary", both, { primary = absent, id = "auth0|1" }, "id: does not go with secondary")
bad("all the names at once", both, { id = "auth0|1", provider = "auth0", user_id = "2" }, "does not go with primary")
bad("an account with itself", both, { secondary = linking.primary }, "secondary: names the same account as primary")
bad("an account with itself, by the API's names", both,
    named { id = "auth0|1", provider = "auth0", user_id = "1" }, "user_id: names the same account as id")
bad("an account with itself, by a full user_id", both,
    named { id = "auth0|1", provider = "auth0", user_id = "auth0|1" }, "user_id: names the same account as id")
bad("an account with itself, by a number", both,
    named { id = "google-oauth2|115", provider = "google-oauth2", user_id = 115 }, "user_id: ")

bad("a primary that is ..", both, { primary = ".." }, "primary: ")
bad("a primary that is .", both, { primary = "." }, "primary: ")
bad("an id that is ..", both, named { id = "..", provider = "auth0", user_id = "2" }, "id: ")
bad("a provider that is ..", both, named { id = "auth0|1", provider = "..", user_id = "2" }, "provider: ")
bad("an endless token", both, { token = ("x"):rep(16385) }, "token: ")
bad("a secondary that climbs out of a decoded path", both, { secondary = "samlp|a/../../clients/K" }, "secondary: ")
bad("a primary that climbs out of a decoded path", both, { primary = "auth0|a\\..\\b" }, "primary: ")
bad("a domain that libcurl reads as an address", both, { domain = "127.0.0.0x1" }, "domain: ")
bad("a user_id that is ..", both, named { id = "auth0|1", provider = "auth0", user_id = ".." }, "user_id: ")
bad("a user_id whose bare form is ..", both, named { id = "auth0|1", provider = "auth0", user_id = "auth0|.." },
    "user_id: ")
bad("a secondary whose bare form is .", both, { secondary = "auth0|." }, "secondary: ")
for _, name in ipairs { "primary", "secondary" } do
    bad("an empty " .. name, both, { [name] = "" }, name .. ": ")
    bad("a line feed in " .. name, both, { [name] = "auth0|1\n2" }, name .. ": ")
    bad("a NUL in " .. name, both, { [name] = "auth0|1\0" }, name .. ": ")
    bad("a DEL in " .. name, both, { [name] = "auth0|1\127" }, name .. ": ")
    bad("broken UTF-8 in " .. name, both, { [name] = "auth0|\255" }, name .. ": ")
    bad("overlong UTF-8 in " .. name, both, { [name] = "auth0|\192\175" }, name .. ": ")
end
bad("a control character in provider", both, named { id = "auth0|1", provider = "auth0\1", user_id = "2" },
    "provider: ")
bad("an empty provider", both, named { id = "auth0|1", provider = "", user_id = "2" }, "provider: ")
bad("an empty user_id", both, named { id = "auth0|1", provider = "auth0", user_id = "" }, "user_id: ")
bad("an empty connection_id", link, { connection_id = "" }, "connection_id: ")
bad("a control character in connection_id", link, { connection_id = "con_\27[2J" }, "connection_id: ")
bad("a secondary of an unknown provider", both, { secondary = "discord|123" }, "secondary: ")
bad("a secondary without provider", both, { secondary = "115015401343387192604" }, "secondary: ")
bad("a secondary that ends at its bar", both, { secondary = "auth0|" }, "secondary: ")
bad("a primary without provider", both, { primary = "507f1f77bcf86cd799439020" }, "primary: expected a full id")
bad("a primary with nothing before its bar", both, { primary = "|507f1f77" }, "primary: expected a full id")
bad("a primary that ends at its bar", both, { primary = "auth0|" }, 'primary: ends at its "|"')
bad("an id without provider", both, named { id = "507f", provider = "auth0", user_id = "2" }, "id: expected a full id")
bad("a user_id without provider", both, named { id = "auth0|1", user_id = "115" }, "provider: ")
bad("a user_id of an unknown provider", both, named { id = "auth0|1", user_id = "discord|115" }, "provider: ")
bad("a provider that contradicts the user_id", both,
    named { id = "auth0|1", provider = "google-oauth2", user_id = "auth0|2" }, "provider: contradicts user_id")
bad("a number without provider", both, named { id = "auth0|1", user_id = 115 }, "provider: ")
bad("a user_id with a fraction", both, named { id = "auth0|1", provider = "auth0", user_id = 1.5 }, "user_id: ")
bad("a user_id that no double holds exactly", both, named { id = "auth0|1", provider = "auth0", user_id = 2 ^ 60 },
    "user_id: ")
bad("a user_id that is no number", both, named { id = "auth0|1", provider = "auth0", user_id = 0 / 0 }, "user_id: ")
bad("a user_id without end", both, named { id = "auth0|1", provider = "auth0", user_id = 1 / 0 }, "user_id: ")

for _, name in ipairs { "connect_timeout", "attempt_timeout", "deadline", "max_response" } do
    bad(name .. " of 0", both, { [name] = 0 }, name .. ": ")
    bad("a negative " .. name, both, { [name] = -5 }, name .. ": ")
    bad("a huge " .. name, both, { [name] = 1e300 }, name .. ": ")
    bad("an infinite " .. name, both, { [name] = 1 / 0 }, name .. ": ")
    bad(name .. " that is no number", both, { [name] = 0 / 0 }, name .. ": ")
end
bad("a max_response with a fraction", both, { max_response = 4096.5 }, "max_response: ")
bad("HTTP version 3", both, { http_version = "3" }, "http_version: ")
bad("an HTTP version as a number", both, { http_version = 2 }, "http_version: ")
bad("a proxy of true", both, { proxy = true }, "proxy: ")
bad("a proxy as a number", both, { proxy = 8080 }, "proxy: ")
bad("a proxy with a line feed", both, { proxy = "http://proxy\n:1" }, "proxy: ")
bad("a proxy with an encoded one in its password", both, { proxy = "http://user:a%0Ab@127.0.0.1:9" },
    "proxy: the proxy's address holds an encoded")
bad("a proxy whose password has a bare %", both, { proxy = "http://user:half%1full@127.0.0.1:9" },
    "proxy: the proxy's address holds an encoded")
bad("a resolve that is a string", both, { resolve = "tenant.test:443:127.0.0.1" }, "resolve: ")
bad("a resolve without address", both, { resolve = { "tenant.test:443" } }, "resolve: ")
bad("a resolve of numbers", both, { resolve = { 443 } }, "resolve: ")
bad("a resolve with a space", both, { resolve = { "tenant.test:443:127.0.0.1 " } }, "resolve: ")
bad("a resolve that takes an entry away", both, { resolve = { "-tenant.test:443" } }, "resolve: ")
bad("a resolve with a hole", both, { resolve = { [2] = "tenant.test:443:127.0.0.1" } }, "resolve: ")
bad("a resolve by name", both, { resolve = { ["tenant.test"] = "127.0.0.1" } }, "resolve: ")
local too_many = {}
for i = 1, 33 do too_many[i] = ("host%d.test:443:127.0.0.1"):format(i) end
bad("a resolve of 33 entries", both, { resolve = too_many }, "resolve: ")
for _, name in ipairs { "ca_file", "ca_path", "client_cert", "client_key", "user_agent" } do
    bad("an empty " .. name, both, { [name] = "" }, name .. ": ")
    bad(name .. " with a NUL", both, { [name] = "x\0y" }, name .. ": ")
    bad(name .. " with a line feed", both, { [name] = "x\r\nX-Evil: 1" }, name .. ": ")
    bad("an endless " .. name, both, { [name] = ("x"):rep(5000) }, name .. ": ")
end
bad("a correlation_id of 65 characters", both, { correlation_id = ("x"):rep(65) }, "correlation_id: ")
bad("a correlation_id with a space", both, { correlation_id = "a b" }, "correlation_id: ")
bad("a correlation_id with a line feed", both, { correlation_id = "a\nX-Evil: 1" }, "correlation_id: ")
bad("a correlation_id outside ASCII", both, { correlation_id = "\195\188" }, "correlation_id: ")
bad("an empty correlation_id", both, { correlation_id = "" }, "correlation_id: ")

local CLIENT = { token = absent, client_id = "id", client_secret = SECRET }
local function client(fields)
    local all = {}
    for name, value in pairs(CLIENT) do all[name] = value end
    for name, value in pairs(fields) do all[name] = value end
    return all
end

bad("no domain", of_tenant, { domain = absent }, "domain: expected a host name such as")
bad("a URL as domain", of_tenant, { domain = "https://acme.eu.auth0.com" }, "domain: ")
bad("an empty token", of_tenant, { token = "" }, "token: ")
bad("a token with a line feed", of_tenant, { token = SECRET .. "\n" }, "token: ")
bad("no token and no client", of_tenant, { token = absent }, "token: is missing: give token, or client_id with")
bad("a client without a secret", of_tenant, client { client_secret = absent }, "client_id: goes with client_secret or")
bad("a secret without a client", of_tenant, client { client_id = absent }, "client_secret: goes with client_id")
bad("a key without a client", of_tenant, { token = absent, signing_key = SECRET }, "signing_key: goes with client_id")
bad("a token and a client", of_tenant, { client_id = "id" }, "client_id: does not go with token")
bad("a token and a secret", of_tenant, { client_secret = SECRET }, "client_secret: does not go with token")
bad("a secret and a key", of_tenant, client { signing_key = SECRET }, "signing_key: does not go with client_secret")
bad("a key's id without a key", of_tenant, client { signing_key_id = "1" }, "signing_key_id: goes with signing_key")
bad("an algorithm without a key", of_tenant, client { signing_algorithm = "RS256" }, "signing_algorithm: goes with")
bad("an audience of a token", of_tenant, { audience = "https://x/" }, "audience: goes with client_id")
bad("a token_file of a token", of_tenant, { token_file = "/tmp/x" }, "token_file: goes with client_id")
bad("a key that is none", of_tenant, client { client_secret = absent, signing_key = SECRET },
    "signing_key: is no private key in PEM form")
bad("an unknown algorithm", of_tenant, client { client_secret = absent, signing_key = SECRET,
    signing_algorithm = "HS256" }, "signing_algorithm: expected RS256")
bad("a reserve of all", of_tenant, { reserve = 1 }, "reserve: expected a number from 0 to 0.9")
bad("a rate of 0", of_tenant, { rate = 0 }, "rate: ")
bad("attempts of 0", both, { attempts = 0 }, "attempts: ")
bad("attempts of 1.5", both, { attempts = 1.5 }, "attempts: expected a whole number")
bad("a link's option", of_tenant, { primary = "auth0|1" }, "primary: is an option of auth0.link")
bad("an unlink's option", of_tenant, { check = true }, "check: is an option of auth0.unlink")
bad("a request's option", of_tenant, { path = "/" }, "path: is an option of tenant:request")
bad("a tenant's option", both, { client_id = "x" }, "client_id: is an option of auth0.tenant")
bad("an option with swapped letters", of_tenant, { client_secert = SECRET },
    'the nearest known one is "client_secret"')
bad("a misspelt option of a tenant", of_tenant, { client_secrt = SECRET }, 'the nearest known one is "client_secret"')

bad("an unknown option", both, { secondry = "auth0|2" }, '"secondry"; the nearest known one is "secondary"')
bad("another unknown option", both, { http_versoin = "2" }, 'the nearest known one is "http_version"')
bad("an option in capitals", both, { Token = SECRET }, 'the nearest known one is "token"')
bad("a token as an option's name", both, { [SECRET .. ("x"):rep(80)] = true }, "unknown option")
bad("an option's name with odd characters", both, { [SECRET .. "\n"] = true }, "unknown option")
bad("options without names", both, { SECRET }, "options have names")
bad("a boolean as an option's name", both, { [true] = true }, "options have names")
bad("a table as an option's name", both, { [{}] = true }, "options have names")

-- Whatever is not of an option's type, for every option that there is.
local samples = { number = 42, boolean = true, table = { {} }, ["function"] = print, userdata = io.stdout,
    string = SECRET, thread = coroutine.create(function() end) }
local fits = {
    string = { "string" }, text = { "string" }, word = { "string" }, string_or_integer = { "string", "number" },
    flag = { "boolean" }, telemetry = { "boolean" }, seconds = { "number" }, bytes = { "number" },
    http_version = {}, loop = {},
    proxy = { "string" }, resolve = {}, mock = {}, token = { "string" }, count = { "number" },
    secret = { "string" }, signing_algorithm = {}, number = { "number" }, ["function"] = { "function" },
}

local function fits_type(type_name, wanted)
    for _, name in ipairs(assert(fits[type_name], "this spec knows no type " .. type_name)) do
        if name == wanted then return true end
    end
end

local function goals_of(option)
    local goals = {}
    for _, goal in ipairs { "link", "unlink", "tenant" } do
        if option[goal] then goals[#goals + 1] = goal end
    end
    return goals
end

for _, option in ipairs(core.options) do
    for name, value in pairs(samples) do
        for _, goal in ipairs(goals_of(option)) do
            local is_function_of_tokens = goal == "tenant" and option.type == "token" and name == "function"
            if not fits_type(option.type, name) and not is_function_of_tokens then
                bad(("%s that is a %s"):format(option.name, name), { goal }, { [option.name] = value },
                    option.name .. ": ")
            end
        end
    end
end

local function message_of(goal, options)
    local done, message = pcall(call_from_here, goal, options)
    assert.is_false(done)
    assert.is_string(message)
    return message
end

local function copy(value)
    if type(value) ~= "table" then return value end
    local result = {}
    for key, entry in pairs(value) do result[key] = copy(entry) end
    return result
end

describe("a mistake in the options", function()
    local descriptors

    setup(function()
        linking.start()
        linking.reset()
        auth0.close()
        descriptors = process.descriptors()
    end)

    teardown(function()
        linking.stop()
    end)

    local function check(goal, options, sentence)
        local message = message_of(goal, options)
        local where = ("%s:%d: auth0.%s: "):format(here, LINE, goal)
        assert.equal(where, message:sub(1, #where))
        assert.truthy(message:find(sentence, #where + 1, true), message)
        assert.falsy(message:find(SECRET, 1, true), message)
        assert.falsy(message:find(linking.token:sub(1, 12), 1, true), message)
        assert.falsy(message:find("[%c\127-\255]"), message)
    end

    for _, case in ipairs(cases) do
        for _, goal in ipairs(case.goals) do
            it(("raises in %s: %s"):format(goal, case.what), function()
                check(goal, options_for(goal, case.overrides), case.sentence)
            end)
        end
    end

    it("raises when there is no table of options", function()
        for goal in pairs { link = true, unlink = true, tenant = true } do
            for _, options in ipairs { SECRET, 42, true, print } do
                check(goal, options, "expected a table of options, got " .. type(options))
            end
            check(goal, nil, "expected a table of options, got nil")
        end
    end)

    it("is a sentence without a place where no line can be blamed", function()
        local _, message = pcall(auth0.link, {})
        assert.truthy(message:find("^auth0%.link: "), message)
    end)

    it("sent nothing, and opened nothing, in any of the cases above #plain", function()
        assert.is_true(#cases >= 60)
        assert.same({ changes = {}, connections = 0, requests = {} }, tenant.record())
        collectgarbage() -- an engine whose token could not be made is closed by the collector
        collectgarbage()
        assert.equal(descriptors, (process.descriptors()))
    end)

    it("was the only reason: the same options without it reach the tenant", function()
        assert.is_table(call_from_here("link", linking.options()))
        assert.equal(1, linking.changes())
    end)
end)

describe("a table of options", function()
    setup(linking.start)
    teardown(linking.stop)
    before_each(function() linking.reset() end)

    it("may get its values from a metatable's __index", function()
        local defaults = linking.options { secondary = absent }
        assert.is_table((auth0.link(setmetatable({ secondary = linking.secondary }, { __index = defaults }))))
        local by_function = setmetatable({}, { __index = function(_, name) return linking.options()[name] end })
        assert.is_table((auth0.unlink(by_function)))
        assert.equal(2, linking.changes())
    end)

    it("is not changed, neither by success nor by failure nor by a mistake", function()
        for _, overrides in ipairs { {}, { correlation_id = "job-7", proxy = false, telemetry = false },
            { ca_file = absent }, { domain = "https://x" } } do
            local options = linking.options(overrides)
            local before = copy(options)
            pcall(auth0.link, options)
            assert.same(before, options)
            assert.is_nil(getmetatable(options))
        end
    end)

    it("is copied: it serves any number of calls", function()
        local options = linking.options()
        assert.is_table((auth0.link(options)))
        assert.is_table((auth0.unlink(options)))
        assert.is_table((auth0.link(options)))
    end)

    it("takes a user_agent with any text, and a correlation_id of 64 characters", function()
        local identities = linking.link { user_agent = "Z\195\188rich import/2", correlation_id = ("x"):rep(64) }
        assert.is_table(identities)
        assert.equal("Z\195\188rich import/2", linking.headers(tenant.last())["user-agent"])
    end)
end)

-- C reads by itself, and declines what Lua would refuse; else a mistake would go unnoticed. Once a call has gone where
-- the options say, it declines nothing else; else each call would be looked at twice.
describe("C reads options as Lua takes them:", function()
    local many = {}
    for i = 1, 33 do many[i] = "a:1:b" end
    local function first(count)
        local list = {}
        for i = 1, count do list[i] = many[i] end
        return list
    end
    local texts = { "", "x", "a b", "\195\188", "x\127", "x\0", "\31", ("x"):rep(64), ("x"):rep(65), ("x"):rep(256),
        ("x"):rep(257), ("x"):rep(4096), ("x"):rep(4097), false, 7 }
    local values = {
        connection_id = { "con_1", false, 7 }, check = { true, false, "true", 0 },
        http_version = { "1.1", "2", "3", 2, "2 " },
        proxy = { "", false, true, "http://u:p@h:1", "http://u:p%25@h:1", "http://u:%0a@h", "http://u:%1F@h", "%1",
            "%0g", "a b", "a\tb", "\195\188", "x\127", 8080 },
        resolve = { {}, { "a:1:b" }, { "*:1:b" }, { "*.a-b_c:443:[::1],1.2.3.4" }, { "_a:1:-" }, { "-a:1:b" },
            { ".a:1:b" }, { ":1:b" }, { "a::b" }, { "a:x:b" }, { "a:1:" }, { "a:1:b " }, { "a:1:b\0" }, { "a:1" },
            { "a*:1:b" }, { "**:1:b" }, { "a:1:b", "c" }, { 1 }, { "a:1:b", 2 }, { x = "a:1:b" },
            { "a:1:b", x = "a:1:b" }, { [2] = "a:1:b" }, "a:1:b", many, first(32) },
        user_id = { "2", 2, -2, 0, 2 ^ 53, 2 ^ 53 + 2, 2 ^ 60, 1.5, 0 / 0, 1 / 0, true, {} },
        telemetry = { true, false, 1, "x" },
    }
    for _, name in ipairs { "ca_file", "ca_path", "client_cert", "client_key", "user_agent", "correlation_id" } do
        values[name] = texts
    end
    for _, name in ipairs { "connect_timeout", "attempt_timeout", "deadline", "attempts", "max_response" } do
        values[name] = { 0, 0.0009, 0.001, 1, 1.5, 99.5, 100, 101, 1023, 1024, 1024.5, 86400, 86400.5, 1073741824,
            1073741825, 1e300, -1, 0 / 0, 1 / 0, "1", true }
    end
    for _, name in ipairs { "settle", "check_scopes" } do values[name] = values.check end

    teardown(core.close)

    for name, list in pairs(values) do
        it(name, function()
            local goal = name == "check" and "unlink" or "link"
            local specification, names = option_check.specify(core.options, goal), {}
            for known in pairs(specification.known) do names[#names + 1] = known end
            local method = core.method(goal, "a spec", names)
            local function is_taken(given, level)
                local id, _, engine = core.call(nil, method, "submit", given, nil, nil, level)
                if id then engine:drop(id) end
                return id ~= nil
            end
            for _, value in pairs(list) do
                local given = { domain = "127.0.0.1:1", token = "t", id = "auth0|1", provider = "samlp", user_id = "2" }
                given[name] = value
                local is_good, checked = pcall(option_check.check, specification, given, "a spec", 1)
                if is_good then assert.is_true(is_taken(checked, 1)) end
                assert.equal(is_good, is_taken(given), type(value) == "table" and tostring(value[1]) or tostring(value))
            end
        end)
    end
end)
