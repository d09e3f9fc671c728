--- CSV that a spreadsheet opens as text.
local csv = {}

-- What a spreadsheet would take for a formula gets a mark of text before it: also behind a semicolon or a tab, where
-- some spreadsheets end a field, and behind zero bytes, which some pass over.
local function field(text)
    if text:find "^[=+%-@\t\r\n%z]" then text = "'" .. text end
    text = text:gsub("([;\t\r\n][%s%z]*)([=+%-@])", "%1'%2")
    if text:find '[",\r\n]' then text = '"' .. text:gsub('"', '""') .. '"' end
    return text
end

---@param ... string|number|nil the fields
---@return string line
function csv.line(...)
    local fields = {}
    for i = 1, select("#", ...) do
        local value = select(i, ...)
        fields[i] = type(value) == "number" and ("%.14g"):format(value) or field(value or "")
    end
    return table.concat(fields, ",") .. "\n"
end

return csv
