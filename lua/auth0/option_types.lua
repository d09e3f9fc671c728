--- The types of options: what is wrong with a value, and how it is copied. What is said never holds the value, which
--- may be a secret.
local core = require "auth0.core"
local loop = require "auth0.loop"
local nearest = require "auth0.nearest"

local option_types = {}

--- What is wrong with a value, by its type: a function of the value, the option and the use; nil for nothing.
---@type table<string, fun(value: any, option: auth0.OptionSpecification, use: auth0.OptionUse): string|nil>
local checks = {}
option_types.checks = checks

local function has_type(value, wanted)
    if type(value) == wanted then return nil end
    return ("expected a %s, got %s"):format(wanted, type(value) == "nil" and "nothing" or type(value))
end

-- Judged further by C, which knows what a domain, an id and a token are.
function checks.string(value)
    return has_type(value, "string")
end

local integer_type = rawget(math, "type") -- 5.3 and later tell 1 from 1.0

function checks.string_or_integer(value)
    if type(value) == "string" then return nil end
    if type(value) ~= "number" then return ("expected a string or an integer, got %s"):format(type(value)) end
    if integer_type then
        if integer_type(value) == "integer" then return nil end
        return "is a float, whose digits may be lost already: give a string, or an integer"
    end
    if value == math.floor(value) and value >= -2 ^ 53 and value <= 2 ^ 53 then return nil end
    return "is no integer within 2^53: give it as a string"
end

-- Names of files and the like, which are the same from call to call: the last value that was found good is not checked
-- again. No secret is of this type.
function checks.text(value, option)
    if value == option.good then return nil end
    local fault = has_type(value, "string")
    if fault then return fault end
    if value == "" then return "is empty: leave it out instead" end
    if #value > option.most then return ("is longer than %d bytes"):format(option.most) end
    if value:find("%c") then return "holds a control character" end
    option.good = value
end

function checks.word(value, option)
    local fault = checks.text(value, option)
    if fault then return fault end
    if value:find("[^\33-\126]") then return "holds something else than visible ASCII characters" end
end

local function in_range(value, option, unit)
    local fault = has_type(value, "number")
    if fault then return fault end
    local least = option.least or 0
    if not (value >= least and value <= option.most) then -- a NaN is in no range
        return ("expected %s from %g to %.15g"):format(unit, least, option.most)
    end
end

function checks.seconds(value, option)
    return in_range(value, option, "seconds")
end

function checks.bytes(value, option)
    local fault = in_range(value, option, "bytes")
    if fault then return fault end
    if value ~= math.floor(value) then return "expected a whole number of bytes" end
end

function checks.number(value, option)
    return in_range(value, option, "a number")
end

function checks.count(value, option)
    local fault = in_range(value, option, "a number")
    if fault then return fault end
    if value ~= math.floor(value) then return "expected a whole number" end
end

checks["function"] = function(value)
    return has_type(value, "function")
end

-- Of a tenant it may be a function that gets one.
function checks.token(value, _, use)
    if type(value) == "string" or (use == "tenant" and type(value) == "function") then return nil end
    return ("expected a string%s, got a %s"):format(use == "tenant" and " or a function" or "", type(value))
end

function checks.secret(value, option)
    local fault = has_type(value, "string")
    if fault then return fault end
    if value == "" then return "is empty" end
    if #value > option.most then return ("is longer than %d bytes"):format(option.most) end
end

local methods = { GET = true, POST = true, PATCH = true, PUT = true, DELETE = true }

function checks.method(value)
    if not methods[value] then return "expected GET, POST, PATCH, PUT or DELETE" end
end

local function is_string_or_table(value, what)
    if type(value) == "string" or type(value) == "table" then return nil end
    return ("expected a string or %s, got a %s"):format(what, type(value))
end

-- Judged further where they are put together: lua/auth0/tenant/.
function checks.path(value)
    return is_string_or_table(value, "an array of parts")
end

function checks.body(value)
    return is_string_or_table(value, "a table")
end

function checks.query(value)
    return has_type(value, "table")
end

function checks.account(value)
    if type(value) == "table" or type(value) == "string" and core.is_object(value) then return nil end
    return ("expected a table or the JSON text of an object, got %s"):format(
        type(value) == "string" and "another text" or "a " .. type(value))
end

function checks.time(value)
    if type(value) ~= "number" or not (value >= 0 and value < 2 ^ 53) then return "expected UNIX seconds" end
end

function checks.page_size(value)
    if type(value) ~= "number" or value < 1 or value > 100 or value ~= math.floor(value) then
        return "expected a whole number from 1 to 100"
    end
end

-- Names of fields, which are sent as one text.
function checks.fields(value)
    if type(value) ~= "string" or value == "" then return "expected a name, or an array of names" end
end

function checks.whole(value)
    if type(value) ~= "number" or value < 1 or value >= 2 ^ 53 or value ~= math.floor(value) then
        return "expected a whole number from 1"
    end
end

function checks.pause(value)
    if type(value) ~= "number" or not (value > 0 and value <= 86400) then return "expected seconds up to 86400" end
end

function checks.export_format(value)
    if value ~= "json" and value ~= "csv" then return 'expected "json" or "csv"' end
end

local of_export_field = { name = true, export_as = true }

local function fault_of_export_field(field)
    if type(field.name) ~= "string" or type(field.export_as or "") ~= "string" then
        return "expected a name, or { name =, export_as = }"
    end
    local unknown = nearest.unknown(field, of_export_field)
    return unknown and "has no " .. unknown
end

function checks.export_fields(value)
    if type(value) ~= "table" then return ("expected a name, or an array of names, got a %s"):format(type(value)) end
    for i = 1, #value do
        local fault = fault_of_export_field(value[i])
        if fault then return ("entry %d: %s"):format(i, fault) end
    end
    if #value == 0 then return "is empty" end
