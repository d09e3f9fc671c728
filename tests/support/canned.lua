--- A TLS server that gives one answer, word for word, to whatever it is asked: for what the tenant never says.
local linking = require "support.linking"
local nginx = require "support.nginx"
local tenant = require "support.tenant"

local canned = {}

local server

--- Needs the tenant to be there: it has the certificate.
function canned.start()
    server = nginx.start(([[
    server {
        listen 127.0.0.1:@PORT@ ssl http2;
        ssl_certificate %s/server.pem;
        ssl_certificate_key %s/server.key;
        location / { content_by_lua_block {
            local answer = dofile "@DIR@/answer.lua"
            ngx.status = answer.status
            for name, value in pairs(answer.headers) do ngx.header[name] = value end
            ngx.header["content-length"] = #answer.body
            ngx.print(answer.body)
        } }
    }]]):format(tenant.dir, tenant.dir))
end

function canned.stop()
    nginx.stop()
end

---@param status integer
---@param body string
---@param headers table<string, string|string[]>|nil
function canned.answer(status, body, headers)
    local file = assert(io.open(server.dir .. "/answer.lua", "wb"))
    assert(file:write(("return { status = %d, body = %q, headers = {"):format(status, body)))
    for name, value in pairs(headers or {}) do assert(file:write(("[%q] = %q,"):format(name, value))) end
    assert(file:write("} }"))
    assert(file:close())
end

---@param overrides table<string, any>|nil
---@return table overrides that lead there
function canned.options(overrides)
    local domain = "tenant.test:" .. server.port
    local options = { domain = domain, resolve = { domain .. ":127.0.0.1" } }
    for name, value in pairs(overrides or {}) do options[name] = value end
    return options
end

---@param overrides table<string, any>|nil
function canned.link(overrides)
    return linking.link(canned.options(overrides))
end

return canned
