--- Keeps the receipt of each merge in a file of its own, before anything is changed: what the merge destroys stands
--- there, and tenant:undo takes it.
local json = require("cjson.safe").new()

local receipts = {}

local count = 0

--- A function for the option on_receipt.
---@param folder string that is there, and that only nginx's user can read: receipts hold personal data
---@return fun(receipt: table): boolean
function receipts.keeper(folder)
    return function(receipt)
        count = count + 1
        local name = ("%s/%.0f-%d-%d.json"):format(folder, ngx.now() * 1000, ngx.worker.pid(), count)
        local file, message = io.open(name, "w")
        local kept = file and file:write(json.encode(receipt), "\n")
        kept = file and file:close() and kept
        if not kept then ngx.log(ngx.ERR, "a receipt could not be kept: ", message or name) end
        return kept and true or false -- false: nothing is sent
    end
end

return receipts
