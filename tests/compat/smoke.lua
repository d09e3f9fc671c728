-- A build for libcurl 7.68, beside a tenant: without a hook that stops a second send, a change goes on a connection of
-- its own, and what became of it is told all the same.
local auth0 = require "auth0"
local tenant = require "support.tenant"

tenant.start()
tenant.reset {
    { user_id = "auth0|p1", email = "one@example.com" }, { user_id = "google-oauth2|s1" },
    { user_id = "auth0|p2", email = "two@example.com" }, { user_id = "google-oauth2|s2" },
}

local function call(method, pair, extra)
    local options = {
        domain = tenant.domain, token = os.getenv("AUTH0_TENANT_TOKEN"), ca_file = tenant.ca,
        resolve = { tenant.resolve }, deadline = 2, primary = "auth0|p" .. pair, secondary = "google-oauth2|s" .. pair,
    }
    for name, value in pairs(extra or {}) do options[name] = value end
    return method(options)
end

local function expect(wanted, what, ...)
    if wanted ~= what then
        error(("expected %s, got %s"):format(tostring(wanted), tostring(what)), 2)
    end
    return ...
end

local changes = 0
for _, http in ipairs { "1.1", "2" } do
    for _, fault in ipairs { "fault=reset-after", "fault=reset-after;kind=fin" } do
        -- pair 1 shows that a call before and after a lost one is well
        expect(2, #assert(call(auth0.link, 1, { http_version = http })))
        local identities, _, failure = call(auth0.link, 2, { http_version = http, correlation_id = fault })
        expect(nil, identities)
        expect("unknown_outcome connection_lost unknown",
            table.concat({ failure.code, failure.cause, failure.outcome }, " "))
        expect(1, #assert(call(auth0.unlink, 1, { http_version = http, check = true })))
        identities, _, failure = call(auth0.unlink, 2, { http_version = http, correlation_id = fault })
        expect(nil, identities)
        expect("unknown_outcome", failure.code)
        changes = changes + 2
        local record = tenant.record()
        expect(changes, record.requests["POST /api/v2/users/{id}/identities"])
        expect(changes, record.requests["DELETE /api/v2/users/{id}/identities/{provider}/{user_id}"])
        expect(2 * changes, #record.changes)
    end
end

local _, _, failure = call(auth0.link, 1, { domain = "127.0.0.1:1", resolve = {} })
expect("unreachable none", failure.code .. " " .. failure.outcome)
_, _, failure = call(auth0.link, 1, { correlation_id = "fault=delay;seconds=3", attempt_timeout = 0.3 })
expect("unknown_outcome timeout", failure.code .. " " .. failure.cause)
auth0.close()
tenant.stop()
print(("ok: %d changes, each was received once"):format(2 * changes))
