--- What holds for every failure, whatever it tells.
local assert = require "luassert"
local tenant = require "support.tenant"

local failures = {}

local words = {}
for word in ([[unreachable tls timeout cancelled unknown_outcome bad_response too_large invalid_request unauthorized
    forbidden not_found conflict rate_limited server_error connection_lost]]):gmatch("%S+") do
    words[word] = true
end

local function check_secrets(value, secrets, path)
    if type(value) == "table" then
        for key, entry in pairs(value) do
            check_secrets(key, secrets, path)
            check_secrets(entry, secrets, path .. "." .. tostring(key))
        end
    elseif type(value) == "string" then
        for _, secret in ipairs(secrets) do
            -- Half of one is too much.
            assert.falsy(value:find(secret:sub(1, 24), 1, true), path .. " holds a secret: " .. value)
        end
        assert.falsy(value:find("%c"), path .. " holds a control character")
    end
end

---@param value any what the call returned first
---@param message any
---@param failure any
---@param secrets string[] tokens that the call was given
function failures.check(value, message, failure, secrets)
    assert.is_nil(value)
    assert.equal("string", type(message))
    assert.equal("table", type(failure))
    assert.equal(message, tostring(failure))
    assert.equal(message, failure.message)
    assert.is_true(words[failure.code], tostring(failure.code))
    assert.is_true(failure.outcome == "none" or failure.outcome == "unknown")
    assert.equal(failure.outcome == "unknown", failure.code == "unknown_outcome")
    assert.equal(failure.outcome == "unknown", failure.cause ~= nil)
    assert.is_true(failure.cause == nil or words[failure.cause])
    assert.equal("number", type(failure.attempts))
    assert.equal("number", type(failure.elapsed))
    assert.truthy(message:find("^auth0%.%l+: "), message)
    assert.falsy(message:find("nil", 1, true), message)
    assert.equal(failure.outcome == "unknown", message:find("may or may not have been made", 1, true) ~= nil)
    assert.equal(failure.outcome == "none", message:find("nothing was changed", 1, true) ~= nil)
    check_secrets(failure, secrets, "failure")
    check_secrets(getmetatable(failure), secrets, "metatable")
end

--- That what a caller was told does not contradict what the tenant did, with one request.
---@param failure table|nil nil for a success
function failures.check_truth(failure)
    local record = tenant.record()
    local requests = 0
    for _, times in pairs(record.requests) do requests = requests + times end
    assert.equal(1, requests)
    if not failure then
        assert.equal(1, #record.changes)
    elseif failure.outcome == "none" then
        assert.equal(0, #record.changes)
    end
end

return failures
