--- core.encode writes what lua/auth0/json.lua writes, to the letter, or leaves it to that file.
local core = require "auth0.core"
local json = require "auth0.json"
require "auth0" -- by which json knows the core

-- The same file, which knows the core's marks, and not its writer.
local written = dofile "lua/auth0/json.lua"
written.learn { null = core.null, array_mt = core.array_mt, empty_array = core.empty_array,
    empty_array_mt = core.empty_array_mt }

local function assert_same(value)
    local text = written.encode(value)
    assert.equal(text, core.encode(value))
    assert.equal(text, json.encode(value))
end

local function left(value)
    assert.is_nil(core.encode(value))
end

describe("core.encode", function()
    it("writes strings with the same escapes", function()
        for code = 0, 127 do assert_same(("a%sb%s"):format(string.char(code), string.char(code))) end
        for _, text in ipairs { "", "\0", "\27[31m", "\\\"", "caf\195\169 \226\130\172 \240\159\152\128",
            ("x\n"):rep(5000) } do
            assert_same(text)
            assert_same { [text] = text }
        end
    end)

    it("leaves text that is not UTF-8, half a pair included", function()
        for _, text in ipairs { "\255", "a\195", "\237\160\128", "\192\128", "\244\144\128\128" } do
            left(text)
            left { a = text }
            left { [text] = 1 }
        end
        assert.equal('"\\ud800"', json.encode "\237\160\128")
        assert.has_error(function() json.encode { "\255" } end, "no JSON for text that is not UTF-8")
    end)

    it("writes numbers with the same digits", function()
        for _, number in ipairs { 0, -0.0, 1, -1, 0.1, 1.5, -2.25, 1e15, 1e16, 9007199254740991, 9007199254740992,
            9007199254740993, -9007199254740992, 1e20, 1e21, 1e22, 1.7976931348623157e308, 5e-324, 1e-6, 1e-7, 1 / 3,
            123456789.125, 3.0, math.pi, 4503599627370496.5 } do
            assert_same(number)
        end
        for _, name in ipairs { "maxinteger", "mininteger" } do assert_same { rawget(math, name) } end
        for _, number in ipairs { 1 / 0, -1 / 0, 0 / 0 } do left { number } end
    end)

    it("writes tables with sorted names, arrays as they are marked, and null", function()
        assert_same {}
        assert_same { 1, "two", { three = true }, {}, false }
        assert_same { b = 1, a = 2, ab = 3, [""] = 4, ["a\0"] = 5, B = 6, ["\195\169"] = 7, _ = { z = {}, y = { 1 } } }
        assert_same(json.array {})
        assert_same { list = setmetatable({}, core.array_mt), more = setmetatable({ 1 }, core.array_mt) }
        assert_same { a = core.null, b = core.decode '{"user_metadata":{"x":null,"y":[],"z":[null]}}' }
        if core.empty_array_mt then
            assert_same(setmetatable({}, core.empty_array_mt))
            assert_same(setmetatable({ 1, 2 }, core.empty_array_mt))
            assert_same(setmetatable({ a = 1 }, core.empty_array_mt))
        end
        local wide, deep = {}, {}
        for i = 1, 500 do wide["key" .. i * 7919 % 1000] = i end
        assert_same(wide)
        for _ = 1, 25 do deep = { deep } end
        assert_same(deep)
    end)

    it("leaves what is rare, and what is wrong", function()
        local deep, cycle = {}, {}
        for _ = 1, 100 do deep = { deep } end
        cycle.cycle = cycle
        for _, value in ipairs { deep, cycle, { 1, nil, 3 }, { 1, a = 2 }, { [true] = 1 }, { [1.5] = 1 }, print,
            setmetatable({}, { __index = { a = 1 } }), setmetatable({}, {}), json.number "1e400", { json.number "1" },
            { io.stdout } } do
            left(value)
        end
        assert.equal("[1e400]", json.encode { json.number "1e400" })
        assert.has_error(function() json.encode(cycle) end, "no JSON for a table that is nested too deeply")
        assert.has_error(function() json.encode { 1, a = 2 } end, "no JSON for a key that is a string")
    end)

    it("writes what was read as it stood, whatever is in it", function()
        local state = 7
        local function random(most)
            state = state * 16807 % 2147483647
            return state % most + 1
        end
        local texts = { "", "a", "user_id", "é", "\t", '"', "a.b", "\226\130\172", "z\0z", "10" }
        local function make(depth)
            local kind = random(depth > 5 and 4 or 6)
            if kind == 1 then return texts[random(#texts)] end
            if kind == 2 then return (random(2000) - 1000) / ({ 1, 2, 8, 10 })[random(4)] end
            if kind == 3 then return random(2) == 1 end
            if kind == 4 then return core.null end
            local table_ = kind == 5 and json.array {} or {}
            for i = 1, random(6) - 1 do
                table_[kind == 5 and i or texts[random(#texts)]] = make(depth + 1)
            end
            return table_
        end
        for _ = 1, 2000 do assert_same(make(1)) end
    end)
end)
