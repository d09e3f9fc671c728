--- The model tenant: its own logs of changes.
local model = require "support.model"

local send, refused = model.send, model.refused

describe("auth0.mock's logs", function()
    before_each(function()
        model.new()
        model.add { user_id = "auth0|1" }
        for i = 1, 3 do
            model.add { user_id = "google-oauth2|" .. i, connection = "google-oauth2" }
            model.clock = model.clock + 60
            assert.equal(201, (send("POST", "/api/v2/users/auth0%7C1/identities", { provider = "google-oauth2",
                user_id = tostring(i) }, { correlation = "run/" .. i })))
        end
    end)

    it("have each change, the newest first, with the request and its correlation id", function()
        local status, body = send("GET", "/api/v2/logs")
        assert.same({ 200, 3 }, { status, #body })
        assert.same({ "sapi", "run/3", { method = "post", path = "/api/v2/users/auth0%7C1/identities" } },
            { body[1].type, body[1].references.correlation_id, body[1].details.request })
        assert.is_true(body[1].date > body[2].date and body[1].log_id > body[2].log_id)
    end)

    it("are searched by date, and sorted by it", function()
        local _, all = send("GET", "/api/v2/logs?sort=date:1")
        local _, later = send("GET", "/api/v2/logs?sort=date:1&per_page=1&q=date:%5B" .. all[2].date .. "%20TO%20*%5D")
        assert.same({ 1, "run/2" }, { #later, later[1].references.correlation_id })
        assert.equal(400, (send("GET", "/api/v2/logs?sort=type:1")))
    end)

    it("are read on by checkpoint, the oldest first", function()
        local _, page = send("GET", "/api/v2/logs?take=2")
        assert.same({ 2, "run/1" }, { #page, page[1].references.correlation_id })
        _, page = send("GET", "/api/v2/logs?take=2&from=" .. page[2].log_id)
        assert.same({ 1, "run/3" }, { #page, page[1].references.correlation_id })
        _, page = send("GET", "/api/v2/logs?take=2&from=" .. page[1].log_id)
        assert.same({}, page)
    end)

    it("need read:logs", function()
        refused(403, "Insufficient scope; expected: read:logs.", "insufficient_scope",
            send("GET", "/api/v2/logs", nil, model.with "read:users"))
    end)
end)
