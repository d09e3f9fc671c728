--- A plan in its file: NDJSON, a header and then lines. It appears whole or not at all.
local auth0_core = require "auth0.core"
local json = require "auth0.json"
local private_file = require "auth0_accounts.private_file"
local stop = require "auth0_accounts.stop"

local file = {}

--- What to do where the plan's name is taken.
file.HINT = ", or add --overwrite"

-- ---- writing ----

local Writer = {}
local writer_mt = { __name = "auth0_accounts.plan.writer", __index = Writer }

-- Of the same size before the counts are known and after.
local function header_line(header, links, skipped)
    return ('{"plan":1,%s,"links":%12d,"skipped":%12d}\n'):format(json.encode(header):sub(2, -2), links, skipped)
end

--- Begins a plan. Refuses a name that is taken.
---@param path string
---@param header table without `plan` and the two counts
---@param overwrites boolean
---@return auth0_accounts.PlanWriter
function file.create(path, header, overwrites)
    local writer = setmetatable({ header = header, links = 0, skipped = 0,
        file = private_file.create(path, overwrites, file.HINT) }, writer_mt)
    writer.file:write(header_line(header, 0, 0))
    return writer
end

---@param text string JSON of a link
function Writer:link(text)
    self.links = self.links + 1
    self.file:write(text .. "\n")
end

---@param text string JSON of what is left alone
function Writer:skip(text)
    self.skipped = self.skipped + 1
    self.file:write(text .. "\n")
end

--- Puts the plan in its place.
---@return string sha256 of its bytes
function Writer:finish()
    self.file:rewrite(header_line(self.header, self.links, self.skipped))
    return self.file:finish()
end

--- Leaves nothing behind.
function Writer:abandon()
    self.file:abandon()
end

-- ---- reading ----

local Reader = {}
local reader_mt = { __name = "auth0_accounts.plan.reader", __index = Reader }

local function refuse(reader, format, ...)
    reader.handle:close()
    stop.raise(stop.USAGE, "%s: " .. format, reader.path, ...)
end

local function decoded(reader, text)
    local value, fault = auth0_core.decode(text)
    if type(value) ~= "table" then
        refuse(reader, "line %d is no line of a plan: %s", reader.number, fault or "it is no JSON object")
    end
    return value
end

local function is_whole(reader)
    local header = reader.header
    return reader.links == header.links and reader.skipped == header.skipped
end

--- The next line.
---@return table|nil line
---@return string|nil text
function Reader:next()
    local text = self.handle:read "*l"
    if not text then
        if not is_whole(self) then refuse(self, "is not whole: it has other numbers of lines than its header says") end
        self.handle:close()
        return nil
    end
    self.number = self.number + 1
    local line = decoded(self, text)
    if line.line then self.links = self.links + 1 else self.skipped = self.skipped + 1 end
    return line, text
end

---@param path string
---@return auth0_accounts.PlanReader reader; `reader.header` is the first line
function file.open(path)
    local handle, fault = io.open(path, "rb")
    if not handle then stop.raise(stop.USAGE, "%s", fault) end
    local reader = setmetatable({ path = path, handle = handle, number = 1, links = 0, skipped = 0 }, reader_mt)
    local first = handle:read "*l"
    if not first or first:sub(1, 9) ~= '{"plan":1' then refuse(reader, "is no plan: it has no header") end
    reader.header = decoded(reader, first)
    return reader
end

return file
