--- How much memory a list takes that comes page by page, from a server that fills each page.
local linking = require "support.linking"
local nginx = require "support.nginx"
local process = require "support.process"
local tenant = require "support.tenant"

-- Twenty pages of fifty rows. The correlation id says what a row has, and how many pages' worth of memory one page has.
local server = [[
server {
    listen 127.0.0.1:@PORT@ ssl http2;
    ssl_certificate %s/server.pem;
    ssl_certificate_key %s/server.key;
    location / { content_by_lua_block {
        local page = tonumber(ngx.var.arg_page)
        local kind, share = ngx.var.http_x_correlation_id:match "^(%%a+);(%%d+)$"
        local bytes, values = 515000 / share, 26000 / share
        local fills = {
            text = function(id) return ('"%%s%%s"'):format(id, ("x"):rep(bytes / 50 - 60)) end,
            texts = function(id)
                local texts = {}
                for i = 1, math.min(values / 50 - 10, bytes / 850) do texts[i] = ('"%%s-%%d"'):format(id, 1000 + i) end
                return "[" .. table.concat(texts, ",") .. "]"
            end,
            arrays = function() return "[" .. ("[],"):rep(values / 50 - 10) .. "0]" end,
            objects = function(id)
                local objects = {}
                for i = 1, values / 140 - 10 do objects[i] = ('{"%%s-%%d":{}}'):format(id, i) end
                return "[" .. table.concat(objects, ",") .. "]"
            end,
        }
        local rows = {}
        for i = 1, 50 do
            local id = page * 50 + i
            rows[i] = ('{"id":"%%d","user_id":"%%d","more":%%s}'):format(id, id, fills[kind](id))
        end
        local list = table.concat(rows, ",")
        local name = ngx.var.uri:match "[^/]+$"
        local total = name == "users" and 1001 or 1000
        ngx.print(('{"total":%%d,"limit":50,"%%s":[%%s]}'):format(total, name, list))
    } }
}]]

-- arg: domain, version of HTTP, method, kind. Prints KiB, the failure's code, and the message.
local script = [[
local auth0 = require "auth0"

local function memory(name)
    for line in io.lines "/proc/self/status" do
        if line:find("^" .. name .. ":") then return tonumber(line:match "%d+") end
    end
end

local tenant = auth0.tenant { domain = arg[1], resolve = { arg[1] .. ":127.0.0.1" }, token = os.getenv "TOKEN",
    proxy = false, ca_file = os.getenv "AUTH0_TENANT_CA", http_version = arg[2], rate = 1000, reserve = 0 }
local function read(kind)
    local options = { correlation_id = kind }
    if arg[3] == "connections" then return select(3, tenant:connections(options)) end
    return select(2, pcall(function() for _ in tenant:users(options) do end end))
end
read "text;500"
collectgarbage()
collectgarbage()
local peak = io.open("/proc/self/clear_refs", "w")
if peak then
    peak:write "5" -- VmHWM begins anew
    peak:close()
end
local before = memory "VmRSS"
local failure = read(arg[4])
print(memory "VmHWM" - before, failure.code, failure)
tenant:close()
]]

describe("memory for", function()
    local domain

    setup(function()
        linking.start()
        domain = "tenant.test:" .. nginx.start(server:format(tenant.dir, tenant.dir)).port
    end)

    teardown(function()
        nginx.stop()
        linking.stop()
    end)

    local codes = { connections = "too_large", users = "invalid_request" }

    for _, method in ipairs { "connections", "users" } do
        for _, http_version in ipairs { "1.1", "2" } do
            for _, kind in ipairs { "text;1", "texts;5", "arrays;1", "objects;1", "objects;5" } do
                local what = ("%s in full pages (%s) over HTTP/%s"):format(method, kind, http_version)
                it(what .. " stays below 8 MiB", function()
                    local output, status = process.run(script, { domain, http_version, method, kind },
                        linking.environment() .. " TOKEN=" .. linking.token)
                    assert.equal(0, status, output)
                    local growth, found = output:match "^(%-?%d+)\t([%l_]+)\t"
                    assert.equal(codes[method], found, output)
                    if not os.getenv "AUTH0_PRELOAD" then assert.is_true(tonumber(growth) < 8192, output) end
                end)
            end
        end
    end
end)
