--- The receipt of a merge, in a file: all that is left of the secondary's metadata.
local core = require "auth0.core"
local json = require "auth0.json"
local private_file = require "auth0_accounts.private_file"
local stop = require "auth0_accounts.stop"

local receipts = {}

local LONGEST = 4194304 -- bytes of a receipt

--- Refuses a name that is taken, before anything is asked of the tenant.
---@param path string
function receipts.check(path)
    private_file.check(path, " for the receipt")
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

--- The receipt of the file says what is known at the end, too. If it cannot be written, the planned one serves.
---@param said auth0_accounts.Output
---@param path string
---@param receipt auth0.MergeReceipt|nil
function receipts.keep(said, path, receipt)
    if not receipt then return end
    local is_kept, fault = private_file.replace(path, json.encode(receipt) .. "\n")
    if is_kept then return end
    said:complain("%s: the receipt stays as it was (%s): it serves settle and undo", path, fault)
end

local function read(path)
    local file, fault = io.open(path, "rb")
    local text = file and file:read(LONGEST)
    if file then file:close() end
    if not text then stop.raise(stop.USAGE, "%s", fault or path .. ": cannot be read") end
    local receipt = core.decode(text)
    if type(receipt) ~= "table" then stop.raise(stop.USAGE, "%s: is no receipt: it holds no JSON object", path) end
    return receipt
end

--- Asks about the receipt of a file, which says afterwards what has become of the merge.
---@param given table
---@param said auth0_accounts.Output
---@param ask fun(receipt: auth0.MergeReceipt, options: table): table|nil, string?, table
function receipts.ask(given, said, ask)
    local result, message, facts = ask(read(given.receipt), { correlation_id = given.correlation_id })
    if result then receipts.keep(said, given.receipt, result.receipt) end
    return result, message, facts
end

return receipts
