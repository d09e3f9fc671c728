--- Checks a table of options against a table of specifications, and copies it. A mistake raises with the option's name
--- and what to do; never with a value, which may be a secret.
local options = {}

-- Every kind: what is wrong with a value, or nil. `option` is its specification.
local kinds = {}

local function has_type(value, wanted)
    if type(value) == wanted then return nil end
    return ("expected a %s, got %s"):format(wanted, type(value) == "nil" and "nothing" or type(value))
end

-- Judged further by C, which knows what a domain, an id and a token are.
function kinds.string(value)
    return has_type(value, "string")
end

local integer_type = rawget(math, "type") -- 5.3 and later tell 1 from 1.0

function kinds.string_or_integer(value)
    if type(value) == "string" then return nil end
    if type(value) ~= "number" then return ("expected a string or an integer, got %s"):format(type(value)) end
    if integer_type then
        if integer_type(value) == "integer" then return nil end
        return "is a float, whose digits may be lost already: give a string, or an integer"
    end
    if value == math.floor(value) and value >= -2 ^ 53 and value <= 2 ^ 53 then return nil end
    return "is no integer within 2^53: give it as a string"
end

function kinds.text(value, option)
    local fault = has_type(value, "string")
    if fault then return fault end
    if value == "" then return "is empty: leave it out instead" end
    if #value > option.most then return ("is longer than %d bytes"):format(option.most) end
    if value:find("%c") then return "holds a control character" end
end

function kinds.word(value, option)
    local fault = kinds.text(value, option)
    if fault then return fault end
    if value:find("[^\33-\126]") then return "holds something else than visible ASCII characters" end
end

local function in_range(value, option, unit)
    local fault = has_type(value, "number")
    if fault then return fault end
    if not (value >= option.least and value <= option.most) then -- a NaN is in no range
        return ("expected %s from %g to %.0f"):format(unit, option.least, option.most)
    end
end

function kinds.seconds(value, option)
    return in_range(value, option, "seconds")
end

function kinds.bytes(value, option)
    local fault = in_range(value, option, "bytes")
    if fault then return fault end
    if value ~= math.floor(value) then return "expected a whole number of bytes" end
end

function kinds.flag(value)
    return has_type(value, "boolean")
end

kinds.telemetry = kinds.flag

function kinds.http_version(value)
    if value ~= "1.1" and value ~= "2" then return 'expected "1.1" or "2"' end
end

function kinds.proxy(value)
    if value == "" then return nil end
    if type(value) ~= "string" then return ("expected a string or false, got %s"):format(type(value)) end
    if value:find("[%c%s]") then return "holds white space or a control character" end
end

function kinds.resolve(value, option)
    local fault = has_type(value, "table")
    if fault then return fault end
    local count = 0 -- of a table with holes, # may be any of its ends
    for _ in pairs(value) do count = count + 1 end
    if count > option.most then return ("has more than %d entries"):format(option.most) end
    for i = 1, count do
        local entry = value[i]
        if entry == nil then return 'expected an array of "HOST:PORT:ADDRESS"' end
        if type(entry) ~= "string" or not entry:find("^[%w_*][%w%.%-_]*:%d+:[%w%.%-:%[%],]+$") then
            return ('entry %d is not of the form "HOST:PORT:ADDRESS"'):format(i)
        end
    end
end

function kinds.mock(value)
    if type(value) ~= "table" or type(value.answer) ~= "function" or type(value.engine) ~= "userdata" then
        return 'expected a tenant that require("auth0.mock.tenant").new() made'
    end
end

-- How a value is copied, where that is more than taking it.
local copies = {
    proxy = function(value) return value == false and "" or value end,
    resolve = function(value, option)
        if type(value) ~= "table" then return value end
        local copy, count = {}, 0
        for key, entry in pairs(value) do
            copy[key], count = entry, count + 1
            if count > option.most then break end -- one too many is enough to be refused
        end
        return copy
    end,
}

---@class auth0.OptionSpecification
---@field name string
---@field kind string
---@field link boolean whether it is an option of auth0.link
---@field unlink boolean
---@field least? number
---@field most? number

---@class auth0.Specification
---@field known table<string, auth0.OptionSpecification> by name
---@field elsewhere table<string, string> names that another function knows, and which

--- The specifications of one function, out of the list of all.
---@param list auth0.OptionSpecification[]
---@param use string "link" or "unlink"
---@return auth0.Specification
function options.specify(list, use)
    local specification = { known = {}, elsewhere = {} }
    for _, option in ipairs(list) do
        if option[use] then
            specification.known[option.name] = option
        else
            specification.elsewhere[option.name] = option.link and "auth0.link" or "auth0.unlink"
        end
    end
    return specification
end

-- How many single-character edits lead from one word to the other.
local function distance(from, to)
    local row = {}
    for j = 0, #to do row[j] = j end
    for i = 1, #from do
        local diagonal = row[0]
        row[0] = i
        for j = 1, #to do
            local cost = from:byte(i) == to:byte(j) and 0 or 1
            local best = math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
            diagonal, row[j] = row[j], best
        end
    end
    return row[#to]
end

-- The known name that somebody who wrote `name` may have meant, or nil.
local function nearest(specification, name)
    local best, least
    for known in pairs(specification.known) do
        local far = distance(name, known)
        if not least or far < least or (far == least and known < best) then best, least = known, far end
    end
    return least <= 1 + #name / 4 and best or nil
end

local function unknown(specification, key)
    if type(key) ~= "string" then return ("options have names; a %s is none"):format(type(key)) end
    if specification.elsewhere[key] then return ("%s: is an option of %s"):format(key, specification.elsewhere[key]) end
    if #key > 64 or key:find("[^%w_]") then return "unknown option" end -- whatever it is, it is not ours to print
    local meant = nearest(specification, key)
    return meant and ("unknown option %q; the nearest known one is %q"):format(key, meant) or
        ("unknown option %q"):format(key)
end

--- Checks and copies.
---@param specification auth0.Specification
---@param given table its metatable's __index counts: options may stand on defaults
---@param caller string who says so: "auth0.link"
---@param level integer whose line is blamed, as error's second argument counts from the function that calls this one
---@return table<string, any> copy
function options.check(specification, given, caller, level)
    local copy = {}
    local function complain(fault)
        error(("%s: %s"):format(caller, fault), level + 2)
    end
    local function take(name, option, value)
        local copied = copies[option.kind] -- first: what is checked is what is used
        if copied then value = copied(value, option) end
        local fault = kinds[option.kind](value, option)
        if fault then error(("%s: %s: %s"):format(caller, name, fault), level + 2) end
        copy[name] = value
    end
    if type(given) ~= "table" then complain(("expected a table of options, got %s"):format(type(given))) end
    if type(rawget(given, "unlink")) == "function" then complain("is called with a dot, not with a colon") end
    for key, value in pairs(given) do
        local option = specification.known[key]
        if not option then complain(unknown(specification, key)) end
        take(key, option, value)
    end
    if getmetatable(given) ~= nil then -- false: there is one, and it hides
        for name, option in pairs(specification.known) do
            local value = given[name]
            if copy[name] == nil and value ~= nil then take(name, option, value) end
        end
    end
    return copy
end

return options
