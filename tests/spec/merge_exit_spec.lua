--- A process that ends with os.exit in the middle of a merge: in a loop it waits at most two seconds, in a plain script
--- not at all. The receipt that on_receipt kept is enough to go on.
local auth0 = require "auth0"
local cjson = require "cjson"
local linking = require "support.linking"
local loops = require "support.loops"
local process = require "support.process"
local tenant = require "support.tenant"

local PRIMARY, SECONDARY = "auth0|p1", "google-oauth2|s1"

-- Longer than a receipt counts as open after the deadline of its merge: a minute, and ten.
local LATER = 60 + 600 + 60

local script = [[
    local auth0, loops, tenant = require "auth0", require "support.loops", require "support.tenant"
    tenant.start()
    local name, token, kept = arg[1], arg[2], arg[3]
    loops.run(name, function()
        local at = auth0.tenant { domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca,
            proxy = false, token = token, loop = name }
        auth0.each({ 1, 2 }, 2, function(i)
            if i == 2 then
                while tenant.record().changes[1] == nil do at:sleep(0.05) end -- it has written
                os.exit(7)
            end
            at:merge("auth0|p1", "google-oauth2|s1", { proof = "operator", checks = {}, on_receipt = function(receipt)
                local file = assert(io.open(kept, "w"))
                assert(file:write(require "cjson".encode(receipt)))
                assert(file:close())
            end })
        end)
    end)
]]

local function changes()
    local kinds = {}
    for i, change in ipairs(tenant.record().changes) do kinds[i] = change.kind end
    return table.concat(kinds, " ")
end

--- Ends a merge in the middle; returns the receipt that was kept. The answer of its write takes so many seconds.
local function exit_in(name, seconds)
    tenant.reset { { user_id = PRIMARY, user_metadata = { color = "red" } },
        { user_id = SECONDARY, user_metadata = { size = 7 } } }
    tenant.arm { fault = "delay", seconds = seconds, method = "PATCH", count = 1 }
    local kept = os.tmpname()
    -- it ends in the middle, and frees nothing
    local output, status = process.run(script, { name, linking.token, kept }, linking.environment()
        .. ' ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"')
    local receipt = cjson.decode(process.read(kept))
    os.remove(kept)
    assert.equal(7, status, output)
    return receipt
end

describe("os.exit in the middle of a merge", function()
    local own

    setup(function()
        linking.start()
        own = auth0.tenant { domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca, proxy = false,
            token = linking.token }
    end)

    teardown(function()
        own:close()
        linking.stop()
    end)

    local function metadata(id) return assert(own:user(id)).user_metadata end

    loops.each(pending, function(name)
        if name ~= "plain" then
            it("waits for its end, if that comes within two seconds, in " .. name, function()
                local receipt = exit_in(name, 0.3)
                assert.equal("update link", changes())
                assert.equal("merged", assert(own:settle(receipt)).state)
            end)
        end

        it("leaves a longer one in the middle; its receipt tells, takes it back, or a merge completes it, in " .. name,
            function()
                local receipt = exit_in(name, 8)
                assert.equal("update", changes())
                assert.same({ size = 7 }, metadata(SECONDARY))
                local settled = assert(own:settle(receipt))
                assert.same({ "unknown", "size" }, { settled.state, settled.stands[1].key })
                assert.equal("guarded", select(3, own:undo(receipt)).code)

                receipt.at = receipt.at - LATER
                settled = assert(own:settle(receipt))
                assert.equal("not_merged", settled.state)
                assert(own:undo(settled.receipt))
                assert.same({ color = "red" }, metadata(PRIMARY))
                assert.same({ size = 7 }, metadata(SECONDARY))

                local merged = assert(own:merge(PRIMARY, SECONDARY, { proof = "operator", checks = {} }))
                assert.equal("merged", merged.receipt.state)
                assert.same({ color = "red", size = 7 }, metadata(PRIMARY))
            end)
    end)
end)
