-- merge_pass.lua <journal> <receipts> <accounts> <in flight>: merges what the journal does not hold as done. A receipt
-- is written before anything is sent; a merge that was begun in an earlier pass is settled first.
local auth0 = require "auth0"
local cjson = require "cjson"

local journal, receipts, accounts, most = arg[1], arg[2], arg[3], tonumber(arg[4])

local done, begun, left = {}, {}, {}
for line in io.lines(journal) do
    local id = line:match "^done (%S+) "
    if id then done[id] = true end
end
for line in io.lines(receipts) do
    local good, receipt = pcall(cjson.decode, line)
    if good and type(receipt) == "table" then begun[receipt.secondary.id] = receipt end
end
for line in io.lines(accounts) do
    local primary, secondary = line:match "^(%S+) (%S+)$"
    if not done[secondary] then left[#left + 1] = { primary = primary, secondary = secondary } end
end

local tenant = auth0.tenant {
    domain = os.getenv "AUTH0_TENANT_DOMAIN", client_id = "mockclient", client_secret = "mocksecret",
    resolve = { os.getenv "AUTH0_TENANT_RESOLVE" }, ca_file = os.getenv "AUTH0_TENANT_CA", proxy = false,
}

local function open(name)
    local file = assert(io.open(name, "a"))
    file:setvbuf "no"
    file:write "\n" -- after a line that was cut
    return file
end

local told, kept = open(journal), open(receipts)

local function keep(receipt)
    kept:write(cjson.encode(receipt) .. "\n")
end

auth0.each(left, most, function(pair)
    local settled = begun[pair.secondary] and tenant:settle(begun[pair.secondary])
    local result, failure, _ = settled and settled.state == "merged", nil, nil
    if not result then
        result, _, failure = tenant:merge(pair.primary, pair.secondary, { proof = "operator", checks = {},
            on_receipt = keep })
    end
    told:write(("%s %s %s\n"):format(result and "done" or failure.outcome, pair.secondary,
        result and "ok" or failure.code))
end)
