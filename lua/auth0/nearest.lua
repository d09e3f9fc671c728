--- Finds the known name that a misspelt one was probably meant to be.
local nearest = {}

-- The edit distance of two words (Damerau-Levenshtein): a step adds, removes or changes a character, or swaps two
-- neighbours.
local function distance(from, to)
    local above, row = {}, {}
    for j = 0, #to do row[j] = j end
    for i = 1, #from do
        local last = { [0] = i }
        for j = 1, #to do
            local a, b = from:byte(i), to:byte(j)
            last[j] = math.min(row[j] + 1, last[j - 1] + 1, row[j - 1] + (a == b and 0 or 1))
            local is_swapped = i > 1 and j > 1 and a == to:byte(j - 1) and b == from:byte(i - 1)
            if is_swapped then last[j] = math.min(last[j], above[j - 2] + 1) end
        end
        above, row = row, last
    end
    return row[#to]
end

local function find(name, known)
    local best, least
    for each in pairs(known) do
        local far = distance(name, each)
        if not least or far < least or (far == least and each < best) then best, least = each, far end
    end
    return least and least <= 1 + #name / 4 and best or nil
end

--- Words to add to a complaint about an unknown name.
---@param name any
---@param known table<string, any> by name
---@return string words "" where no known name is near
function nearest.hint(name, known)
    local meant = type(name) == "string" and #name <= 64 and find(name, known)
    return meant and ("; the nearest known one is %q"):format(meant) or ""
end

--- The alphabetically first key of a table that is not known, with the nearest known name.
---@param object table
---@param known table<string, any> by name
---@return string|nil words
function nearest.unknown(object, known)
    local first
    for name in pairs(object) do
        if known[name] == nil and (first == nil or tostring(name) < tostring(first)) then first = name end
    end
    return first ~= nil and tostring(first) .. nearest.hint(first, known) or nil
end

return nearest
