--- Processes that share one token through a file, cold; its token may be revoked while they are at it.
local bench = require "benchmarks.support"
local process = require "support.process"
local tenant = require "support.tenant"

local shared = {}

--- The token in a file.
---@param name string
---@return string|nil
function shared.token_in(name)
    return process.read(name, ""):match("eyJ[%w_-]+%.[%w_-]+%.[%w_-]+")
end

---@return string name of a file that is not there
function shared.name()
    local name = os.tmpname()
    os.remove(name)
    return name
end

---@param processes integer
---@param count integer links of all of them
---@param revoke boolean take the token's validity away when about half of the links are made
---@return table result {tokens, lost, doubled, failed, revoked_at}
function shared.run(processes, count, revoke)
    local name, result = shared.name(), {}
    bench.reset(count)
    -- So slow that there is a middle, also for a process that is slow to look for it.
    local delay = ("delay;seconds=%.2f"):format(math.max(0.05, 60 / count))
    tenant.arm { fault = delay, method = "POST", template = "/api/v2/users/{id}/identities", count = 10 * count }
    local told = bench.drive({ processes = processes, most = 2 * processes, token_file = name }, count, function()
        if not revoke then return end
        local accounts
        repeat
            process.sleep(0.02)
            accounts = tenant.control("GET", "/_tenant/users/count")
        until accounts <= 1.5 * count
        result.revoked_at = 2 * count - accounts
        tenant.control("POST", "/_tenant/revoke", { token = shared.token_in(name) })
    end)
    local seen = bench.look()
    result.tokens, result.failed, result.codes = seen.requests[bench.TOKEN], told.failed, told.codes
    result.lost, result.doubled = count - seen.count, seen.doubled
    os.remove(name)
    return result
end

return shared
