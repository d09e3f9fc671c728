--- How long an apply takes: what Auth0's plans grant, against the requests that a plan takes.
local hours = {}

local function all(name, rate)
    return { name = name, read = rate, write = rate, all = rate }
end

--- Calls a second that are sustained, of reads and of changes of users, and of both together where they share a limit.
--- https://auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy
hours.LIMITS = {
    all("Free", 2),
    { name = "Essentials, Professional", read = 500 / 60, write = 200 / 60 },
    all("Enterprise, not production", 2), all("Enterprise", 16), all("Private cloud, 20 a second", 20),
    all("Private cloud, 100 a second", 50), all("Private cloud, 500 a second", 250),
    all("Private cloud, 750 a second", 750), all("Private cloud, 1500 a second", 1500),
    all("Private cloud, 3000 a second", 3000), all("Private cloud, 5000 a second", 5000),
}

local RESERVE = 0.5 -- of the limit is left to the tenant's logins, as apply does by default

---@param limit { read: number, write: number, all?: number }
---@param requests { read: integer, write: integer }
---@return number
local function of(limit, requests)
    local seconds = math.max(requests.read / limit.read, requests.write / limit.write,
        limit.all and (requests.read + requests.write) / limit.all or 0)
    return seconds / (1 - RESERVE) / 3600
end

---@param requests { read: integer, write: integer }
---@param rate? number requests a second of this tenant
---@return { limit: string, hours: number }[]
function hours.table(requests, rate)
    local rows = {}
    if rate then
        rows[1] = { limit = ("this tenant, %g a second"):format(rate), hours = of(all("", rate), requests) }
    end
    for _, limit in ipairs(hours.LIMITS) do rows[#rows + 1] = { limit = limit.name, hours = of(limit, requests) } end
    return rows
end

---@param number number hours
---@return string "3.5 h", "12 min", "4.3 days"
function hours.text(number)
    if number >= 48 then return ("%.1f days"):format(number / 24) end
    if number >= 1 then return ("%.1f h"):format(number) end
    if number >= 1 / 60 then return ("%.0f min"):format(number * 60) end
    return ("%.0f s"):format(math.max(1, number * 3600))
end

return hours
