--- The README's Lua: all of it compiles, and what needs no network runs.
local load_text = rawget(_G, "loadstring") or load

-- What a block may take from those before it.
local before = 'local auth0, mock = require "auth0", require "auth0.mock.tenant" '

local function blocks()
    local file = assert(io.open("README.md", "rb"))
    local text = file:read("*a")
    file:close()
    local list = {}
    for at, code in ("\n" .. text):gmatch("\n```lua\n()(.-\n)```") do
        local _, line = text:sub(1, at - 2):gsub("\n", "") -- counted from 0
        list[#list + 1] = { line = line + 1, code = code }
    end
    return list
end

describe("README.md", function()
    local ran = 0

    for _, block in ipairs(blocks()) do
        local name = ("=README.md, the block at line %d"):format(block.line)

        it("has Lua at line " .. block.line .. " that compiles", function()
            assert(load_text(block.code, name))
        end)

        if block.code:find("mock", 1, true) then
            ran = ran + 1
            it("has Lua at line " .. block.line .. " that does what it says with a mock", function()
                assert(load_text(before .. block.code, name))()
            end)
        end
    end

    it("has blocks that were found", function()
        assert.is_true(#blocks() >= 5)
        assert.is_true(ran >= 2)
    end)
end)
