-- One run of all that a script does, while memory runs out. `told` has a field for each call, which takes what the
-- caller was told: setting a field that is there needs no memory.
local told, tenant = ...
local auth0 = require "auth0"

local function options(extra)
    extra.domain, extra.ca_file, extra.resolve = tenant.domain, tenant.ca_file, { tenant.resolve }
    extra.token = extra.token or tenant.token
    extra.primary, extra.secondary = tenant.primary, tenant.secondary
    extra.connect_timeout, extra.attempt_timeout, extra.deadline = 4, 4, 10
    return extra
end

local function tell(name, identities, _, details)
    told[name] = identities and "ok" or details.outcome
    return identities
end

if tell("link", auth0.link(options {})) then
    tell("unlink", auth0.unlink(options { check = true }))
end
tell("refused", auth0.link(options { token = "not-a-token-that-the-tenant-knows" }))

local own = auth0.tenant { domain = tenant.domain, ca_file = tenant.ca_file, resolve = { tenant.resolve },
    token = function() return tenant.token end, connect_timeout = 4, attempt_timeout = 4, deadline = 10 }
tell("read", own:identities(tenant.primary))
own:close()

-- All kinds of values, and strings and containers for which more room has to be made.
local long = ("\\n"):rep(600)
assert(require("auth0.core").decode('[{"a":null,"' .. long
    .. '":[1,1.5,1e400,1.0,-7,9007199254740993,true],"user_id":7},"'
    .. long .. '",[' .. ("[0],"):rep(300) .. "{}]]"))

local ok, message = pcall(auth0.link, { domain = "https://x", token = "t" })
assert(not ok)
if not tostring(message):find("auth0.link: ", 1, true) then error(message, 0) end
auth0.close()
told.closed = "ok"
