local json = require "auth0.mock.text.json"

describe("auth0.mock.json", function()
    it("keeps what lua-cjson loses: empty arrays, null, and large integers", function()
        for _, text in ipairs {
            "[]", "{}", "null", "[[],{},[null]]", '{"a":[],"b":{}}', "115015401343387192604", "-9007199254740993",
            "1e400", "1.0", "1e+21", "0.5", "-7", "-0", "true", '"\\ud800"', '{"\\udfff":1}',
            '"\\u0000\\"\\\\/"', '"\195\169"',
        } do
            assert.equal(text, json.encode(json.decode(text)))
        end
    end)

    it("decodes escapes, pairs of surrogates, and halves of one as three bytes", function()
        assert.equal("\195\169\240\159\152\128\237\160\189x", json.decode '"\\u00e9\\ud83d\\ude00\\ud83dx"')
    end)

    it("refuses what is no JSON", function()
        for _, text in ipairs { "", "[1,]", "{,}", "[1 2]", "01", "1.", "+1", "nul", '"a', '"\n"', '"\\x"', "{1:2}",
            "1 2", '{"a" 1}', ".5", "1e", ("["):rep(1000) } do
            local value, message = json.decode(text)
            assert.is_nil(value)
            assert.is_string(message)
        end
    end)
end)
