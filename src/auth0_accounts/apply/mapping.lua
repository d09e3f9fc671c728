--- Old ids and new ones, for every system that keeps the ids of accounts.
local csv = require "auth0_accounts.csv"
local json = require "auth0.json"
local printable = require "auth0_accounts.printable"
local private_file = require "auth0_accounts.private_file"
local regular = require "auth0_accounts.regular"
local stop = require "auth0_accounts.stop"

local mapping = {}

local writers = {}

---@param line auth0_accounts.Line
---@return string
function writers.ndjson(line)
    return printable.json(json.encode { line = line.number, old = line.secondary, new = line.primary }) .. "\n"
end

function writers.csv(line)
    return csv.line(line.secondary, line.primary, line.number)
end

local heads = { ndjson = "", csv = "old,new,line\n" }

--- The whole mapping, part by part.
---@param journal auth0_accounts.Journal
---@param form "ndjson"|"csv"
---@param state? "made"|"undone" of the links; made
---@return fun(): string|nil
function mapping.texts(journal, form, state)
    local units, head = journal:units { state or "made" }, heads[form]
    return function()
        if head ~= "" then
            local first = head
            head = ""
            return first
        end
        local unit = units()
        if not unit then return nil end
        local parts = {}
        for i, line in ipairs(unit) do parts[i] = writers[form](line) end
        return table.concat(parts)
    end
end

-- ---- a file that grows while links are made ----

local Growing = {}
local growing_mt = { __index = Growing }

local HEAD = heads.csv:sub(1, -2)

-- The first line of a mapping that is there.
local function first_of(name)
    regular.check(name)
    local file = io.open(name, "rb")
    local first = file and file:read "*l"
    if first == HEAD then first = file:read "*l" end
    if file then file:close() end
    return first
end

-- The mapping of another journal, or what is none, is not written over.
local function check(name, form, journal)
    local first = first_of(name)
    if not first then return end
    local line = { number = tonumber(first:match '^{"line":(%d+),' or first:match ",(%d+)$") }
    line.primary, line.secondary = journal:pair(line.number)
    if line.primary and writers[form](line) == first .. "\n" then return end
    stop.raise(stop.USAGE, "%s: is there already, and is no mapping of this journal: give another name", name)
end

local function fail(name, fault)
    stop.raise(stop.FAILED, "%s: the mapping cannot be written (%s)", name, fault)
end

local function put(self, text)
    local good, fault = self.file:write(text)
    if not good then fail(self.name, fault) end
end

local function begin(self, journal, beside)
    for text in mapping.texts(journal, self.form) do put(self, text) end
    local made, fault = self.file:flush()
    if made then made, fault = os.rename(beside, self.name) end
    if not made then fail(self.name, fault) end
end

--- Makes the file anew from the journal, with mode 0600; CSV if its name ends so.
---@param name string
---@param journal auth0_accounts.Journal
---@return table growing
function mapping.grow(name, journal)
    local self = setmetatable({ name = name, form = name:find "%.csv$" and "csv" or "ndjson" }, growing_mt)
    check(name, self.form, journal)
    local beside, fault = private_file.make_beside(name, "")
    if beside then self.file, fault = io.open(beside, "ab") end
    if not self.file then fail(name, fault) end
    local good, why = pcall(begin, self, journal, beside)
    if good then return self end
    self.file:close()
    os.remove(beside)
    error(why, 0)
end

--- A link has been made.
---@param line auth0_accounts.Line
function Growing:add(line)
    put(self, writers[self.form](line))
    local good, fault = self.file:flush()
    if not good then fail(self.name, fault) end
end

function Growing:close()
    self.file:close()
end

return mapping
