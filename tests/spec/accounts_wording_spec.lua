--- The library's messages, as auth0-accounts tells them: what a user of the command can type takes the place of what
--- a Lua program says.
local auth0 = require "auth0"
local process = require "support.process"
local tenant = require "support.tenant"
local wording = require "auth0_accounts.wording"

-- The literals of C and Lua, joined where they stand on several lines.
local function sources(...)
    local text = ""
    for _, path in ipairs { "src/pure/guard_words.c", "lua/auth0/failure.lua", ... } do
        text = text .. process.read(path)
    end
    return (text:gsub('\\"', "\1"):gsub('"%s*%.*%s*"', ""):gsub("\1", '"'))
end

describe("a message", function()
    it("has phrases of the library's, as it says them today", function()
        local text = sources("lua/auth0/option_types.lua", "lua/auth0/tenant/merge.lua", "src/pure/identity.c")
        for _, given in ipairs(wording.phrases()) do
            -- The engine adds why there is no token.
            local phrase = given:gsub(" %(no token: .*", "")
            assert(text:find(phrase, 1, true), "the library does not say: " .. phrase)
        end
    end)

    it("names no option of the library's", function()
        local text = wording.of(sources())
        for name in tenant.run "sed -nE 's/^    ([a-z_]+) = \"[a-z_]+\".*/\\1/p' lua/auth0/tenant/merge.lua"
            :gmatch "%S+" do
            if name:find "_" then assert.is_nil(text:find(name .. " =", 1, true), name) end
        end
        for _, name in ipairs { "trusted_connections", "password_merge", "after_link", "signing_key", "ca_path",
            "what link_with", "with link_with", "only link_with", "ask tenant:settle", "with tenant:undo",
            "the failure's receipt" } do
            assert.is_nil(text:find(name .. "[ ,]"), name)
        end
    end)

    it("about an argument begins with what the user typed", function()
        assert.equal("PRIMARY: expected a full id", wording.of "tenant:link: primary: expected a full id")
        assert.equal("--correlation-id: is empty", wording.of "tenant:user: correlation_id: is empty")
        assert.equal("primary is gone", wording.of "tenant:merge: primary is gone")
    end)

    it("does not begin with a method's name", function()
        assert.equal("acme.test does not find it", wording.of "tenant:user: acme.test does not find it")
        assert.equal("domain: expected a name", wording.of "auth0.tenant: domain: expected a name")
        local _, fault = pcall(auth0.tenant, { token = "x" })
        assert.truthy(wording.of(fault:match "auth0%.tenant: .*"):find("^domain: "))
    end)

    it("keeps what a tenant says, though it looks like a pattern", function()
        assert.equal('a "%d.*" (%s)', wording.of 'a "%d.*" (%s)')
    end)
end)
