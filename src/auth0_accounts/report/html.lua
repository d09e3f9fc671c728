--- HTML of texts that others chose: nothing of them is markup, and nothing of them is hidden or turned around.
local printable = require "auth0_accounts.printable"

local html = {}

local codes = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

---@param value any
---@return string
function html.text(value)
    return (printable.line(tostring(value)):gsub("[&<>\"']", codes))
end

--- A template whose every "%s" is a text that is escaped, and every "%h" markup that was made by this module.
---@param template string
---@param ... any
---@return string
function html.fill(template, ...)
    local values, at = { ... }, 0
    return (template:gsub("%%([sh])", function(kind)
        at = at + 1
        return kind == "h" and values[at] or html.text(values[at])
    end))
end

local LONG = 24 -- characters, from which on a word may be broken

local function class_of(text)
    return (text:find "^[%d.,]+$" or text:find "^[%d.,]+ %l[%l%d ]*$") and "number" or #text > LONG and "long" or ""
end

local function row_of(heads, row)
    local parts = {}
    for i, text in ipairs(row) do
        parts[i] = html.fill('<td class="%s" data-head="%s">%s</td>', class_of(text), heads[i], text)
    end
    return "<tr>" .. table.concat(parts) .. "</tr>"
end

--- A table with a head; numbers stand on the right. On a phone each row stands alone, with the head beside each value.
---@param heads string[]
---@param rows string[][]
---@return string
function html.table(heads, rows)
    local parts = { html.fill('<div class="wide %s" tabindex="0"><table><thead><tr>', #heads < 4 and "small" or "") }
    for i, head in ipairs(heads) do
        local class = rows[1] and class_of(rows[1][i]) or ""
        parts[#parts + 1] = html.fill('<th scope="col" class="%s">%s</th>', class == "number" and class or "", head)
    end
    parts[#parts + 1] = "</tr></thead><tbody>"
    for _, row in ipairs(rows) do parts[#parts + 1] = row_of(heads, row) end
    parts[#parts + 1] = "</tbody></table></div>"
    return table.concat(parts)
end

return html
