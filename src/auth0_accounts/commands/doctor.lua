--- auth0-accounts doctor
local doctor = { needs_tenant = false,
    summary = "Looks at the configuration, the way to the tenant, the token and its scopes. It changes nothing." }

function doctor.define() end

function doctor.call(_, given, _, world)
    return require("auth0_accounts.doctor").look(given, world)
end

function doctor.tell(said, looked)
    said:value { checks = said.array(looked.found), code = looked.code }
    for _, finding in ipairs(looked.found) do
        said:state(finding.state, ("%-14s %s"):format(finding.check, finding.message))
        if finding.advice then said:lines { (" "):rep(20) .. "-> " .. finding.advice } end
    end
    return looked.code
end

return doctor
