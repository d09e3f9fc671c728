--- How much memory an answer takes: an estimate that is the same in every Lua.
local memory = {}

local VALUE, TEXT, TABLE, KEY = 16, 40, 80, 16 -- bytes, beside those of the text

---@param value any out of JSON
---@return number bytes
function memory.of(value)
    local kind = type(value)
    if kind == "string" then return TEXT + #value end
    if kind == "userdata" then return TEXT + #tostring(value) end -- a number by its digits, or null
    if kind ~= "table" then return VALUE end
    local size = TABLE
    for key, inner in pairs(value) do
        size = size + memory.of(inner) + (type(key) == "string" and KEY + #key or 0)
    end
    return size
end

return memory
