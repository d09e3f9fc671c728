--- The model tenant: export jobs and their files.
local crc32 = require "auth0.mock.text.crc32"
local gzip = require "auth0.mock.text.gzip"
local json = require "auth0.mock.text.json"
local model = require "support.model"

local add, send, refused = model.add, model.send, model.refused

local function byte(text, at)
    return text:byte(at)
end

--- Reads stored blocks, and checks what gzip says of them.
local function unpack_stored(packed)
    assert.equal("\31\139\8", packed:sub(1, 3))
    local at, parts = 11, {}
    repeat
        local last = byte(packed, at)
        local length = byte(packed, at + 1) + byte(packed, at + 2) * 256
        assert.equal(65535, length + byte(packed, at + 3) + byte(packed, at + 4) * 256)
        parts[#parts + 1] = packed:sub(at + 5, at + 4 + length)
        at = at + 5 + length
    until last == 1
    local text = table.concat(parts)
    local sum = crc32.of(text)
    for i = 0, 3 do
        assert.equal(math.floor(sum / 256 ^ i) % 256, byte(packed, at + i))
        assert.equal(math.floor(#text / 256 ^ i) % 256, byte(packed, at + 4 + i))
    end
    assert.equal(#packed, at + 7)
    return text
end

describe("auth0.mock's export", function()
    local tenant

    before_each(function()
        tenant = model.new()
        add { user_id = "auth0|1", email = "one@example.com", email_verified = true, name = 'A "B", C',
            user_metadata = { plan = "x", nested = { deep = json.array { 1 } } } }
        add { user_id = "github|9", email = "nine@example.com", email_verified = "false", logins_count = 3 }
        model.link { provider = "github", user_id = "9" }
        add { user_id = "github|8", nickname = "=1+1" }
    end)

    local function create(body, options)
        return send("POST", "/api/v2/jobs/users-exports", body, options)
    end

    local function job(id, options)
        return send("GET", "/api/v2/jobs/" .. id, nil, options)
    end

    local function download(location)
        return tenant:handle { method = "GET", path = location:match("^https://tenant%.test(/.*)$"), headers = {} }
    end

    --- The text of a whole export.
    local function export(body)
        model.set { export_gzip = false, export_pending = 0, export_processing = 0 }
        local status, made = create(body)
        assert.equal(200, status)
        return download(select(2, job(made.id)).location).body
    end

    describe("job", function()
        it("is answered with 200, pending, in CSV where nothing is said", function()
            local status, body = create "{}"
            assert.equal(200, status)
            assert.same({ "users_export", "pending", "csv", "", "2021-09-03T20:16:45.288Z" },
                { body.type, body.status, body.format, body.connection, body.created_at })
            assert.matches("^job_%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x$", body.id)
        end)

        it("goes from pending over processing to completed by the clock", function()
            model.set { export_pending = 1, export_processing = 4 }
            local _, made = create { format = "json" }
            local function at(seconds)
                model.clock = model.NOW + seconds
                local _, body = job(made.id)
                return { body.status, body.percentage_done, body.time_left_seconds, body.location ~= nil }
            end
            assert.same({ "pending", nil, nil, false }, at(0.5))
            assert.same({ "processing", 0, 4, false }, at(1))
            assert.same({ "processing", 50, 2, false }, at(3))
            assert.same({ "completed", 100, 0, true }, at(5))
            assert.equal(2, select(2, job(made.id)).summary.total)
        end)

        it("is of one connection, and says which", function()
            local github = tenant.world.connections.by_name.github.id
            local _, made = create { connection_id = github, format = "json" }
            assert.same({ github, "github" }, { made.connection_id, made.connection })
            assert.equal('{"user_id":"github|8"}\n', export { connection_id = github, format = "json",
                fields = json.array { { name = "user_id" } } })
        end)

        it("is gone after 24 hours, its file with it", function()
            model.set { export_link = 1e6 }
            local options = { token = tenant:token { kind = "machine", expires_in = 1e6 } }
            local _, made = create { format = "json" }
            model.clock = model.NOW + 86399
            local status, body = job(made.id, options)
            assert.equal(200, status)
            model.clock = model.NOW + 86400
            assert.equal(403, download(body.location).status)
            refused(404, "The job does not exist.", nil, job(made.id, options))
        end)

        it("is refused when it is asked for with what it cannot be", function()
            assert.equal(200, (create '{"limit":99999999999999999999}'))
            for _, body in ipairs { '{"format":"xml"}', '{"limit":-99999999999999999999}', '{"limit":0}',
                '{"colour":1}', '{"fields":[{}]}',
                '{"fields":["email"]}', '{"connection_id":"con_1"}', '{"fields":[{"name":"a","as":"b"}]}',
                '{"fields":[{"name":"' .. ("a"):rep(101) .. '"}]}' } do
                local status, answer = create(body)
                assert.same({ 400, "invalid_body" }, { status, answer.errorCode })
            end
            refused(400, "The provider/connection is not configured.", "inexistent_connection",
                create { connection_id = "con_0000000000000000" })
        end)

        it("needs read:users; to look at it, create:users will do too", function()
            refused(403, "Insufficient scope; expected: read:users.", "insufficient_scope",
                create("{}", model.with "create:users"))
            local _, made = create "{}"
            assert.equal(200, (job(made.id, model.with "create:users")))
            refused(403, "Insufficient scope; expected: create:users, read:users.", "insufficient_scope",
                job(made.id, model.with "update:users"))
        end)
    end)

    describe("link", function()
        local id

        before_each(function()
            id = select(2, create { format = "json" }).id
            model.clock = model.NOW + 10
        end)

        it("is another one each time, valid for 60 seconds, and needs no token", function()
            local _, first = job(id)
            model.clock = model.NOW + 30
            local _, second = job(id)
            assert.not_equal(first.location, second.location)
            model.clock = model.NOW + 69.9
            assert.equal(200, download(first.location).status)
            model.clock = model.NOW + 70
            assert.same({ 403, 200 }, { download(first.location).status, download(second.location).status })
            assert.matches("Request has expired", download(first.location).body)
        end)

        it("gives the part that a Range asks for, and says which part of what it is", function()
            model.set { export_gzip = false, export_pending = 0, export_processing = 0 }
            local _, created = create { format = "json" }
            local _, done = job(created.id)
            local whole = download(done.location)
            local function part(range)
                return tenant:handle { method = "GET", path = done.location:match("^https://tenant%.test(/.*)$"),
                    headers = { range = range } }
            end
            local one = part "bytes=5-9"
            assert.same({ 206, whole.body:sub(6, 10), ("bytes 5-9/%d"):format(#whole.body), whole.headers.etag },
                { one.status, one.body, one.headers["content-range"], one.headers.etag })
            one = part "bytes=10-99999"
            assert.same({ 206, whole.body:sub(11) }, { one.status, one.body })
            one = part(("bytes=%d-%d"):format(#whole.body, #whole.body + 9))
            assert.same({ 416, "" }, { one.status, one.body })
            assert.equal(200, part("lines=1-2").status)
        end)

        it("that was never given out is refused", function()
            assert.equal(403, download("https://tenant.test/exports/0123/" .. id .. ".json.gz").status)
        end)
    end)

    describe("in JSON", function()
        it("is one object a line, of what was there when it was asked for", function()
            model.set { export_gzip = false }
            local _, made = create { format = "json", fields = json.array { { name = "user_id" } } }
            send("DELETE", "/api/v2/users/github%7C8")
            model.clock = model.NOW + 10
            local answer = download(select(2, job(made.id)).location)
            assert.equal('{"user_id":"auth0|1"}\n{"user_id":"github|8"}\n', answer.body)
            assert.equal("application/x-ndjson", answer.headers["content-type"])
        end)

        it("follows paths, names what export_as says, and leaves out what is not there", function()
            local text = export { format = "json", fields = json.array {
                { name = "identities[0].provider", export_as = "provider" }, { name = "identities[1].user_id" },
                { name = "user_metadata.nested.deep", export_as = "deep" },
            } }
            assert.equal('{"deep":[1],"identities[1].user_id":"9","provider":"auth0"}\n{"provider":"github"}\n', text)
        end)

        it("exports whole arrays and objects, without the providers' tokens", function()
            add { identities = { { provider = "line", user_id = "1", access_token = "secret" } } }
            local text = export { format = "json", fields = json.array { { name = "identities" },
                { name = "user_metadata" } } }
            assert.matches('"profileData":{"email":"nine@example.com"', text, 1, true)
            assert.matches('"user_metadata":{"nested":{"deep":[1]},"plan":"x"}', text, 1, true)
            assert.is_nil(text:find("secret", 1, true))
        end)

        it("stops at its limit", function()
            local _, lines = export({ format = "json", limit = 1 }):gsub("\n", "")
            assert.equal(1, lines)
        end)
    end)

    describe("in CSV", function()
        it("quotes every text after an apostrophe, doubles quotes, and leaves dates without", function()
            local text = export { fields = json.array {
                { name = "user_id" }, { name = "name", export_as = "the, name" }, { name = "email_verified" },
                { name = "created_at" }, { name = "nickname" },
            } }
            assert.equal('"user_id","the, name","email_verified","created_at","nickname"\n'
                .. [["'auth0|1","'A ""B"", C",true,"2021-09-03T20:16:45.288Z",]] .. "\n"
                .. [["'github|8",,,"2021-09-03T20:16:45.288Z","'=1+1"]] .. "\n", text)
        end)

        it("has a set of columns of its own", function()
            local title = export({}):match("^[^\n]*")
            assert.matches('^"user_id","email","email_verified",', title)
            assert.matches(',"connection"$', title)
        end)

        it("takes 30 fields, and no whole metadata", function()
            local fields = json.array {}
            for i = 1, 30 do
                fields[i] = { name = "user_metadata.f" .. i }
            end
            assert.equal(200, (create { fields = fields }))
            fields[31] = { name = "email" }
            assert.equal(400, (create { fields = fields }))
            assert.equal(200, (create { fields = fields, format = "json" }))
            assert.equal(400, (create { fields = json.array { { name = "app_metadata" } } }))
        end)
    end)

    describe("is compressed", function()
        it("with gzip, named so, and the same each time", function()
            local _, made = create { format = "json", fields = json.array { { name = "user_id" } } }
            model.clock = model.NOW + 10
            local _, body = job(made.id)
            assert.matches("%.json%.gz$", body.location)
            local answer = download(body.location)
            assert.equal("application/gzip", answer.headers["content-type"])
            assert.equal('{"user_id":"auth0|1"}\n{"user_id":"github|8"}\n', unpack_stored(answer.body))
            assert.equal(answer.body, download(body.location).body)
        end)

        it("by the function that was handed in", function()
            assert.equal("\31\139\8\0\0\0\0\0\0\255<abc>\194\65\36\53\3\0\0\0", gzip.pack("abc", function(text)
                return "<" .. text .. ">"
            end))
        end)

        it("in blocks, where a file is longer than one", function()
            for _, length in ipairs { 0, 1, 65535, 65536, 131071 } do
                local text = ("x"):rep(length)
                assert.equal(text, unpack_stored(gzip.pack(text)))
            end
        end)
    end)
end)

describe("auth0.mock.crc32", function()
    it("is gzip's, with this Lua's own exclusive or and without", function()
        for _, checksum in ipairs { crc32.of, crc32.new(crc32.arithmetic_xor()) } do
            assert.equal(0xCBF43926, checksum("123456789"))
            assert.equal(0, checksum(""))
        end
    end)
end)
