--- Does to a client's connection what the tenant's answer says. It stands where the connection is: in the TLS workers.
local connection = require "connection"

local obey = {}

--- A fault that could not be done must not look like one that was.
local function give_up(why)
    ngx.status = 500
    ngx.say("The tenant could not do the fault: ", why)
    return ngx.exit(ngx.OK)
end

---Instead of an answer: ends the connection, with RST ("reset") or FIN ("close").
function obey.kill()
    local done, why = connection[ngx.var.arg_kill]()
    return done and ngx.exit(444) or give_up(why)
end

---While the answer goes out: arranges that the connection is closed once it is idle.
function obey.idle()
    local seconds = tonumber(ngx.var.upstream_http_x_tenant_close_after)
    if seconds then
        local done, why = connection.close_later(seconds)
        if not done then
            ngx.header["x-tenant-failed"] = why
            ngx.log(ngx.ERR, "the connection will not be closed: ", why)
        end
    end
end

return obey
