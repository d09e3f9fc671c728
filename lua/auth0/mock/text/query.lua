--- Query strings: read, checked, and what the lists have in common: pages and fields.
local errors = require "auth0.mock.text.errors"
local json = require "auth0.mock.text.json"
local wire = require "auth0.mock.text.wire"

local query = {}

local function refuse(reason, name)
    return errors.answer("invalid_query_string",
        ("Query validation error: '%s'%s."):format(reason, name and " on property " .. name or ""))
end
query.refuse = refuse

local read = {}

function read.text(text)
    return text
end

function read.boolean(text)
    if text ~= "true" and text ~= "false" then
        return nil, ("Invalid value \"%s\". Value must be a boolean"):format(text)
    end
    return text == "true"
end

function read.integer(text, rule)
    local number = text:match("^%d+$") and #text < 10 and tonumber(text)
    if not number or number < (rule.minimum or 0) or number > (rule.maximum or number) then
        local least, most = rule.minimum or 0, rule.maximum and " to " .. rule.maximum or ""
        return nil, ("Invalid value \"%s\". Value must be an integer from %d%s"):format(text, least, most)
    end
    return number
end

--- A value that is said more than once.
function read.list(text, rule, before)
    if rule.known and not rule.known(text) then
        return nil, ("No enum match for: %s"):format(text)
    end
    local list = before or {}
    list[#list + 1] = text
    return list
end

function read.word(text, rule)
    if not rule.words[text] then
        return nil, ("Invalid value \"%s\""):format(text)
    end
    return text
end

---Reads the query of a request.
---@param request auth0.mock.request
---@param rules table<string, table> name -> {kind = "text", "boolean", "integer", "list" or "word", ...}; a name that
---is not there is refused
---@return table<string, any>|nil values
---@return auth0.mock.answer|nil refusal
function query.read(request, rules)
    local values = {}
    for pair in (request.query or ""):gmatch("[^&]+") do
        local name, raw = pair:match("^([^=]*)=?(.*)$")
        name, raw = wire.unescape((name:gsub("%+", " "))), wire.unescape((raw:gsub("%+", " ")))
        local rule = rules[name or ""]
        if not name or not raw then
            return nil, refuse("a percent sign that escapes nothing")
        elseif not rule then
            return nil, refuse("Additional properties not allowed: " .. name)
        end
        local value, message = read[rule.kind](raw, rule, values[name])
        if message then
            return nil, refuse(message, name)
        end
        values[name] = value
    end
    return values
end

query.fields = { fields = { kind = "text" }, include_fields = { kind = "boolean" } }
query.pages = { page = { kind = "integer" }, per_page = { kind = "integer", maximum = 100 },
    include_totals = { kind = "boolean" } }

query.checkpoints = { from = { kind = "text" }, take = { kind = "integer", minimum = 1, maximum = 100 } }

---Puts sets of rules together.
---@param ... table<string, table>
---@return table<string, table>
function query.rules(...)
    local rules = {}
    for _, set in ipairs { ... } do
        for name, rule in pairs(set) do
            rules[name] = rule
        end
    end
    return rules
end

---Leaves only the fields that were asked for, or all others.
---@param object table
---@param values table<string, any> fields, include_fields
---@return table
function query.pick(object, values)
    local named, any = {}, false
    for name in (values.fields or ""):gmatch("[^,%s]+") do
        named[name], any = true, true
    end
    if not any then
        return object
    end
    local picked, wanted = {}, values.include_fields ~= false
    for name, value in pairs(object) do
        if (named[name] or false) == wanted then
            picked[name] = value
        end
    end
    return picked
end

---Which part of a list was asked for.
---@param values table<string, any> page, per_page
---@param default integer
---@param most integer|nil a larger page is clipped to it
---@return integer start of the first item, from 0
---@return integer limit
function query.window(values, default, most)
    local limit = values.per_page or default
    limit = most and math.min(limit, most) or limit
    return (values.page or 0) * limit, limit
end

---Answers a list: the array, or with include_totals an object around it.
---@param list table[] all of it
---@param values table<string, any>
---@param name string what the array is called in that object
---@return auth0.mock.answer
function query.page(list, values, name)
    local start, limit = query.window(values, 50)
    local part = json.array({})
    for i = start + 1, math.min(start + limit, #list) do
        part[#part + 1] = query.pick(list[i], values)
    end
    if not values.include_totals then
        return wire.answer(200, part)
    end
    return wire.answer(200, { start = start, limit = limit, total = #list, [name] = part })
end

---Answers a part of a list by checkpoint: `from` is the id of the first item that is shown, `next` of the first that is
---not.
---@param list table[] all of it, in any order
---@param values table<string, any>
---@param name string what the array is called in the answer
---@return auth0.mock.answer
function query.checkpoint(list, values, name)
    local part, next_id = json.array({}), nil
    table.sort(list, function(a, b) return a.id < b.id end)
    for _, item in ipairs(list) do
        if item.id >= (values.from or "") then
            if #part == (values.take or 50) then
                next_id = item.id
                break
            end
            part[#part + 1] = query.pick(item, values)
        end
    end
    return wire.answer(200, { [name] = part, next = next_id })
end

return query
