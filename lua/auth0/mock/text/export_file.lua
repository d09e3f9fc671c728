--- What an export writes: one JSON object a line, or CSV.
local json = require "auth0.mock.text.json"

local export_file = {}

--- What is exported when no fields are asked for. The real set is not published.
export_file.default_fields = {}
for _, name in ipairs { "user_id", "email", "email_verified", "name", "nickname", "given_name", "family_name",
    "username", "phone_number", "phone_verified", "picture", "blocked", "created_at", "updated_at" } do
    table.insert(export_file.default_fields, { name = name })
end
table.insert(export_file.default_fields, { name = "identities[0].connection", export_as = "connection" })

---The value at a path such as identities[0].connection; arrays count from 0.
---@param account table
---@param path string
---@return any
function export_file.value(account, path)
    local value = account
    for step in path:gmatch("[^.%[%]]+") do
        if type(value) ~= "table" or value == json.null then
            return nil
        end
        if json.is_array(value) then
            value = value[(tonumber(step) or -1) + 1]
        else
            value = value[step]
        end
    end
    return value
end

local function line(account, fields)
    local object = {}
    for _, field in ipairs(fields) do
        object[field.export_as or field.name] = export_file.value(account, field.name)
    end
    return json.encode(object)
end

local function is_date(text)
    return text:find("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d[%d.]*Z$") ~= nil
end

--- Every text is quoted, and begins with a quotation mark that no spreadsheet takes for a formula; dates have none.
local function cell(value)
    if value == nil or value == json.null then
        return ""
    elseif type(value) == "table" and not json.digits(value) then
        value = json.encode(value)
    elseif type(value) ~= "string" then
        return json.encode(value)
    end
    return '"' .. (is_date(value) and "" or "'") .. value:gsub('"', '""') .. '"'
end

local function row(values)
    return table.concat(values, ",") .. "\n"
end

local function csv(accounts, fields)
    local parts, titles = {}, {}
    for i, field in ipairs(fields) do
        titles[i] = '"' .. (field.export_as or field.name):gsub('"', '""') .. '"'
    end
    parts[1] = row(titles)
    for _, account in ipairs(accounts) do
        local cells = {}
        for i, field in ipairs(fields) do
            cells[i] = cell(export_file.value(account, field.name))
        end
        parts[#parts + 1] = row(cells)
    end
    return table.concat(parts)
end

---@param accounts table[] as a read shows them
---@param format "json"|"csv"
---@param fields table[]|nil {name, export_as}
---@return string
function export_file.write(accounts, format, fields)
    fields = fields or export_file.default_fields
    if format == "csv" then
        return csv(accounts, fields)
    end
    local lines = {}
    for i, account in ipairs(accounts) do
        lines[i] = line(account, fields) .. "\n"
    end
    return table.concat(lines)
end

return export_file
