--- An end before, or beside, what a tenant answers: an error whose value says with which exit code.
local stop = {}

local stop_mt = { __name = "auth0_accounts.stop", __tostring = function(self) return self.message end }

--- Exit codes: done; failed, its outcome not known, or something was found; used wrongly, or an approval is wanted; not
--- configured, or not authenticated; the tenant is not reached; interrupted.
stop.DONE, stop.FAILED, stop.USAGE, stop.CONFIGURATION, stop.UNREACHABLE, stop.INTERRUPTED = 0, 1, 2, 3, 4, 130

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

local codes = { unauthorized = stop.CONFIGURATION, forbidden = stop.CONFIGURATION, unreachable = stop.UNREACHABLE,
    tls = stop.UNREACHABLE }

--- What may have been changed is looked at first, whatever the cause.
---@param failure auth0.Failure
---@return integer exit code
function stop.code_of(failure)
    return failure.outcome ~= "unknown" and codes[failure.code] or stop.FAILED
end

return stop
