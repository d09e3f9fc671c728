--- How the library introduces itself: the Auth0-Client header, and the User-Agent.
--- The header is base64 (standard alphabet, padded, as in Auth0's Go, Python and Ruby SDKs) of
--- `{"name":,"version":,"env":{}}`.
local core = require "auth0.core"

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function sextet(bits, shift)
    local index = math.floor(bits / 2 ^ shift) % 64 + 1
    return alphabet:sub(index, index)
end

local function base64(text)
    local groups = text:gsub("..?.?", function(group)
        local a, b, c = group:byte(1, 3)
        local bits = a * 65536 + (b or 0) * 256 + (c or 0)
        return sextet(bits, 18) .. sextet(bits, 12) .. (b and sextet(bits, 6) or "=") .. (c and sextet(bits, 0) or "=")
    end)
    return groups
end

local function runtime()
    local jit = rawget(_G, "jit")
    if type(jit) == "table" then return "luajit", (jit.version:gsub("^LuaJIT ", "")) end
    return "lua", (_VERSION:gsub("^Lua ", ""))
end

local name, version = runtime()

local telemetry = {}

--- The value of Auth0-Client.
---@type string
telemetry.header = base64(('{"name":"lua-auth0","version":"%s","env":{"%s":"%s"}}')
    :format(core._VERSION, name, version))

--- The default User-Agent.
---@type string
telemetry.user_agent = ("lua-auth0/%s %s/%s libcurl/%s"):format(core._VERSION, name, version, core.curl_version)

return telemetry
