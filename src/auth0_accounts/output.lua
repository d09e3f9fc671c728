--- What a run prints: to standard output its result, for people or as JSON; to standard error what went wrong.
local json = require "auth0.json"
local printable = require "auth0_accounts.printable"
local terminal = require "auth0_accounts.terminal"
local wording = require "auth0_accounts.wording"

---@class auth0_accounts.Output
---@field is_json boolean|nil
---@field is_quiet boolean|nil
---@field array fun(list: table): table
local Output = { array = json.array }
local output_mt = { __index = Output }

local output = {}

---@param world auth0_accounts.World
---@param given table arguments
---@return auth0_accounts.Output
function output.new(world, given)
    return setmetatable({ out = world.out, err = world.err, is_json = given.json, is_quiet = given.quiet,
        may_color = not given.no_color and (world.getenv "NO_COLOR" or "") == "" and terminal.obeys(world) },
        output_mt)
end

-- Asked where it matters, since it takes a process. Lua 5.1 gives its exit code.
local function leads_to_terminal(self)
    if self.is_terminal == nil then
        local told = self.out == io.stdout and os.execute "test -t 1"
        self.is_terminal = told == true or told == 0
    end
    return self.is_terminal
end

local secret = { access_token = true, access_token_secret = true, refresh_token = true }

-- An identity may hold tokens of its provider, which belong in no terminal's history. A file's name need not be UTF-8.
local function without_tokens(value, is_identity)
    if type(value) == "string" and not json.is_utf8(value) then return printable.line(value) end
    if not json.is_object(value) and not json.is_array(value) then return value end
    local copy = setmetatable({}, getmetatable(value))
    for key, entry in pairs(value) do
        if not (is_identity and secret[key]) then
            copy[key] = without_tokens(entry, is_identity == "list" or key == "identities" and "list")
        end
    end
    return copy
end

-- Kept until the end: what cannot be written is told by the exit code.
local function write(self, text)
    local good, fault = self.out:write(text)
    if not good then self.fault = self.fault or fault end
end

--- As it is: what is written for another program. A terminal gets no character that it would obey.
---@param text string
function Output:text(text)
    if leads_to_terminal(self) then text = text:gsub("[^\n]+", printable.line) end
    write(self, text)
end

--- The result, with --json.
---@param value table
function Output:value(value)
    if self.is_json then write(self, printable.json(json.encode(without_tokens(value))) .. "\n") end
end

--- The result, without.
---@param lines string[]
function Output:lines(lines)
    if self.is_json or self.is_quiet then return end
    for _, line in ipairs(lines) do write(self, printable.line(line) .. "\n") end
end

--- Brings out what was written so far: before other words come, on standard error.
function Output:flush()
    local good, fault = self.out:flush()
    if not good then self.fault = self.fault or fault end
end

---@param format string of string.format
---@param ... any its arguments
function Output:complain(format, ...)
    self.err:write("auth0-accounts: ", printable.line(wording.of(format:format(...))), "\n")
end

local colors = { ok = 32, warn = 33, fail = 31 }

--- A line that begins with a state, which a terminal shows in its color.
---@param state "ok"|"warn"|"fail"
---@param text string
function Output:state(state, text)
    if self.is_json or self.is_quiet then return end
    local word = ("%-4s"):format(state)
    if self.may_color and leads_to_terminal(self) then word = ("\27[%dm%s\27[m"):format(colors[state], word) end
    write(self, word .. "  " .. printable.line(text) .. "\n")
end

--- What is no failure, beside the result: to standard error, so that a pipe gets the result alone.
---@param format string of string.format
---@param ... any its arguments
function Output:note(format, ...)
    if not self.is_quiet then self.err:write(printable.line(wording.of(format:format(...))), "\n") end
end

--- Brings all of it out.
---@return boolean is_written
function Output:finish()
    self:flush()
    if self.fault then self:complain("the result cannot be written (%s)", self.fault) end
    return not self.fault
end

return output
