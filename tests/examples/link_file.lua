--- Links the accounts of a file, a pair on each line: primary,secondary.
---
---     export AUTH0_DOMAIN=acme.eu.auth0.com AUTH0_CLIENT_ID=... AUTH0_CLIENT_SECRET=...
---     lua5.4 link_file.lua pairs.csv
---
--- A line with a mistake is printed and left out, such as a first line with names; the others go on. After a failure
--- that every line would have, no new line is begun. Running it again does no harm: what is linked stays linked.
local auth0 = require "auth0"

local AT_A_TIME = 20

-- A wrong secret or token, a scope that the application lacks, no network: no line can succeed.
local is_hopeless = { unauthorized = true, forbidden = true, unreachable = true, tls = true }

local counts = { linked = 0, skipped = 0, failed = 0 }

local function tell(row, what, message)
    counts[what] = counts[what] + 1
    print(("line %d: %s%s"):format(row.number, what, message and ": " .. message or ""))
end

-- The lines that are not empty, whatever their ends.
local function rows(file)
    local number = 0
    local function next_row()
        local line = file:read "*l"
        if not line then return nil end
        number = number + 1
        line = line:gsub("%s+$", "")
        if line == "" then return next_row() end
        return { number = number, line = line }
    end
    return next_row
end

-- The pair of a line; or nil and what is wrong with it.
local function pair(line)
    local primary, secondary = line:match '^%s*"?([^",]+)"?%s*,%s*"?([^",]+)"?$'
    if not primary then return nil, "expected two ids with a comma between them" end
    for _, id in ipairs { primary, secondary } do
        local good, message = auth0.check_id(id)
        if not good then return nil, ("%q: %s"):format(id, message) end
    end
    if primary == secondary then return nil, "both ids are the same" end
    return primary, secondary
end

local file, fault = io.open(arg[1] or error("usage: link_file.lua FILE, with a pair of ids on each line", 0))
if not file then error("cannot read the pairs: " .. fault, 0) end
local tenant = auth0.tenant {
    domain = os.getenv "AUTH0_DOMAIN",
    client_id = os.getenv "AUTH0_CLIENT_ID", client_secret = os.getenv "AUTH0_CLIENT_SECRET",
}

local done, reason = pcall(auth0.each, rows(file), AT_A_TIME, function(row)
    local primary, secondary = pair(row.line)
    if not primary then return tell(row, "skipped", secondary) end
    local identities, message, failure = tenant:link(primary, secondary)
    if identities then return tell(row, "linked") end
    tell(row, "failed", message)
    if is_hopeless[failure.code] then error(failure) end
end)

tenant:close()
print(("%d linked, %d skipped, %d failed"):format(counts.linked, counts.skipped, counts.failed))
if not done then
    print("stopped: " .. tostring(reason))
    print("Links that were under way may have been made. Run it again for the rest: that does no harm.")
end
os.exit(done and counts.failed == 0 and 0 or 1, true)
