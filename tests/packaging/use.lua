--- Uses the installed rock: use.lua <tree> <version> <tests/support/tenant.lua>. LUA_PATH and LUA_CPATH lead to the
--- tree alone, so even the helper, which needs a module of auth0.mock, works by what was installed.
local tree, version, helper = arg[1], arg[2], arg[3]

local auth0 = require "auth0"
local cjson = require "cjson"
local mock = require "auth0.mock.model"
local tenant = dofile(helper)

local function is_in_tree(path)
    return path:sub(1, #tree + 1) == tree .. "/"
end

--- Shared objects that this process has loaded, by the end of their names: what the kernel says, not what a path says.
local function loaded(ending)
    local found = {}
    for line in io.lines("/proc/self/maps") do
        local path = line:match("%s(/.*)$")
        if path and path:sub(-#ending) == ending then
            found[path] = true
        end
    end
    return found
end

for _, ending in ipairs { "/cjson.so", "/auth0/core.so" } do
    local count = 0
    for path in pairs(loaded(ending)) do
        assert(is_in_tree(path), path .. " is not the tree's")
        count = count + 1
    end
    assert(count == 1, ("%d modules %s are loaded"):format(count, ending))
end
assert(auth0.null == cjson.null, "auth0 works with another lua-cjson")
assert(auth0._VERSION == version, "auth0 is version " .. auth0._VERSION)
for name, called in pairs { auth0 = auth0.link, ["auth0.mock"] = mock.new } do
    local path = debug.getinfo(called, "S").source:sub(2)
    assert(is_in_tree(path), name .. " is from " .. path)
end

local primary, secondary = "auth0|507f1f77bcf86cd799439020", "google-oauth2|115015401343387192604"

tenant.start()
tenant.reset {
    { user_id = primary, connection = "Username-Password-Authentication" },
    { user_id = secondary, connection = "google-oauth2" },
}
local identities, _, receipt = assert(auth0.link {
    domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca,
    token = tenant.token { kind = "machine" }, primary = primary, secondary = secondary,
})
assert(receipt.status == 201, "status " .. receipt.status)
assert(#identities == 2, #identities .. " identities")
assert(identities[2].provider .. "|" .. identities[2].user_id == secondary, "another account was linked")
local changes = tenant.record().changes
assert(#changes == 1, "the tenant recorded " .. #changes .. " changes")
assert(changes[1].kind == "link" and changes[1].primary == primary, "the tenant recorded another change")
auth0.close()

local model = mock.new {
    sign = function() return "" end,
    verify = function() return nil, "malformed" end,
    random = math.random,
    now = os.time,
}
local answer = model:handle { method = "GET", path = "/api/v2/users/auth0%7C1", headers = {} }
assert(answer.status == 401, "the model lets a request without a token in")
