--- Each link of a journal as a row of CSV, with what its accounts held before and after.
local csv = require "auth0_accounts.csv"
local figures = require "auth0_accounts.report.figures"
local json = require "auth0.json"
local printable = require "auth0_accounts.printable"

local before_after = {}

local HEAD = "line,state,primary,secondary,secondary_email,primary_before,primary_written,secondary_before\n"

local function text_of(value)
    if type(value) == "table" then return printable.json(json.encode(value)) end
    return value ~= nil and tostring(value) or nil
end

-- A receipt may have been edited.
local function fields_of(value)
    return type(value) == "table" and value or {}
end

local function row_of(row)
    local receipt = fields_of(row.receipt)
    local was = receipt.secondary_was
    return csv.line(row.line, row.state, row.primary, row.secondary, text_of(fields_of(was).email),
        text_of(receipt.before), text_of(receipt.wrote), text_of(was))
end

--- Part by part.
---@param journal auth0_accounts.Journal
---@return fun(): string|nil
function before_after.parts(journal)
    local lines, is_begun = figures.lines(journal), false
    return function()
        if not is_begun then
            is_begun = true
            return HEAD
        end
        local row = lines()
        return row and row_of(row)
    end
end

return before_after
