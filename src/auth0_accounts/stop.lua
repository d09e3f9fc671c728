--- An end before, or beside, what a tenant answers: an error whose value says with which exit code.
local stop = {}

local stop_mt = { __name = "auth0_accounts.stop", __tostring = function(self) return self.message end }

--- Exit codes.
stop.DONE, stop.FAILED, stop.REFUSED, stop.UNKNOWN, stop.INTERRUPTED = 0, 1, 2, 3, 130

---@param code integer
---@param format string of string.format
---@param ... any its arguments
function stop.raise(code, format, ...)
    error(setmetatable({ code = code, message = format:format(...) }, stop_mt), 0)
end

---@param fault any what was raised
---@return boolean
function stop.is(fault)
    return getmetatable(fault) == stop_mt
end

return stop
