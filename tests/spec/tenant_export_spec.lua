--- A tenant's export: the job, its file in parts, packed or not, row by row.
local auth0 = require "auth0"
local core = require "auth0.core"
local mocked = require "support.mocked"
local rows = require "auth0.tenant.rows"

local DOWNLOAD = "GET /exports/{link}/{file}"
local LOOK = "GET /api/v2/jobs/{job}"

local function read(text, size)
    local at = 1
    return rows.lines(function()
        if at > #text then return nil end
        local part = text:sub(at, at + size - 1)
        at = at + size
        return part
    end)
end

-- How often others had a turn while a file was read whole.
local function turns(parts, skips_blanks)
    local count = 0
    local lines = rows.lines(function() return table.remove(parts, 1) end, function() count = count + 1 end)
    while lines(skips_blanks) do end
    return count
end

local function all(iterator)
    local list = {}
    for row in iterator do list[#list + 1] = row end
    return list
end

describe("rows of CSV", function()
    local function records(text, size) return rows.records(read(text, size)) end

    it("end at a line break that stands in no quotes, wherever a part ends", function()
        local text = 'a,"b\nc"\r\n"d ""\n"" e",f\n\n"\r\n"\r\nlast,"x"'
        for size = 1, #text do
            assert.same({ 'a,"b\nc"', '"d ""\n"" e",f', "", '"\r\n"', 'last,"x"' }, all(records(text, size)))
        end
    end)

    it("are a failure where a quote does not end, or a row is too long", function()
        for _, text in ipairs { 'a\n"b\nc\n', '"' .. (("x"):rep(63) .. "\n"):rep(80000) } do
            local done, failure = pcall(all, records(text, 65536))
            assert.is_false(done)
            assert.equal("bad_response", failure.code)
        end
    end)
end)

describe("export", function()
    local mock, tenant

    before_each(function()
        mock = mocked.mock(40)
        tenant = mocked.tenant(mock)
    end)

    after_each(function() tenant:close() end)

    for what, packed in pairs { packed = true, plain = false } do
        it("reads the rows of a file that is " .. what, function()
            mock:configure { export_gzip = packed }
            local list = all(tenant:export())
            assert.equal(41, #list)
            local ids = {}
            for _, user in ipairs(list) do ids[user.user_id] = user end
            assert.equal("ann@example.com", ids[mocked.PRIMARY].email)
        end)
    end

    it("asks for nothing before it is asked, and looks at the job until it is done", function()
        local iterator = tenant:export()
        assert.same({}, mocked.requests(mock))
        mock:configure { export_pending = 5, export_processing = 60 }
        assert.is_table((iterator()))
        assert.is_true(mock.engine:now() >= 65 and mock.engine:now() < 80, mock.engine:now())
        assert.is_true(mocked.requests(mock)[LOOK] < 20)
    end)

    it("tells of its progress", function()
        mock:configure { export_pending = 5, export_processing = 20 }
        local told = {}
        all(tenant:export { on_progress = function(percentage, job)
            told[#told + 1] = percentage
            assert.is_string(job.status)
        end })
        assert.equal(0, told[1])
        assert.equal(100, told[#told])
        assert.is_true(#told > 3)
        for i = 2, #told do assert.is_true(told[i] >= told[i - 1]) end
    end)

    it("takes fields, a connection and a limit", function()
        local connection = assert(tenant:connections { name = "google-oauth2" })[1]
        local list = all(tenant:export { connection_id = connection.id, limit = 7,
            fields = { "user_id", { name = "identities[0].connection", export_as = "home" } } })
        assert.equal(7, #list)
        for _, row in ipairs(list) do
            assert.equal("google-oauth2", row.home)
            assert.is_string(row.user_id)
            assert.is_nil(row.email)
        end
    end)

    it("gives CSV as the tenant wrote it, line by line", function()
        local list = all(tenant:export { format = "csv", fields = { "user_id" } })
        assert.equal(42, #list)
        assert.equal('"user_id"', list[1])
        assert.truthy(list[2]:find([[^"']]))
    end)

    it("gives rows of JSON as the tenant wrote them, if they are asked for", function()
        local list = all(tenant:export { raw = true, fields = { "user_id" } })
        assert.equal(41, #list)
        assert.equal("string", type(core.decode(list[1]).user_id))
    end)

    it("gives a row of CSV whole, line breaks between its quotes included", function()
        local names = { "one\nline, and \"another\"", "\r\n", '"', "\n\n", "plain" }
        for i, name in ipairs(names) do
            mock:add_user { user_id = "github|" .. i, connection = "github", name = name }
        end
        local list = all(tenant:export { format = "csv", fields = { "user_id", "name" } })
        assert.equal(42 + #names, #list)
        for i, name in ipairs(names) do
            local wanted = ('"\'github|%d","\'%s"'):format(i, (name:gsub('"', '""')))
            local count = 0
            for _, row in ipairs(list) do count = count + (row == wanted and 1 or 0) end
            assert.equal(1, count, wanted)
        end
    end)

    it("takes the names of fields as one text, too", function()
        for fields, wanted in pairs { ["user_id"] = '"user_id"', ["user_id,email"] = '"user_id","email"' } do
            assert.equal(wanted, tenant:export { format = "csv", fields = fields }())
        end
    end)

    it("refuses whole identities in CSV, which would come out blank", function()
        for _, fields in ipairs { "identities", { "user_id", { name = "identities", export_as = "x" } } } do
            local done, message = pcall(function()
                local rows_of = tenant:export { format = "csv", fields = fields }
                return rows_of
            end)
            assert.is_false(done)
            assert.truthy(message:find('_spec.lua:%d+: tenant:export: fields: "identities" comes out blank in CSV: '
                .. 'ask for format = "json", or for a part of it, such as "identities%[0%].connection"$'), message)
            assert.is_function(tenant:export { fields = fields })
        end
        assert.is_function(tenant:export { format = "csv", fields = "identities[0].connection" })
    end)

    it("fetches a large file in parts, which hold no token", function()
        for i = 1, 300 do
            mock:add_user { user_id = "github|" .. i, connection = "github", name = ("n"):rep(9000) .. i }
        end
        mock:configure { export_gzip = false }
        local tokens, largest = 0, 0
        local answer = mock.answer
        mock.answer = function(self, request)
            local told = answer(self, request)
            if request.url:find("/exports/", 1, true) then
                if request.headers.authorization then tokens = tokens + 1 end
                largest = math.max(largest, #told.body)
            end
            return told
        end
        assert.equal(341, #all(tenant:export()))
        assert.equal(3, mocked.requests(mock)[DOWNLOAD])
        assert.equal(0, tokens)
        assert.equal(1048576, largest)
    end)

    it("takes a new link when the one that it has grows old", function()
        for i = 1, 250 do
            mock:add_user { user_id = "github|" .. i, connection = "github", name = ("n"):rep(9000) .. i }
        end
        mock:configure { export_gzip = false }
        local count = 0
        for _ in tenant:export() do
            count = count + 1
            if count % 50 == 0 then mock:advance(100) end
        end
        assert.equal(291, count)
    end)

    it("goes on after a part that was lost", function()
        mock:arm { fault = "reset-after", method = "GET", template = "/exports/{link}/{file}", count = 2 }
        assert.equal(41, #all(tenant:export()))
    end)

    it("raises the failure of what does not work", function()
        local function failure_of(options)
            local done, failure = pcall(function() return all(tenant:export(options)) end)
            assert.is_false(done)
            assert.is_string(failure.code, tostring(failure))
            assert.truthy(tostring(failure):find "^tenant:export: ", tostring(failure))
            return failure
        end
        assert.equal("invalid_request", failure_of({ connection_id = "con_0123456789abcdef" }).code)
        mock:configure { export_processing = 1000 }
        local failure = failure_of { timeout = 60 }
        assert.equal("timeout", failure.code)
        assert.truthy(tostring(failure):find("was not done within 60 s", 1, true))
    end)

    it("refuses a file that changes while it is read, and one that is damaged", function()
        for i = 1, 150 do
            mock:add_user { user_id = "github|" .. i, connection = "github", name = ("n"):rep(9000) .. i }
        end
        local answer, spoil = mock.answer, nil
        mock.answer = function(self, request)
            local told = answer(self, request)
            if request.url:find("/exports/", 1, true) then spoil(told) end
            return told
        end
        local count
        for what, how in pairs {
            ["the file is another one"] = function(told) told.headers.etag = '"' .. count .. '"' end,
            ["it is no gzip any more"] = function(told)
                told.body = told.body:sub(1, 20) .. ("x"):rep(#told.body - 20)
            end,
            ["another part"] = function(told) told.headers["content-range"] = "bytes 7-8/900" end,
        } do
            mock:configure { export_gzip = what ~= "the file is another one" }
            count = 0
            spoil = function(told)
                count = count + 1
                how(told)
            end
            local done, failure = pcall(function() return all(tenant:export()) end)
            assert.is_false(done)
            assert.equal("bad_response", failure.code)
            assert.truthy(tostring(failure):find(what, 1, true), tostring(failure))
        end
    end)

    -- What the tenant, or where its files are kept, answers instead.
    local function spoil(part_of_url, how)
        local answer = mock.answer
        mock.answer = function(self, request)
            local told = answer(self, request)
            if request.url:find(part_of_url, 1, true) then how(told, request) end
            return told
        end
    end

    local function failure_of(options)
        local done, failure = pcall(function() return all(tenant:export(options)) end)
        assert.is_false(done)
        assert.is_table(failure, tostring(failure))
        assert.truthy(tostring(failure):find "^tenant:export: ", tostring(failure))
        return failure
    end

    for what, id in pairs { ["that climbs"] = "..", ["with an escape of a terminal"] = "\\u001b[2J", ["that is long"] =
        ("j"):rep(65), ["that is empty"] = "", ["with a slash"] = "a/b" } do
        it("takes no id of a job " .. what .. ", and does not show it", function()
            spoil("/users-exports", function(told) told.body = ('{"id":"%s"}'):format(id) end)
            local failure = failure_of()
            assert.equal("bad_response", failure.code)
            assert.truthy(tostring(failure):find("the tenant's job has no id that can be one", 1, true))
            assert.is_nil(mocked.requests(mock)[LOOK])
        end)
    end

    it("leaves the job's id out of its failures", function()
        local id
        spoil("/users-exports", function(told) id = told.body:match '"id":"([^"]+)"' end)
        mock:configure { export_processing = 1000 }
        local failure = failure_of { timeout = 20 }
        assert.equal("timeout", failure.code)
        assert.is_nil(tostring(failure):find(id, 1, true))
        spoil("/jobs/job_", function(told) told.body = '{"status":"failed"}' end)
        failure = failure_of()
        assert.equal("server_error", failure.code)
        assert.is_nil(tostring(failure):find(id, 1, true))
    end)

    for _, location in ipairs { "https://a..b/f", "https://-a/f", "https://a:0/f", "https://a:65536/f", "https://a:b/f",
        "https://1.2.3/f", "https://0x7f000001/f", "https://1.2.3.256/f", "https://[::1/f", "https://[1]/f",
        "https://" .. ("a"):rep(64) .. "/f", "https://:443/f", "https://a/ f", "https://a/\127", "https://a",
        "http://a/f" } do
        it("does not fetch " .. location:sub(1, 24), function()
            spoil("/jobs/job_", function(told)
                told.body = ('{"status":"completed","location":"%s"}'):format(location)
            end)
            local failure = failure_of()
            assert.equal("bad_response", failure.code)
            assert.truthy(tostring(failure):find("names no file that can be downloaded", 1, true))
        end)
    end

    it("tries every host that can be one", function()
        for _, location in ipairs { "https://127.0.0.1:8443/f?a=b", "https://[::1]:443/f", "https://A.b-c/f" } do
            spoil("/jobs/job_", function(told)
                told.body = ('{"status":"completed","location":"%s"}'):format(location)
            end)
            assert.equal("unreachable", failure_of({ attempts = 1 }).code)
        end
    end)

    it("takes an empty file for one only where it is seen to be", function()
        mock:configure { export_gzip = false }
        local connection = assert(tenant:connections { name = "github" })[1]
        assert.same({}, all(tenant:export { connection_id = connection.id }))
        spoil("/exports/", function(told, request)
            if request.headers.range then told.status, told.body = 416, "" end
        end)
        assert.truthy(tostring(failure_of()):find("no parts of a file that is not empty", 1, true))
    end)

    for what, how in pairs {
        ["status 204"] = function(told) told.status, told.body = 204, "" end,
        ["a part of one byte"] = function(told)
            told.body = told.body:sub(1, 1)
            told.headers["content-range"] = told.headers["content-range"]:gsub("%-%d+", "-0")
        end,
        ["a part that is shorter than it says"] = function(told) told.body = told.body:sub(1, -2) end,
        ["a part that is longer than it says"] = function(told) told.body = told.body .. "\n" end,
        ["a part of a file of unknown size"] = function(told)
            told.headers["content-range"] = told.headers["content-range"]:gsub("/%d+", "/*")
        end,
    } do
        it("does not take " .. what, function()
            mock:configure { export_gzip = false }
            spoil("/exports/", how)
            assert.equal("bad_response", failure_of().code)
        end)
    end

    it("serves auth0.each while others wait", function()
        local order = {}
        auth0.each({ "export", "read", "read" }, 3, function(what, index)
            if what == "export" then
                local iterator = tenant:export()
                while iterator() do end -- in the iterator of a `for`, Lua 5.1 waits on the spot
            else
                assert(tenant:user(mocked.PRIMARY))
            end
            order[#order + 1] = index
        end)
        assert.equal(1, order[3])
        assert.equal(41, auth0.each(tenant:export { fields = { "user_id" } }, 5, function(row)
            assert(tenant:identities(row.user_id))
        end))
    end)

    it("raises at once for a mistake", function()
        for _, options in ipairs { { format = "xml" }, { fields = {} }, { fields = { 7 } }, { limit = 0 },
            { timeout = 0 }, { on_progress = 1 }, { formt = "csv" } } do
            local done, message = pcall(tenant.export, tenant, options)
            assert.is_false(done)
            assert.truthy(message:find("^tenant:export: "), message)
        end
    end)
end)

describe("a download", function()
    it("keeps the connections of one host alone, whatever its case", function()
        local download = require "auth0.tenant.download"
        local tenant = auth0.tenant { domain = "127.0.0.1:1", token = "t", proxy = false }
        local function fetch(location)
            local done, failure = pcall(download.parts(tenant, function() return location end, { attempts = 1 }))
            assert.is_false(done)
            assert.equal("unreachable", failure.code)
        end
        for _, host in ipairs { "127.0.0.1:1", "LOCALHOST:1", "localhost:1" } do
            local before = tenant.hosts["localhost:1"]
            fetch(("https://%s/f"):format(host))
            local kept = next(tenant.hosts)
            assert.same({ host:lower(), nil }, { kept, next(tenant.hosts, kept) })
            assert.is_true(not before or before == tenant.hosts["localhost:1"])
        end
        tenant.hosts["localhost:1"].tickets[7] = {} -- a part is under way there
        fetch "https://127.0.0.1:2/f"
        assert.is_table(tenant.hosts["localhost:1"])
        tenant.hosts["localhost:1"].tickets[7] = nil
        tenant:close()
    end)
end)

describe("the rows of a file", function()
    it("are the same however its bytes are cut", function()
        local text = "one\n\ntwo\nthree three\nlast"
        for size = 1, #text + 1 do assert.same({ "one", "", "two", "three three", "last" }, all(read(text, size))) end
        assert.same({ "one" }, all(read("one\n", 2)))
        assert.same({}, all(read("", 2)))
    end)

    it("are checked and read as answers are", function()
        local values = all(rows.values(read('{"user_id":115015401343387192604,"a":[]}\n \n[null]\n', 7)))
        assert.equal("115015401343387192604", values[1].user_id)
        assert.equal(auth0.null, values[2][1])
        local done, failure = pcall(function() return all(rows.values(read('{}\n{"a":}\n', 100))) end)
        assert.is_false(done)
        assert.truthy(tostring(failure):find("row 2: malformed JSON at byte 6", 1, true), tostring(failure))
        done, failure = pcall(function()
            return all(rows.values(read("{}\n[" .. ("[],"):rep(70000) .. "1]\n", 65536)))
        end)
        assert.is_false(done)
        assert.truthy(tostring(failure):find("row 2: by byte 40679 its values take more than 1572864 bytes", 1, true),
            tostring(failure))
    end)

    it("take no more memory the more there are", function()
        local part = ('{"user_id":"auth0|1","name":"' .. ("n"):rep(5000) .. '"}\n'):rep(20)
        local left = 200 -- together they are 20 MB
        local iterator = rows.values(rows.lines(function()
            left = left - 1
            return left >= 0 and part or nil
        end))
        local count, before, most = 0, nil, 0
        for _ in iterator do
            count = count + 1
            if count % 200 == 0 then
                collectgarbage()
                collectgarbage()
                before, most = before or collectgarbage "count", math.max(most, collectgarbage "count")
            end
        end
        assert.equal(4000, count)
        assert.is_true(most - before < 4096, most - before) -- KiB
    end)

    it("have many empty lines between them, and no more than a row may have bytes", function()
        local function blank_then(count, text)
            local part = ("\r\n"):rep(32768)
            return rows.values(rows.lines(function()
                count = count - 1
                return count >= 0 and part or count == -1 and text or nil
            end))
        end
        assert.same({ { 7 } }, all(blank_then(64, "[7]")))
        local done, failure = pcall(blank_then(65, "[7]"))
        assert.is_false(done)
        assert.equal("bad_response", failure.code)
        assert.truthy(tostring(failure):find("between two rows are blank", 1, true), tostring(failure))
    end)

    it("let others have a turn, however large a part, a row or what is blank is", function()
        assert.equal(15, turns { ("[]\n"):rep(349526) })
        assert.equal(4, turns { ("x"):rep(65536), ("x"):rep(65536), ("[]\n"):rep(65536) })
        assert.equal(2, turns({ ("\n"):rep(65536), "[]\n", ("\n"):rep(65536), "[]\n" }, true))
        assert.equal(0, turns { "[]\n[]\n" })
    end)

    it("are of a bounded length", function()
        local done, failure = pcall(function() return all(read(("x"):rep(5000000), 100000)) end)
        assert.is_false(done)
        assert.truthy(tostring(failure):find("a row is longer than", 1, true))
    end)
end)

describe("an inflater", function()
    local gzip = require "auth0.mock.text.gzip"

    local function run(packed, size)
        local inflater, parts = core.inflater(), {}
        for from = 1, #packed, size do
            local part, at = packed:sub(from, from + size - 1), 1
            repeat
                local text
                text, at = inflater:run(part, at)
                if not text then return nil end
                parts[#parts + 1] = text
            until text == "" and at > #part
        end
        return table.concat(parts), inflater:is_whole()
    end

    it("unpacks, however the bytes are cut, also several members", function()
        local text = ("All of it. "):rep(20000)
        local packed = gzip.pack(text)
        for _, size in ipairs { 1000, 65536, #packed } do
            local result, is_whole = run(packed, size)
            assert.is_true(result == text)
            assert.is_true(is_whole)
        end
        local result, is_whole = run(packed .. gzip.pack "more", 777)
        assert.is_true(result == text .. "more")
        assert.is_true(is_whole)
    end)

    it("knows what is no gzip, and what is not whole", function()
        assert.is_nil(run("no gzip at all", 100))
        local packed = gzip.pack "text"
        assert.is_nil(run(packed:sub(1, -9) .. "xxxxxxxx", 100))
        assert.is_false(select(2, run(packed:sub(1, -2), 100)))
        assert.is_false(core.inflater():is_whole())
    end)

    it("takes no other arguments", function()
        local inflater = core.inflater()
        assert.is_false((pcall(inflater.run, {}, "x", 1)))
        assert.is_false((pcall(inflater.run, inflater, "x", 3)))
        assert.is_false((pcall(inflater.run, inflater, "x", 0)))
    end)
end)
