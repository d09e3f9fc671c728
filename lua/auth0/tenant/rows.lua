--- Rows out of a file's bytes, which come part by part and may be packed by gzip. What is kept is one part and one row.
local core = require "auth0.core"
local failure = require "auth0.failure"

local rows = {}

local LONGEST = 262144 -- bytes of a row; an account should have 10 KB
local HEAVIEST = 1572864 -- bytes of memory: the row before may be there as well, and a part of the file
local BLANK = 4194304 -- bytes between two rows
local TURN = 65536 -- bytes after which others have theirs: one part may unpack to a thousand times its size

local function fail(format, ...)
    local _, _, what = failure.make("bad_response", { outcome = "none", attempts = 0, elapsed = 0 },
        "tenant:export: the file is damaged: " .. format, ...)
    error(what, 0)
end

-- Text out of gzip, up to 64 KiB at a time.
local function unpacked(first, parts)
    local inflater, part, from = core.inflater(), first, 1
    return function()
        while true do
            while part and from > #part do part, from = parts(), 1 end
            if not part then
                if not inflater:is_whole() then fail "it ends too early" end
                return nil
            end
            local text, after = inflater:run(part, from)
            if not text then fail "it is no gzip any more" end
            from = after
            if text ~= "" then return text end
        end
    end
end

-- Packed or not: its first bytes say so.
local function texts(parts)
    local first = parts()
    if first and first:sub(1, 2) == "\31\139" then return unpacked(first, parts) end
    return function()
        local text = first or parts()
        first = nil
        return text
    end
end

-- Skips blank text: where the text goes on, and how many bytes were blank so far. A file may unpack to millions of
-- empty lines, so they are skipped at once.
local function after_blanks(text, at, blanks)
    local start = text:find("%S", at) or #text + 1
    blanks = blanks + start - at
    if blanks > BLANK then fail("more than %d bytes between two rows are blank", BLANK) end
    return start, blanks
end

--- Lines, without their ends. The last line need not have an end. With `true`, blank text before the next line is left
--- out.
---@param parts fun(): string|nil
---@param give_way? fun() lets others go on
---@return fun(skips_blanks?: boolean): string|nil
function rows.lines(parts, give_way)
    local next_text, text, at, begun
    local read = 0 -- bytes of this turn
    local function move(to) at, read = to, read + to - at end
    local function end_turn()
        if read < TURN then return end
        read = 0
        if give_way then give_way() end
    end
    return function(skips_blanks)
        local blanks = 0
        next_text = next_text or texts(parts)
        begun = ""
        while true do
            end_turn()
            if skips_blanks and text and begun == "" then
                local start
                start, blanks = after_blanks(text, at, blanks)
                move(start)
            end
            while text and at <= #text do
                local stop = text:find("\n", at, true)
                local line = begun .. text:sub(at, (stop or #text + 1) - 1)
                move((stop or #text) + 1)
                if #line > LONGEST then fail("a row is longer than %d bytes", LONGEST) end
                if stop then return line end
                begun = line
            end
            text, at = next_text(), 1
            if not text then return begun ~= "" and begun or nil end
        end
    end
end

--- Rows of CSV: a line, or several where a line break stands in quotes; as they were written, without their ends.
---@param lines fun(): string|nil
---@return fun(): string|nil
function rows.records(lines)
    return function()
        local parts, quotes, size = {}, 0, 0
        local line = lines() -- out of the iterator of a `for`, Lua 5.1 could not yield
        while line do
            parts[#parts + 1] = line
            quotes = quotes + select(2, line:gsub('"', ""))
            size = size + #line
            if size > LONGEST then fail("a row is longer than %d bytes", LONGEST) end
            if quotes % 2 == 0 then return (table.concat(parts, "\n"):gsub("\r$", "")) end
            line = lines()
        end
        if parts[1] then fail "a quotation mark has no other that ends it" end
        return nil
    end
end

--- Rows of NDJSON as they were written.
---@param lines fun(skips_blanks: boolean): string|nil
---@return fun(): string|nil
function rows.texts(lines)
    return function()
        local line = lines(true) -- no tail call, from which Lua 5.1 could not yield
        return line
    end
end

--- Rows of NDJSON: a value for each line.
---@param lines fun(skips_blanks: boolean): string|nil
---@return fun(): any
function rows.values(lines)
    local number = 0
    return function()
        local line = lines(true)
        if not line then return nil end
        number = number + 1
        local value, fault = core.decode(line, HEAVIEST)
        if value == nil then fail("row %d: %s", number, fault) end
        return value
    end
end

return rows
