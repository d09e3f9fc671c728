-- Merges and undos of a mock's accounts while memory runs out, at each allocation in turn: what is told is true.
-- Returns how many did not end as they do with memory.
local arm, disarm = ...
local auth0, mock_tenant = require "auth0", require "auth0.mock"

local PRIMARY, SECONDARY = "auth0|1", "google-oauth2|2"

local function begin()
    local mock = mock_tenant.new()
    mock:add_user { user_id = PRIMARY, connection = "Username-Password-Authentication" }
    mock:add_user { user_id = SECONDARY, connection = "google-oauth2", user_metadata = { size = 7 } }
    return mock, auth0.tenant { domain = mock.domain, token = mock:token { kind = "machine" }, mock = mock }
end

local function state(mock)
    local primary = mock.model.world.users:find(PRIMARY)
    local is_linked = mock.model.world.users:find(SECONDARY) == nil
    return is_linked and "linked" or "apart", primary.user_metadata and primary.user_metadata.size
end

-- What it told, in a word; the error message where it raised.
local function told(at, fn, self, ...)
    arm(at)
    local good, value, message, facts = pcall(fn, self, ...)
    disarm()
    if good and value then return "ok", nil, value end
    if good then return facts.outcome, message, facts end
    -- The second: luaL_checkstack's, where the stack cannot grow. The third: no memory for a mock's answer.
    assert(tostring(value):find "not enough memory" or tostring(value):find "stack overflow %(too many "
        or tostring(value):find "this call waits for no answer", value)
    return "raised", value
end

local function check(at, mock, word, wanted, size, message)
    local now, has = state(mock)
    local is_done, is_as_before = now == wanted and has == size, now ~= wanted and has ~= size
    if word == "ok" and not is_done or word == "none" and not is_as_before then
        error(("allocation %d: told %s, and it is %s, with size %s: %s"):format(at, word, now, tostring(has),
            tostring(message)))
    end
end

local failed, at, last = 0, 0, nil
repeat
    at = at + 1
    local mock, tenant = begin()
    local word, message, facts = told(at, tenant.merge, tenant, PRIMARY, SECONDARY, { proof = "operator", checks = {} })
    check(at, mock, word, "linked", 7, message)
    assert(facts == nil or word == "none" or facts.receipt, "what may be done has no receipt")
    assert(not tostring(message):find("retry after", 1, true), message)
    failed, last = failed + (word ~= "ok" and 1 or 0), word == "ok" and (last or at) or nil
    pcall(tenant.close, tenant)

    mock, tenant = begin()
    local result = assert(tenant:merge(PRIMARY, SECONDARY, { proof = "operator", checks = {} }))
    word, message = told(at, tenant.undo, tenant, result.receipt)
    check(at, mock, word, "apart", nil, message)
    failed = failed + (word ~= "ok" and 1 or 0)
    if word ~= "ok" then last = nil end
    pcall(tenant.close, tenant)
until last and at - last > 30
return failed
