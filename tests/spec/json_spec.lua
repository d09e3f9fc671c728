--- What is read can be written back unchanged: tenant:user, and tenant:update_user with what it gave.
local auth0 = require "auth0"
local cjson = require "cjson"
local core = require "auth0.core"
local json = require "auth0.json"
local process = require "support.process"
local tenant = require "support.tenant"

local integer_type = rawget(math, "type") -- 5.3 and later

-- A tenant that gives one answer, word for word; `sent` is what it was sent last.
local answer, sent, own

local function open()
    own = auth0.tenant { domain = "acme.test", token = "t", attempts = 1, mock = { engine = core.engine(),
        domain = "acme.test", answer = function(_, request)
            sent = request.body
            return { status = 200, body = answer }
        end } }
end

local function user_of(text)
    answer = text
    return assert(own:user "auth0|1")
end

local function metadata_of(text)
    return user_of('{"user_id":"auth0|1","user_metadata":' .. text .. "}").user_metadata
end

local function written(metadata)
    answer = '{"identities":[{"provider":"auth0","user_id":"1"}]}'
    assert(own:update_user("auth0|1", { user_metadata = metadata }))
    return sent:match '^{"user_metadata":(.*)}$'
end

-- What is read of one value, below user_metadata.
local function value_of(text)
    return metadata_of('{"v":' .. text .. "}").v
end

local function assert_same_text(text)
    assert.equal(text, written(metadata_of(text)))
end

describe("metadata that was read", function()
    before_each(open)
    after_each(function() own:close() end)

    it("is written back letter by letter", function()
        for _, value in ipairs { "[]", "{}", "null", "[[],{},[null]]", '{"a":null,"b":{"c":null}}', "true", "false",
            '""', '{"":""}', '{"a\\u0000b":"\\u0000"}', '"\\"\\\\/\\n\\r\\t\\u0008\\u001f"',
            '"\195\169\226\130\172\240\159\152\128"', '{"user_id":7}', '[{"a":null,"user_id":7}]',
            '{"app_metadata":{"x":null}}', '{"1":"a","2":"b"}' } do
            assert_same_text('{"v":' .. value .. "}")
        end
    end)

    it("keeps the digits of every number", function()
        for _, number in ipairs { "0", "-0", "7", "-42", "1.0", "-0.0", "1.5", "0.1", "1.50", "1e2", "1E+2", "1e400",
            "-1e400", "1e-400", "5e-324", "1e21", "1e+21", "1.7976931348623157e+308", "0.00001", "1e-7",
            "0.30000000000000004", "3.141592653589793238462643383279", "9007199254740992", "9007199254740993",
            "-9007199254740993", "1618065507111835497", "9223372036854775807", "-9223372036854775808",
            "9223372036854775808", "18446744073709551616", "123456789012345678901234567890",
            "100000000000000000000", "0." .. ("0"):rep(30) .. "1", ("7"):rep(400), "0e0", "1.0e0" } do
            assert_same_text('{"v":' .. number .. "}")
            assert.equal("[" .. number .. "]", written { v = { value_of(number) } }:match "%[.*%]")
        end
    end)

    it("keeps half of a surrogate pair as the escape that it was", function()
        for _, text in ipairs { "\\ud800", "\\udfff", "a\\ud83db", "\\udc00\\ud800", "\\ud83d\\\\ude00",
            "\\ud800\240\159\152\128" } do
            assert_same_text('{"v":"' .. text .. '"}')
            assert_same_text('{"' .. text .. '":1}')
        end
        assert.equal("\237\160\128", value_of '"\\ud800"')
        assert.equal("\237\191\191", value_of '"\\udfff"')
        assert.equal("\240\159\152\128", value_of '"\\ud83d\\ude00"')
        -- Two halves that Lua puts together are one character.
        assert.equal('{"v":"\\ud83d\\ude00"}', written { v = value_of '"\\ud83d"' .. value_of '"\\ude00"' })
    end)

    it("may be as deep as an answer", function()
        assert_same_text('{"v":' .. ("["):rep(60) .. ("]"):rep(60) .. "}")
    end)

    it("is not changed by a collector that runs in between", function()
        local text = '{"v":{"a":[],"b":null,"n":1e400}}'
        local metadata = metadata_of(text)
        collectgarbage()
        collectgarbage()
        assert.equal(text, written(metadata))
    end)
end)

