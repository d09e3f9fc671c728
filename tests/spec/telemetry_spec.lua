--- The Auth0-Client header and the User-Agent.
local core = require "auth0.core"
local telemetry = require "auth0.telemetry"
local tenant = require "support.tenant"

-- The module's value for another version of the library: three of them need the three kinds of padding.
local function header_of(version)
    local saved = { package.loaded["auth0.core"], package.loaded["auth0.telemetry"] }
    package.loaded["auth0.core"] = { _VERSION = version, curl_version = "7.88.1" }
    package.loaded["auth0.telemetry"] = nil
    local made = require "auth0.telemetry"
    package.loaded["auth0.core"], package.loaded["auth0.telemetry"] = saved[1], saved[2]
    return made.header
end

-- By another hand than ours.
local function decoded(text)
    local output, status = tenant.run("printf %s '" .. text .. "' | base64 -d")
    assert.equal(0, status)
    return output
end

describe("auth0.telemetry", function()
    local is_jit = rawget(_G, "jit") ~= nil
    local name = is_jit and "luajit" or "lua"

    it("says who calls, in JSON, in padded base64 of the standard alphabet", function()
        local text = decoded(telemetry.header)
        local value = tenant.json.decode(text)
        assert.same({ "lua-auth0", core._VERSION }, { value.name, value.version })
        local version = is_jit and "2%.1" or "5%.[1-5]"
        assert.truthy(value.env[name]:find("^" .. version), text)
        assert.equal(0, #telemetry.header % 4)
    end)

    it("pads as the length asks", function()
        local seen = {}
        for _, version in ipairs { "1", "12", "123", "1234", "0.1.0\255\254\253" } do
            local header = header_of(version)
            local text = decoded(header)
            local start = '{"name":"lua-auth0","version":"' .. version .. '","env":{"' .. name .. '":"'
            assert.equal(start, text:sub(1, #start))
            assert.truthy(text:find('"}}', -3, true))
            assert.truthy(header:find("^[%w+/]+=?=?$"), header)
            seen[header:match("=*$")] = true
        end
        assert.same({ [""] = true, ["="] = true, ["=="] = true }, seen)
    end)

    it("begins as the same JSON of other SDKs does", function()
        assert.equal("eyJuYW1lIjoibHVhLWF1dGgwIiwidmVyc2lvbiI6I", telemetry.header:sub(1, 41))
    end)

    it("names this library, the Lua and libcurl in the User-Agent", function()
        local agent = telemetry.user_agent
        assert.equal("lua-auth0/" .. core._VERSION .. " " .. name .. "/", agent:match("^%S+ %a+/"))
        assert.truthy(agent:find(" libcurl/" .. core.curl_version, 1, true), agent)
    end)
end)
