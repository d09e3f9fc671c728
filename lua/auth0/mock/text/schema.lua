--- Request bodies: read, and checked against a table of properties, with the API's own words for what is wrong.
local errors = require "auth0.mock.text.errors"
local json = require "auth0.mock.text.json"
local wire = require "auth0.mock.text.wire"

local schema = {}

--- 1 MB for every endpoint.
local MOST = 1048576

local function refuse(reason, property)
    local place = property and (" on property %s"):format(property) or ""
    return errors.answer("invalid_body", ("Payload validation error: '%s'%s."):format(reason, place))
end

local function kind_of(value)
    if json.digits(value) then
        return "integer"
    elseif type(value) == "table" then
        return value == json.null and "null" or json.is_array(value) and "array"
            or json.is_object(value) and "object" or "number"
    end
    return type(value)
end

--- Characters of UTF-8: bytes, without those that continue one.
local function length(text)
    return #text:gsub("[\128-\191]", "")
end

--- A rule is {types = "string integer", least = characters or items, most = the same, minimum = of a number, pattern =
--- Lua pattern, says = the published pattern, known = function that knows the enum's values, valid = function that says
--- what else is wrong}.
local function check(name, value, rule)
    local kind = kind_of(value)
    if not (" " .. rule.types .. " "):find(" " .. kind .. " ", 1, true) then
        return refuse(("Expected type %s but found type %s"):format((rule.types:gsub(" ", " or ")), kind), name)
    elseif kind == "null" then
        return nil
    elseif kind == "string" and length(value) < (rule.least or 0) then
        return refuse(("String is too short (%d chars), minimum %d"):format(length(value), rule.least), name)
    elseif kind == "string" and length(value) > (rule.most or #value) then
        return refuse(("String is too long (%d chars), maximum %d"):format(length(value), rule.most), name)
    elseif kind == "array" and #value < (rule.least or 0) then
        return refuse(("Array is too short (%d), minimum %d"):format(#value, rule.least), name)
    elseif kind == "array" and #value > (rule.most or #value) then
        return refuse(("Array is too long (%d), maximum %d"):format(#value, rule.most), name)
    elseif rule.minimum and tonumber(json.digits(value)) < rule.minimum then
        return refuse(("Value %s is less than minimum %d"):format(json.digits(value), rule.minimum), name)
    elseif rule.pattern and not value:find(rule.pattern) then
        return refuse(("String does not match pattern %s: %s"):format(rule.says, value), name)
    elseif rule.known and not rule.known(value) then
        return refuse(("No enum match for: %s"):format(value), name)
    end
    local message = rule.valid and rule.valid(value)
    return message and refuse(message, name) or nil
end

---What is wrong with an object, by its properties.
---@param object table
---@param rules table<string, table>
---@param options auth0.mock.expectation|nil
---@return auth0.mock.answer|nil refusal
local function check_all(object, rules, options)
    options = options or {}
    for _, name in ipairs(options.required or {}) do
        if object[name] == nil then
            return refuse("Missing required property: " .. name)
        end
    end
    for _, name in ipairs(json.keys(object)) do
        local refusal = rules[name] and check(name, object[name], rules[name])
        if not rules[name] and not options.is_open then
            refusal = refuse("Additional properties not allowed: " .. name)
        end
        if refusal then
            return refusal
        end
    end
end

---The value of a request's body.
---@param request table
---@return any value nil when there is none
---@return auth0.mock.answer|nil refusal
function schema.parse(request)
    local body, media = request.body or "", (request.headers["content-type"] or "application/json"):lower()
    media = media:match("^[^;]*"):gsub("%s+$", "")
    if #body > MOST then
        return nil, errors.answer("too_large")
    elseif media == "application/x-www-form-urlencoded" then
        local fields = wire.form(body)
        return fields, fields == nil and refuse("Invalid form body") or nil
    elseif media ~= "application/json" then
        return nil, errors.answer("media_type")
    end
    local value, message = json.decode(body)
    if message or not json.is_utf8(body) then
        return nil, errors.answer("invalid_body", "Invalid request payload JSON format")
    end
    return value
end

---@class auth0.mock.expectation
---@field required string[]|nil properties that must be there
---@field is_open boolean|nil other properties are ignored, not refused
---@field may_be_empty boolean|nil `{}` is no mistake

---@param request table
---@param rules table<string, table> property -> rule
---@param options auth0.mock.expectation|nil
---@return table|nil body
---@return auth0.mock.answer|nil refusal
function schema.body(request, rules, options)
    local body, refusal = schema.parse(request)
    if refusal then
        return nil, refusal
    elseif not json.is_object(body) then
        return nil, refuse("Expected type object but found type " .. kind_of(body))
    elseif next(body) == nil and not (options and options.may_be_empty) then
        return nil, refuse("Too few properties defined (0), minimum 1")
    end
    refusal = check_all(body, rules, options)
    if refusal then
        return nil, refusal
    end
    return body
end

---A rule for the items of an array that are objects.
---@param rules table<string, table>
---@param required string[]
---@return function valid
function schema.items(rules, required)
    return function(list)
        for i, item in ipairs(list) do
            local place = ("item %d: "):format(i - 1)
            if not json.is_object(item) then
                return place .. "Expected type object but found type " .. kind_of(item)
            end
            local refusal = check_all(item, rules, { required = required })
            if refusal then
                return place .. (json.decode(refusal.body).message:match("'(.*)'") or "not valid")
            end
        end
    end
end

---A rule for the items of an array that are strings.
---@param list any[]
---@return string|nil message
function schema.strings(list)
    for i, item in ipairs(list) do
        if type(item) ~= "string" or item == "" then
            return ("item %d: Expected type string but found type %s"):format(i - 1, kind_of(item))
        end
    end
end

return schema
