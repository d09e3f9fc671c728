--- A round of tests/soak --loop: a tenant that comes, links and unlinks many pairs at a time, and goes. It runs in the
--- loop's way, so also inside nginx.
local auth0 = require "auth0"

---@param options table of auth0.tenant
---@param pairs_of_accounts integer so many at a time, each its own
---@param count integer links, each followed by an unlink
return function(options, pairs_of_accounts, count)
    local own = auth0.tenant(options)
    local lane, left = 0, count
    local function lanes()
        lane = lane + 1
        return lane <= pairs_of_accounts and lane or nil
    end
    auth0.each(lanes, pairs_of_accounts, function(i)
        while left > 0 do
            left = left - 1
            assert(#assert(own:link("auth0|p" .. i, "google-oauth2|s" .. i)) == 2)
            assert(#assert(own:unlink("auth0|p" .. i, "google-oauth2|s" .. i)) == 1)
        end
    end)
    own:close()
end
