--- auth0-accounts preview
local merging = require "auth0_accounts.merging"
local results = require "auth0_accounts.results"
local stop = require "auth0_accounts.stop"

local preview = { needs_tenant = true, define = merging.define, fault = merging.fault,
    summary = "Prints what a merge would do, and what stands against it. It changes nothing." }

function preview.call(tenant, given)
    return tenant:preview(given.primary, given.secondary, merging.options(given))
end

function preview.tell(said, result)
    said:value(result)
    said:lines(results.preview(result))
    return not result.already and #result.reasons > 0 and stop.FAILED or nil
end

return preview
