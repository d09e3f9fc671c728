--- A plan in its file: NDJSON, a header and then lines. It appears whole or not at all.
local json = require "auth0.json"
local private_file = require "auth0_accounts.private_file"

local file = {}

--- What to do where the plan's name is taken.
file.HINT = ", or add --overwrite"

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

return file
