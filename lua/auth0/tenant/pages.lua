--- Checks the pages of a list, so that reading it comes to an end whatever the server answers.
local call = require "auth0.tenant.call"

local pages = {}

---@class auth0.Pages a list that is read page by page
---@field noun string "users"
---@field key string the field whose value differs from row to row
---@field shown integer rows so far
---@field known table<any, true>

---@param noun string
---@param key string
---@return auth0.Pages
function pages.new(noun, key)
    return { noun = noun, key = key, shown = 0, known = {} }
end

-- A row may come twice if the list changed meanwhile; a whole page may not. Rows whose key was not asked for cannot be
-- compared.
local function is_repeated(self, rows)
    for _, row in ipairs(rows) do
        local key = row[self.key]
        if key == nil or not self.known[key] then return false end
    end
    return #rows > 0
end

local LONGEST = 1024 -- bytes of a key, since the keys of all rows are kept

local function is_key(value)
    return value == nil or type(value) == "string" and #value <= LONGEST
end

local function have_keys(self, rows)
    for _, row in ipairs(rows) do
        if not is_key(row[self.key]) then return false end
    end
    return true
end

-- A page without rows is a fault while more are due: the loop over the rows would end as if they were all.
local function fault_of(self, rows, total, most)
    if not call.is_list(rows) then return ("its %s are no array of objects"):format(self.noun) end
    if type(total) ~= "number" then return "its total is no number" end
    if #rows == 0 and self.shown < total then return "a page is empty, and its total says more" end
    if #rows > most then return ("a page has %d %s, and %.0f were asked for"):format(#rows, self.noun, most) end
    if not have_keys(self, rows) then
        return ("the %s of a row is no text of at most %d bytes"):format(self.key, LONGEST)
    end
    if is_repeated(self, rows) then return "a page repeats an earlier one" end
end

--- Takes the next page.
---@param rows any
---@param total any how many rows it says there are
---@param most number of a page
---@return string|nil fault
function pages:take(rows, total, most)
    local fault = fault_of(self, rows, total, most)
    if fault then return fault end
    self.shown = self.shown + #rows
    for _, row in ipairs(rows) do
        if row[self.key] ~= nil then self.known[row[self.key]] = true end
    end
end

return pages
