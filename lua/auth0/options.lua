--- Checks a table of options against a table of specifications, and copies it. A mistake raises with the option's name
--- and what to do; never with a value, which may be a secret.
local nearest = require "auth0.nearest"
local option_types = require "auth0.option_types"

local options = {}

---@alias auth0.OptionUse "link"|"unlink"|"request"|"tenant"

---@class auth0.OptionSpecification
---@field name string
---@field type string
---@field link boolean whether it is an option of auth0.link
---@field unlink boolean
---@field request boolean of tenant:request
---@field tenant boolean of auth0.tenant
---@field least? number
---@field most? number

---@class auth0.Specification
---@field use auth0.OptionUse
---@field known table<string, auth0.OptionSpecification> by name
---@field elsewhere table<string, string> names that another function knows, and which

-- Who else knows an option, in the order in which they are named.
local users = {
    { use = "link", name = "auth0.link" },
    { use = "unlink", name = "auth0.unlink" },
    { use = "tenant", name = "auth0.tenant" },
    { use = "request", name = "tenant:request" },
}

local function user_of(option, first)
    if first and option[first] then return "auth0." .. first end
    for _, user in ipairs(users) do
        if option[user.use] then return user.name end
    end
end

--- The specifications of one function, out of the list of all.
---@param list auth0.OptionSpecification[]
---@param use auth0.OptionUse
---@param is_known? fun(option: auth0.OptionSpecification): boolean those of the use that the function takes; all
---@param first? "tenant" who is named for an option of several
---@return auth0.Specification
function options.specify(list, use, is_known, first)
    local specification = { use = use, known = {}, elsewhere = {} }
    for _, option in ipairs(list) do
        if option[use] and (not is_known or is_known(option)) then
            specification.known[option.name] = option
        else
            specification.elsewhere[option.name] = user_of(option, first)
        end
    end
    return specification
end

local function unknown(specification, key)
    if type(key) ~= "string" then return ("options have names; a %s is none"):format(type(key)) end
    if specification.elsewhere[key] then return ("%s: is an option of %s"):format(key, specification.elsewhere[key]) end
    if #key > 64 or key:find("[^%w_]") then return "unknown option" end -- whatever it is, it is not ours to print
    return ("unknown option %q%s"):format(key, nearest.hint(key, specification.known))
end

local function complain(caller, level, fault)
    error(("%s: %s"):format(caller, fault), level + 2)
end

local copies, checks = option_types.copies, option_types.checks

-- What a value is kept as. It is copied first: what is checked is what is used.
local function take(specification, option, value, caller, level)
    local copy = copies[option.type]
    if copy then value = copy(value, option) end
    local fault = checks[option.type](value, option, specification.use)
    if fault then error(("%s: %s: %s"):format(caller, option.name, fault), level + 2) end
    return value
end

--- Checks and copies.
---@param specification auth0.Specification
---@param given table its metatable's __index counts: it may give defaults
---@param caller string who says so: "auth0.link"
---@param level integer whose line is blamed, as error's second argument counts from the function that calls this one
---@return table<string, any> copy
function options.check(specification, given, caller, level)
    local kept, known = {}, specification.known
    if type(given) ~= "table" then
        complain(caller, level, ("expected a table of options, got %s"):format(type(given)))
    end
    if type(rawget(given, "unlink")) == "function" then
        complain(caller, level, "is called with a dot, not with a colon")
    end
    for key, value in pairs(given) do
        local option = known[key]
        if not option then complain(caller, level, unknown(specification, key)) end
        kept[key] = take(specification, option, value, caller, level)
    end
    if getmetatable(given) ~= nil then -- false: there is one, and it hides
        for name, option in pairs(known) do
            local value = given[name]
            if kept[name] == nil and value ~= nil then
                kept[name] = take(specification, option, value, caller, level)
            end
        end
    end
    return kept
end

return options