describe("a number that was read", function()
    before_each(open)
    after_each(function() own:close() end)

    it("is a Lua number where that says the same", function()
        for text, number in pairs { ["0"] = 0, ["-42"] = -42, ["1.5"] = 1.5, ["0.1"] = 0.1, ["1e-7"] = 1e-7,
            ["9007199254740992"] = 2 ^ 53, ["1e+21"] = 1e21, ["0.00001"] = 0.00001 } do
            assert.equal(number, value_of(text))
            assert.equal("number", type(value_of(text)))
        end
        assert.equal(-math.huge, 1 / value_of "-0")
    end)

    it("is an integer where Lua has them and it fits", function()
        if not integer_type then return pending "this Lua has no integers" end
        for _, text in ipairs { "0", "7", "9007199254740993", "1618065507111835497", "9223372036854775807",
            "-9223372036854775808" } do
            assert.equal("integer", integer_type(value_of(text)))
            assert.equal(text, tostring(value_of(text)))
        end
    end)

    it("is else a value that prints its digits, and equals another with the same", function()
        for _, text in ipairs { "1e400", "1.0", "1.50", "123456789012345678901234567890", "9223372036854775808" } do
            local value = value_of(text)
            assert.equal("userdata", type(value))
            assert.equal(text, tostring(value))
            assert.is_true(value == value_of(text))
            assert.is_false(value == value_of(text .. "1"))
            assert.is_false(value == auth0.null)
        end
        assert.is_false(value_of "1.0" == io.stdout)
        assert.has_error(function() getmetatable(value_of "1.0").__tostring(io.stdout) end)
    end)

    it("is, as a user_id outside of metadata, a string with every digit", function()
        local user = user_of('{"user_id":115015401343387192604115015401343387192604,"x":7,"identities":['
            .. '{"provider":"a","user_id":-9007199254740993},{"provider":"a","user_id":7}],"n":{"user_id":7.5}}')
        assert.equal("115015401343387192604115015401343387192604", user.user_id)
        assert.equal("-9007199254740993", user.identities[1].user_id)
        assert.equal("7", user.identities[2].user_id)
        assert.equal(7, user.x)
        assert.equal(7.5, user.n.user_id)
    end)
end)

describe("a null that was read", function()
    before_each(open)
    after_each(function() own:close() end)

    it("is auth0.null below metadata and in an array, and absent elsewhere", function()
        local user = user_of('{"a":null,"b":{"c":null},"d":[null,{"e":null}],"user_metadata":{"f":null,"g":['
            .. '{"h":null}]},"app_metadata":{"i":{"j":null}},"identities":[{"profileData":{"user_metadata":{"k":null},'
            .. '"l":null}}]}')
        assert.is_nil(user.a)
        assert.same({}, user.b)
        assert.same({ auth0.null, {} }, user.d)
        assert.equal(auth0.null, user.user_metadata.f)
        assert.equal(auth0.null, user.user_metadata.g[1].h)
        assert.equal(auth0.null, user.app_metadata.i.j)
        assert.equal(auth0.null, user.identities[1].profileData.user_metadata.k)
        assert.is_nil(user.identities[1].profileData.l)
        assert.is_nil(user_of('{"user_metadata":null}').user_metadata)
        assert.equal(cjson.null, auth0.null)
    end)

    it("hides a member of its name that came before it", function()
        local user = user_of '{"a":1,"b":2,"\\u0061":null,"c":1,"c":null,"c":3}'
        assert.is_nil(user.a)
        assert.same({ 2, 3 }, { user.b, user.c })
    end)
end)

