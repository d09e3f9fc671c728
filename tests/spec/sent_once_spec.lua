--- libcurl sends a request again by itself when a reused connection dies under it, a POST or DELETE as well. The tenant
--- may have carried out the first one: nothing may be sent twice behind the caller's back.
local auth0 = require "auth0"
local linking = require "support.linking"
local process = require "support.process"
local tenant = require "support.tenant"

local keys = {
    link = "POST /api/v2/users/{id}/identities",
    unlink = "DELETE /api/v2/users/{id}/identities/{provider}/{user_id}",
}

describe("a reused connection", function()
    setup(linking.start)
    teardown(linking.stop)

    -- A call of the other kind, so that the counts stay apart. It changes nothing, and leaves its connection open.
    local function call_other(goal, http_version)
        local other = goal == "link" and "unlink" or "link"
        local _, _, failure = linking[other] { http_version = http_version, primary = "auth0|nobody" }
        assert.equal(404, failure.status)
    end

    local function warm_up(goal, http_version)
        auth0.close()
        linking.reset(goal)
        call_other(goal, http_version)
        return tenant.last().connection
    end

    for goal, key in pairs(keys) do
        for _, http_version in ipairs { "1.1", "2" } do
            for _, fault in ipairs { "reset-before", "reset-before;kind=fin", "reset-after", "reset-after;kind=fin" } do
                it(("that dies under %s over HTTP/%s sees it once: %s"):format(goal, http_version, fault), function()
                    local connection = warm_up(goal, http_version)
                    local _, _, failure = linking[goal] { http_version = http_version,
                        correlation_id = "fault=" .. fault }
                    local record = tenant.record()
                    assert.equal(1, record.requests[key])
                    assert.equal(1, record.connections)
                    assert.equal(connection, tenant.last().connection)
                    assert.equal(fault:find("after", 1, true) and 1 or 0, #record.changes)
                    assert.same({ "unknown_outcome", "unknown", "connection_lost", 1 },
                        { failure.code, failure.outcome, failure.cause, failure.attempts })
                end)
            end

            it(("that died under %s over HTTP/%s is replaced for the next call"):format(goal, http_version), function()
                warm_up(goal, http_version)
                linking[goal] { http_version = http_version, correlation_id = "fault=reset-before" }
                assert.is_table((linking[goal] { http_version = http_version }))
                local record = tenant.record()
                assert.equal(2, record.requests[key])
                assert.equal(2, record.connections)
                assert.equal(1, #record.changes)
            end)

            it(("that dies again and again under %s over HTTP/%s"):format(goal, http_version), function()
                warm_up(goal, http_version)
                for i = 1, 5 do
                    linking[goal] { http_version = http_version, correlation_id = "fault=reset-before" }
                    assert.equal(i, tenant.record().requests[key])
                    call_other(goal, http_version)
                end
            end)
        end
    end

    for _, http_version in ipairs { "1.1", "2" } do
        it(("that was closed while idle is replaced, over HTTP/%s"):format(http_version), function()
            auth0.close()
            linking.reset "link"
            assert.is_table((linking.link { http_version = http_version,
                correlation_id = "fault=idle-close;seconds=0.02" }))
            process.sleep(0.2)
            local identities, message = linking.unlink { http_version = http_version }
            assert.is_table(identities, message)
            local record = tenant.record()
            assert.equal(2, record.connections)
            assert.equal(1, record.requests[keys.unlink])
        end)

        it(("that dies under the read before an unlink over HTTP/%s loses nothing"):format(http_version), function()
            warm_up("unlink", http_version)
            local _, _, failure = linking.unlink { check = true, http_version = http_version,
                correlation_id = "fault=reset-before" }
            assert.same({ "connection_lost", "none" }, { failure.code, failure.outcome })
            assert.is_nil(tenant.record().requests[keys.unlink])
        end)
    end
end)