end

-- One of some words.
local function one_of(...)
    local words, known = { ... }, {}
    for _, word in ipairs(words) do known[word] = true end
    local last = table.remove(words)
    local expected = ('expected "%s" or "%s"'):format(table.concat(words, '", "'), last)
    return function(value)
        if type(value) ~= "string" or not known[value] then return expected end
    end
end

checks.proof = one_of("both_authenticated", "shared_email", "operator")
checks.metadata_choice = one_of("discard", "primary_wins", "deep")
checks.unreadable = one_of("refuse", "allow")

local function fault_of_list(value, fault_of)
    if type(value) ~= "table" then return ("expected an array of names, got a %s"):format(type(value)) end
    local count = 0 -- of a table with holes, # may be any of its ends
    for _ in pairs(value) do count = count + 1 end
    for i = 1, count do
        if type(value[i]) ~= "string" or value[i] == "" then return "expected an array of names" end
        local fault = fault_of and fault_of(value[i])
        if fault then return ("entry %d: %s"):format(i, fault) end
    end
end

function checks.names(value)
    return fault_of_list(value)
end

local carried = one_of("roles", "permissions", "organizations", "name", "picture")
local checked = one_of("factors", "organizations", "groups", "provisioning", "roles", "permissions")

function checks.carried(value)
    return fault_of_list(value, carried)
end

function checks.checked(value)
    return fault_of_list(value, checked)
end

-- What is wrong with a table of such fields, which are all of one type.
local function fault_of_fields(value, types)
    if type(value) ~= "table" then return ("expected a table, got a %s"):format(type(value)) end
    local unknown = nearest.unknown(value, types)
    if unknown then return "has no " .. unknown end
    for name, field in pairs(value) do
        local fault = checks[types[name]](field)
        if fault then return ("%s: %s"):format(name, fault) end
    end
end

function checks.after_link(value)
    return fault_of_fields(value, { revoke = "flag", reset_password = "flag" })
end

function checks.created_at(value)
    return fault_of_fields(value, { primary = "string", secondary = "string" })
end

function checks.profiles(value)
    local fault = fault_of_fields(value, { primary = "account", secondary = "account", at = "time" })
    if fault then return fault end
    if not value.primary or not value.secondary then return "expected { primary =, secondary =, at = }" end
end

function checks.relink(value)
    local fault = fault_of_fields(value, { holder = "string", proof = "proof" })
    if fault then return fault end
    if not value.holder or not value.proof then return "expected { holder =, proof = }" end
end

function checks.loop(value)
    if loop.names[value] then return nil end
    local names = {}
    for name in pairs(loop.names) do names[#names + 1] = name end
    table.sort(names)
    return "expected one of " .. table.concat(names, ", ")
end

local algorithms = { RS256 = true, RS384 = true, PS256 = true }

function checks.signing_algorithm(value)
    if not algorithms[value] then return "expected RS256, RS384 or PS256" end
end

function checks.flag(value)
    return has_type(value, "boolean")
end

checks.telemetry = checks.flag

function checks.http_version(value)
    if value ~= "1.1" and value ~= "2" then return 'expected "1.1" or "2"' end
end

function checks.proxy(value)
    if value == "" then return nil end
    if type(value) ~= "string" then return ("expected a string or false, got %s"):format(type(value)) end
    return core.proxy_fault(value)
end

local ENTRY = "^[%w_*][%w%.%-_]*:%d+:[%w%.%-:%[%],]+$"

function checks.resolve(value, option)
    local fault = has_type(value, "table")
    if fault then return fault end
    local count = 0 -- of a table with holes, # may be any of its ends
    for _ in pairs(value) do count = count + 1 end
    if count > option.most then return ("has more than %d entries"):format(option.most) end
    local good = option.good or {} -- as with texts
    option.good = good
    for i = 1, count do
        local entry = value[i]
        if entry == nil then return 'expected an array of "HOST:PORT:ADDRESS"' end
        if entry ~= good[i] and (type(entry) ~= "string" or not entry:find(ENTRY)) then
            return ('entry %d is not of the form "HOST:PORT:ADDRESS"'):format(i)
        end
        good[i] = entry
    end
end

function checks.mock(value)
    if type(value) ~= "table" or type(value.answer) ~= "function" or type(value.engine) ~= "userdata" then
        return 'expected a tenant that require("auth0.mock").new() made'
    end
end

-- At one level.
local function copy_of(value)
    if type(value) ~= "table" then return value end
    local copy = {}
    for key, entry in pairs(value) do copy[key] = entry end
    return copy
end

--- How a value is kept, by its type, where that is more than taking it.
---@type table<string, fun(value: any, option: auth0.OptionSpecification): any>
option_types.copies = {
    names = copy_of,
    carried = copy_of,
    checked = copy_of,
    after_link = copy_of,
    created_at = copy_of,
    relink = copy_of,
    proxy = function(value) return value == false and "" or value end,
    export_fields = function(value)
        local list, copy = value, {}
        if type(value) == "string" then
            list = {}
            for name in value:gmatch "[^,]+" do list[#list + 1] = name end
        end
        if type(list) ~= "table" then return value end
        for i, field in ipairs(list) do
            copy[i] = {}
            for key, part in pairs(type(field) == "table" and field or { name = field }) do copy[i][key] = part end
        end
        return copy
    end,
    fields = function(value) -- what is no array of names is left for the check to refuse
        if type(value) ~= "table" then return value end
        for i = 1, #value do
            if type(value[i]) ~= "string" then return nil end
        end
        return table.concat(value, ",")
    end,
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

return option_types
