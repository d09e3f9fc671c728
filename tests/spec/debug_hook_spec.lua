--- A debug hook that a signal's handler sets in the middle of a call that drives the engine itself: it may neither make
--- another call nor close anything that is in use, and where it just returns, the call goes on.
local fork = require "support.fork"
local linking = require "support.linking"
local tenant = require "support.tenant"

-- arg: the library with alarm; which call is under way
local script = [[
local library = assert(package.loadlib(arg[1], "luaopen_fork"))()
local auth0 = require "auth0"
local linking = require "support.linking"
linking.start()
local options = linking.options()
local reach = { domain = options.domain, token = options.token, resolve = options.resolve, ca_file = options.ca_file,
    proxy = false }
local tenant, other = auth0.tenant(reach), auth0.tenant(reach)
local attempts = {
    function() return linking.link() end,
    function() return auth0.link { domain = "https://x" } end,
    function() return tenant:link(linking.primary, linking.secondary) end,
    function() return other:link(linking.primary, linking.secondary) end,
    auth0.close,
    arg[2] == "tenant" and function() return tenant:close() end or auth0.close,
}
library.alarm(function()
    for i, attempt in ipairs(attempts) do
        local done, message = pcall(attempt)
        io.write(i, " ", done and "went through" or message:match("a call is under way") or message, "\n")
    end
end)
local slow, identities, message = "fault=delay;seconds=2", nil, nil
if arg[2] == "tenant" then
    identities, message = tenant:link(linking.primary, linking.secondary, { correlation_id = slow })
else
    identities, message = linking.link { correlation_id = slow }
end
io.write(identities and "linked" or message, "\n")
assert(tenant:unlink(linking.primary, linking.secondary))
tenant:close()
other:close()
linking.stop()
]]

-- arg: the library with fork and alarm
local forking = [[
local library = assert(package.loadlib(arg[1], "luaopen_fork"))()
local linking = require "support.linking"
linking.start()
local child
library.alarm(function() child = library.fork() end)
local done, identities = pcall(linking.link, { correlation_id = "fault=delay;seconds=2" })
if child == 0 then os.exit(not done and tostring(identities):find("the call is the parent's", 1, true) and 0 or 1) end
assert(done and identities, identities)
assert(library.wait(child) == 0, "the child")
linking.stop()
io.write "linked"
]]

describe("a debug hook that runs in the middle of a call #plain", function()
    local library

    setup(function()
        linking.start()
        library = fork.build()
    end)

    teardown(function()
        os.remove(library)
        linking.stop()
    end)

    before_each(function() linking.reset() end)

    for _, which in ipairs { "auth0", "tenant" } do
        it(("can make and close no other while %s:link waits, which goes on"):format(which), function()
            local output = fork.run(script, { library, which }, linking.environment())
            local refused = {}
            for i = 1, 6 do refused[i] = i .. " a call is under way\n" end
            assert.equal(table.concat(refused) .. "linked\n", output)
            assert.equal(2, linking.changes())
        end)
    end

    it("may fork: the call is the parent's", function()
        assert.equal("linked", (fork.run(forking, { library }, linking.environment())))
        assert.equal(1, #tenant.record().changes)
    end)
end)
