--- A plan, as apply reads it: its header, its links line by line, and the digest that approves it.
local accounts_core = require "auth0_accounts.core"
local core = require "auth0.core"
local stop = require "auth0_accounts.stop"

local plan_file = {}

local VERSION = 1

---@class auth0_accounts.Plan
---@field name string of its file
---@field digest string SHA-256 of the file's bytes
---@field header table
local Plan = {}
local plan_mt = { __name = "auth0_accounts.plan", __index = Plan }

local function broken(name, number, words)
    stop.raise(stop.USAGE, "%s:%d: %s: make the plan again", name, number, words)
end

local function open(name)
    local file, fault = io.open(name, "rb")
    return file or stop.raise(stop.USAGE, "%s", fault)
end

local function header_of(name, text)
    local header = text and core.decode(text)
    if type(header) ~= "table" or header.plan == nil then
        broken(name, 1, "this is no plan: its first line is no header")
    end
    if header.plan ~= VERSION then
        broken(name, 1, ("the plan is of version %s, and this auth0-accounts knows version %d"):format(
            tostring(header.plan), VERSION))
    elseif type(header.domain) ~= "string" or type(header.options) ~= "table" or type(header.links) ~= "number" then
        broken(name, 1, "the header lacks a domain, options, or how many links there are")
    end
    return header
end

---@param name string of the file
---@return auth0_accounts.Plan
function plan_file.open(name)
    local file = open(name)
    local header = header_of(name, file:read "*l")
    file:close()
    local digest, fault = accounts_core.sha256_file(name)
    if not digest then stop.raise(stop.FAILED, "%s: cannot be read (%s)", name, fault) end
    return setmetatable({ name = name, digest = digest, header = header }, plan_mt)
end

local function is_account(value)
    return type(value) == "table" and type(value.user_id) == "string" and type(value.email) == "string"
end

local function is_link(value)
    return type(value.line) == "number" and type(value.group) == "number" and is_account(value.primary)
        and is_account(value.secondary) and value.primary.user_id ~= value.secondary.user_id
end

--- A link of the plan, read from its text.
---@param text string
---@return table|nil link
function plan_file.link(text)
    local value = core.decode(text)
    return type(value) == "table" and is_link(value) and value or nil
end

-- Counts of the header tell a plan that was cut, whatever its digest.
local function check_count(self, count)
    if count == self.header.links then return end
    stop.raise(stop.USAGE, "%s: has %d links, and its header tells of %d: it was cut or edited; make the plan again",
        self.name, count, self.header.links)
end

--- Its links, and the text of each. Raises where a line is neither a link nor a group that was left out.
---@return fun(): table|nil, string|nil
function Plan:links()
    local file, number, count = open(self.name), 1, 0
    file:read "*l"
    return function()
        for text in function() return file:read "*l" end do
            number = number + 1
            local value, fault = core.decode(text)
            if type(value) ~= "table" then broken(self.name, number, fault or "is no object") end
            if value.skipped == nil then
                if not is_link(value) then broken(self.name, number, "is no link between two accounts") end
                count = count + 1
                return value, text
            end
        end
        file:close()
        check_count(self, count)
    end
end

return plan_file