describe("an array that was read", function()
    before_each(open)
    after_each(function() own:close() end)

    it("has a metatable, and an object has none", function()
        local user = user_of '{"a":[],"b":[1],"c":{}}'
        assert.equal(core.array_mt, getmetatable(user.a))
        assert.equal(core.array_mt, getmetatable(user.b))
        assert.is_nil(getmetatable(user.c))
        assert.equal(core.array_mt, getmetatable(auth0.array {}))
    end)

    it("is one for lua-cjson too", function()
        local identities = user_of('{"identities":[{"provider":"a","user_id":"1"}]}').identities
        assert.equal("[", cjson.encode(identities):sub(1, 1))
    end)
end)

describe("a body", function()
    before_each(open)
    after_each(function() own:close() end)

    it("has the numbers of Lua as JavaScript would write them", function()
        for number, text in pairs { [7] = "7", [-0.5] = "-0.5", [2 ^ 53] = "9007199254740992", [10 / 2] = "5",
            [1e20] = "100000000000000000000", [1e21] = "1e+21", [1e-6] = "0.000001", [1.5e-9] = "1.5e-9",
            [0.1 + 0.2] = "0.30000000000000004", [5e-324] = "5e-324", [123.456e100] = "1.23456e+102" } do
            assert.equal('{"v":' .. text .. "}", written { v = number })
        end
        assert.equal('{"v":-0}', written { v = -1 / math.huge })
    end)

    it("has numbers of all sizes, which are read as what they were", function()
        local seed = 42
        local function random()
            seed = (seed * 1103515245 + 12345) % 2147483648
            return seed / 2147483648
        end
        for _ = 1, 2000 do
            local number = (random() + random() / 2 ^ 31 - 0.5) * 10 ^ math.floor(random() * 600 - 300)
            local back = core.decode(json.encode(number))
            if type(back) == "userdata" then -- an integer that is beyond what Lua has
                assert.is_true(math.abs(number) > 2 ^ 53 and math.abs(number) < 1e21, tostring(back))
                back = tonumber(tostring(back))
            end
            -- Of an integer, JavaScript writes no more digits than a double has.
            assert.equal(number, back + 0.0)
        end
    end)

    it("has lua-cjson's null", function()
        assert.equal('{"v":null}', written { v = cjson.null })
    end)

    it("refuses what JSON does not have, and names it", function()
        for fault, value in pairs { ["a function"] = print, ["a userdata"] = io.stdout,
            ["the number %-?nan"] = 0 / 0, ["the number %-?inf"] = -math.huge, ["UTF%-8"] = "\237\160",
            ["a key that is a table"] = { [{}] = 1 }, ["a key that is a number"] = { a = 1, [2] = 2 },
            ["a key that is a string"] = { 1, a = 2 } } do
            local done, message = pcall(own.update_user, own, "auth0|1", { user_metadata = { v = value } })
            assert.is_false(done)
            assert.truthy(message:find("no JSON for .*" .. fault), message)
        end
    end)
end)

describe("an answer that is wanted raw", function()
    before_each(open)
    after_each(function() own:close() end)

    it("is its text, as it came", function()
        for _, text in ipairs { ' { "a" : 1.0 , "a" : [ ] }\n', "[]", "null", '"\\ud800"', "" } do
            answer = text
            local value, message, receipt = own:request { path = "/api/v2/roles", raw = true }
            assert.equal(text, value)
            assert.is_nil(message)
            assert.equal(200, receipt.status)
        end
    end)

    it("is JSON all the same", function()
        for _, text in ipairs { "<html>", "[1,]", "\255" } do
            answer = text
            local value, message, failure = own:request { path = "/api/v2/roles", raw = true }
            assert.is_nil(value)
            assert.equal("bad_response", failure.code)
            assert.truthy(message:find("malformed JSON at byte", 1, true), message)
        end
    end)
end)

