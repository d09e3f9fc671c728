--- A look-up whose name servers are silent goes on for as long as the C library waits for them, in a thread of
--- libcurl's: neither a call nor close() nor the end of the process waits for it.
local preloaded = require "support.preloaded"
local process = require "support.process"

local script = [[
local auth0 = require "auth0"
local options = { domain = "hanging.test", token = "a-token", proxy = false, connect_timeout = 0.2 }
local tenant = auth0.tenant(options)
local function call()
    local _, _, failure = tenant:link("auth0|1", "github|2")
    print(failure.code, failure.outcome)
    if arg[1] == "close" then tenant:close() end
end
if arg[2] == "cqueues" then
    local queue = require "cqueues".new()
    queue:wrap(call)
    assert(queue:loop())
else
    call()
end
if arg[1] == "os.exit" then os.exit(0) end
]]

describe("a look-up that hangs", function()
    local library

    setup(function() library = preloaded.is_possible and preloaded.build "resolver" end)
    teardown(function() os.remove(library or "") end)

    for _, loop in ipairs { "plain", "cqueues" } do
        for _, ending in ipairs { "close", "os.exit", "the end of the script" } do
            it(("holds up neither its call nor %s: loop %s"):format(ending, loop), function()
                if not preloaded.is_possible then return pending "a sanitizer's runtime is loaded first" end
                if loop == "cqueues" and not pcall(require, "cqueues") then return pending "cqueues is not here" end
                local begun = os.time()
                local output, status = process.run(script, { ending, loop }, "env LD_PRELOAD=" .. library)
                assert.same({ "unreachable\tnone\n", 0 }, { output, status })
                assert.is_true(os.time() - begun < 10)
            end)
        end
    end
end)
