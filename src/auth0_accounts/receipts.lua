--- The receipt of a merge, in a file: all that is left of the secondary's metadata.
local core = require "auth0.core"
local json = require "auth0.json"
local stop = require "auth0_accounts.stop"

local receipts = {}

--- Refuses a name that is taken, before anything is asked of the tenant.
---@param path string
function receipts.check(path)
    local file = io.open(path, "rb")
    if not file then return end
    file:close()
    stop.raise(stop.REFUSED, "%s: is there already: give another name for the receipt", path)
end

--- Makes the file, which this user alone can read. Raises if it cannot be made whole.
---@param path string
---@param receipt auth0.MergeReceipt
function receipts.make(path, receipt)
    local made, fault = core.make_private_file(path, json.encode(receipt) .. "\n")
    if not made then
        stop.raise(stop.FAILED, "%s: the receipt cannot be written (%s); nothing was changed", path, fault)
    end
end

--- Puts what is known now in its place, or leaves it as it is.
---@param path string
---@param receipt auth0.MergeReceipt
---@return true|nil is_replaced
---@return string|nil fault
function receipts.replace(path, receipt)
    local beside = path .. ".new"
    os.remove(beside)
    local made, fault = core.make_private_file(beside, json.encode(receipt) .. "\n")
    if made then made, fault = os.rename(beside, path) end
    return made, fault
end

---@param path string
---@return auth0.MergeReceipt
function receipts.read(path)
    local file, fault = io.open(path, "rb")
    local text = file and file:read("*a")
    if file then file:close() end
    if not text then stop.raise(stop.REFUSED, "%s", fault or path .. ": cannot be read") end
    local receipt = core.decode(text)
    if type(receipt) ~= "table" then stop.raise(stop.REFUSED, "%s: is no receipt: it holds no JSON object", path) end
    return receipt
end

return receipts
