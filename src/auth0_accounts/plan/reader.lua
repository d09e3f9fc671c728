--- A plan that is read: its header, what it says line by line, and the digest that approves it.
local accounts_core = require("auth0_accounts.database").core()
local core = require "auth0.core"
local regular = require "auth0_accounts.regular"
local stop = require "auth0_accounts.stop"

local reader = {}

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
    regular.check(name)
    local file, fault = io.open(name, "rb")
    return file or stop.raise(stop.USAGE, "%s", fault)
end

local function is_whole(value)
    return type(value) == "number" and value % 1 == 0 and value >= 0 and value < 9007199254740992
end

local function is_list(value, of)
    if type(value) ~= "table" then return value == nil end
    for _, entry in ipairs(value) do
        if type(entry) ~= of then return false end
    end
    return true
end

local PROOFS = { shared_email = true, operator = true, both_authenticated = true }

-- The library judges the rest of them before anything is sent.
local function is_options(value)
    return type(value) == "table" and PROOFS[value.proof] and is_list(value.trusted_connections, "string")
        and is_list(value.union, "string")
end

local function header_of(name, text)
    local header = text and core.decode(text)
    if type(header) ~= "table" or header.plan == nil then
        broken(name, 1, "this is no plan: its first line is no header")
    end
    if header.plan ~= VERSION then
        broken(name, 1, ("the plan is of version %s, and this auth0-accounts knows version %d"):format(
            tostring(header.plan), VERSION))
    elseif type(header.domain) ~= "string" or not is_options(header.options)
        or not is_whole(header.links) or not is_whole(header.skipped) then
        broken(name, 1, "the header lacks a domain, options, or how many links and other lines there are")
    end
    return header
end

---@param name string of the file
---@return auth0_accounts.Plan
function reader.open(name)
    local file = open(name)
    local first = file:read "*l"
    file:close()
    local header = header_of(name, first)
    local digest, fault = accounts_core.sha256_file(name)
    if not digest then stop.raise(stop.FAILED, "%s: cannot be read (%s)", name, fault) end
    return setmetatable({ name = name, digest = digest, first = first, header = header }, plan_mt)
end

local function is_account(value)
    return type(value) == "table" and type(value.user_id) == "string" and type(value.email) == "string"
        and is_list(value.identities, "string") and (value.digests == nil or type(value.digests) == "table")
end

local function is_link(value)
    return is_whole(value.line) and is_whole(value.group) and is_account(value.primary)
        and is_account(value.secondary) and value.primary.user_id ~= value.secondary.user_id
end

--- A link of the plan, read from its text.
---@param text string
---@return table|nil link
function reader.link(text)
    local value = core.decode(text)
    return type(value) == "table" and is_link(value) and value or nil
end

-- Counts of the header tell a plan that was cut, whatever its digest.
local function check_count(self, count, name, what)
    if count == self.header[name] then return end
    stop.raise(stop.USAGE, "%s: has %d %s, and its header tells of %d: it was cut or edited; make the plan again",
        self.name, count, what, self.header[name])
end

-- What was read has to be what was approved: the file may be another one by now.
local function check_digest(self, first, digest)
    if first == self.first and digest == self.digest then return end
    stop.raise(stop.USAGE, "%s: was changed while it was read; look at it again", self.name)
end

-- The lines of a file, of which the last one may lack its end, and at the end what hashes all of them.
local function hashed_lines(file)
    local hasher, size, ahead = accounts_core.hasher(), 0, file:read "*l"
    return function()
        local line = ahead
        if not line then return nil, hasher:digest() end
        ahead, size = file:read "*l", size + #line + 1
        hasher:add((ahead or file:seek() == size) and line .. "\n" or line)
        return line
    end
end

local function is_skip(value)
    return type(value.skipped) == "string" and type(value.accounts) == "table" and is_list(value.accounts, "string")
end

local function value_of(self, number, text, last)
    local value, fault = core.decode(text)
    if type(value) ~= "table" then broken(self.name, number, fault or "is no object") end
    if value.skipped ~= nil then
        if not is_skip(value) then broken(self.name, number, "does not say what is left alone") end
        return value
    end
    if not is_link(value) then broken(self.name, number, "is no link between two accounts") end
    if value.line <= last then broken(self.name, number, "its number is not above that of the link before") end
    return value
end

--- What it says: links, which have a `line`, and what is left alone; and the text of each. Raises where a line is
--- neither, and where the whole is not what has the plan's digest.
---@return fun(): table|nil, string|nil
function Plan:lines()
    local file, links, skipped, last = open(self.name), 0, 0, 0
    local lines = hashed_lines(file)
    local first = lines()
    return function()
        local text, digest = lines()
        if text then
            local value = value_of(self, links + skipped + 2, text, last)
            if value.skipped == nil then links, last = links + 1, value.line else skipped = skipped + 1 end
            return value, text
        end
        file:close()
        check_digest(self, first, digest)
        check_count(self, links, "links", "links")
        check_count(self, skipped, "skipped", "lines of what is left alone")
    end
end

--- Its links alone.
---@return fun(): table|nil, string|nil
function Plan:links()
    local lines = self:lines()
    return function()
        for value, text in lines do
            if value.skipped == nil then return value, text end
        end
    end
end

return reader
