--- The noun that follows a count.
---@param count number
---@param one string where there is one
---@param many? string where there are more, or none; `one` with an s
---@return string
return function(count, one, many)
    return count == 1 and one or many or one .. "s"
end