-- Reads and writes in a process of its own: where its own lua-cjson, or another locale, would show.
local CHILD = [[
    local auth0 = require "auth0"
    local core = require "auth0.core"
    local answer, sent = '{"identities":[{"provider":"a","user_id":"1"}]}'
    local own = auth0.tenant { domain = "acme.test", token = "t", attempts = 1, mock = { engine = core.engine(),
        domain = "acme.test", answer = function(_, request)
            sent = request.body
            return { status = 200, body = answer }
        end } }
    local function back(text)
        answer = '{"identities":[{"provider":"a","user_id":"1"}],"user_metadata":{"v":' .. text .. "}}"
        local user = assert(own:user "auth0|1")
        assert(own:update_user("auth0|1", { user_metadata = user.user_metadata }))
        return user.user_metadata.v, sent:match '^{"user_metadata":{"v":(.*)}}$'
    end
    local function send(value)
        assert(own:update_user("auth0|1", { user_metadata = { v = value } }))
        return sent:match '^{"user_metadata":{"v":(.*)}}$'
    end
]]

local function run(script, environment, before)
    local output, status = process.run((before or "") .. CHILD .. script, nil, environment)
    assert.equal(0, status, output)
    assert.equal("", output)
end

describe("a locale with a comma", function()
    local folder, name

    setup(function()
        folder = tenant.run("mktemp -d"):gsub("%s+$", "")
        local _, status = tenant.run(("localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 2>&1"):format(folder))
        name = status == 0 and "de_DE.UTF-8" or nil
    end)

    teardown(function() tenant.run("rm -rf " .. process.quoted(folder)) end)

    it("changes nothing that is read, and nothing that is written", function()
        if not name then return pending "there is no localedef, or no source of the locale de_DE" end
        run(([[
            assert(os.setlocale(%q) == %q)
            for _, text in ipairs { "[1,2]", "1.5", "[0.1,0.25,1e-7,1.5e+300]", "1e400", "1.0", "-0.5" } do
                local value, written = back(text)
                assert(written == text, written)
                assert(text ~= "1.5" or value == 3 / 2)
                assert(text ~= "[1,2]" or #value == 2 and value[1] == 1 and value[2] == 2)
            end
            assert(send(3 / 2) == "1.5")
            assert(own:request { path = "/api/v2/x", query = { a = 3 / 2 } })
            local model = require "auth0.mock.text.json"
            assert(model.encode(model.decode "[1.5,1e-7,2]") == "[1.5,1e-7,2]")
        ]]):format(name, name), "env LOCPATH=" .. process.quoted(folder))
    end)
end)

describe("OpenResty's lua-cjson", function()
    -- What its fork has, in front of the one that is installed.
    local FORK = [[
        local real = require "cjson"
        local array_mt, empty_array_mt = {}, {}
        local marks = { array_mt = array_mt, empty_array_mt = empty_array_mt, empty_array = io.stdout }
        local function fork(instance)
            return setmetatable({}, { __index = function(_, name) return marks[name] or instance[name] end })
        end
        local cjson = fork(real)
        marks.new = function() return fork(real.new()) end
        package.loaded.cjson = cjson
    ]]

    it("marks the arrays that are read", function()
        run([=[
            local value = back "[[],{}]"
            assert(getmetatable(value) == array_mt and getmetatable(value[1]) == array_mt)
            assert(getmetatable(value[2]) == nil)
            assert(getmetatable(auth0.array {}) == array_mt)
        ]=], nil, FORK)
    end)

    it("marks arrays in what is sent", function()
        run([=[
            assert(send(setmetatable({}, array_mt)) == "[]")
            assert(send(setmetatable({ 1 }, array_mt)) == "[1]")
            assert(send(setmetatable({}, empty_array_mt)) == "[]")
            assert(send(setmetatable({ a = 1 }, empty_array_mt)) == '{"a":1}')
            assert(send(cjson.empty_array) == "[]")
            assert(send { cjson.empty_array, setmetatable({}, array_mt), {} } == "[[],[],{}]")
            assert(send(auth0.array {}) == "[]")
        ]=], nil, FORK)
    end)
end)
