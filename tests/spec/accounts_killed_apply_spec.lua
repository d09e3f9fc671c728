--- apply over TLS, in a process of its own that is killed; then what follows, and what only a process has.
local command = require "support.command"
local job = require "bulk.apply_job"
local linking = require "support.linking"
local ports = require "support.ports"
local tenant = require "support.tenant"

setup(linking.start)
teardown(function()
    ports.close()
    linking.stop()
end)

local function users()
    local seen = {}
    for _, id in ipairs { "auth0|p1", "google-oauth2|101", "google-oauth2|105", "auth0|p2", "google-oauth2|106" } do
        local answer = tenant.request { path = "/api/v2/users/" .. id:gsub("|", "%%7C"), token = linking.token }
        seen[id] = answer.status == 200 and answer.body:match '"user_metadata":(%b{})' or answer.status
    end
    return seen
end

describe("apply, killed at random and started again,", function()
    it("links each line once, has each image in the journal, and is verified, and undone", function()
        local result = job.run(200, 8, 3)
        assert.same({ lost = 0, differing = 0, made = 200, links = 200 }, { lost = result.lost,
            differing = result.differing, made = result.made, links = result.links }, result.output)
        local journal, digest = result.files.journal, result.files.digest
        local told = command.start { "verify", journal, "--in-flight", "8" }
        assert.equal(0, told.code, told.out .. told.err)
        assert.truthy(told.out:find("\nmade 200, missing 0, elsewhere 0, changed 0\n", 1, true), told.out)
        assert.equal(404, users()["google-oauth2|101"])
        told = command.start { "undo", journal, "--approve", digest, "--in-flight", "8" }
        -- What was begun when the process was killed may still come, for ten minutes.
        assert.is_true(told.code == 0 or told.out:find("may still be carried out", 1, true) ~= nil, told.out .. told.err)
        job.clean(result)
    end)
end)
