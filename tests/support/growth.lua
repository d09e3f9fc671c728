--- How much a process grows while it reads what a server of a spec's own answers.
local linking = require "support.linking"
local nginx = require "support.nginx"
local process = require "support.process"
local tenant = require "support.tenant"

local growth = {}

local SERVER = [[
server {
    listen 127.0.0.1:@PORT@ ssl http2;
    ssl_certificate DIR/server.pem;
    ssl_certificate_key DIR/server.key;
    location / { content_by_lua_block {
BLOCK
    } }
}]]

-- arg: domain, version of HTTP, what a spec's script takes.
local PRELUDE = [[
local auth0 = require "auth0"
local tenant = auth0.tenant { domain = arg[1], resolve = { arg[1] .. ":127.0.0.1" }, token = os.getenv "TOKEN",
    proxy = false, ca_file = os.getenv "AUTH0_TENANT_CA", http_version = arg[2], rate = 1000, reserve = 0 }
local function memory(name)
    for line in io.lines "/proc/self/status" do
        if line:find("^" .. name .. ":") then return tonumber(line:match "%d+") end
    end
end
-- KiB by which the process grows at most, and what the action returns.
local function growth_of(action)
    collectgarbage()
    collectgarbage()
    local peak = io.open("/proc/self/clear_refs", "w")
    if peak then
        peak:write "5" -- VmHWM begins anew
        peak:close()
    end
    local before = memory "VmRSS"
    local value = action()
    return memory "VmHWM" - before, value
end
]]

--- Starts the tenant's stand-in, after support.linking.
---@param block string Lua that answers a request inside nginx
---@return string domain of it
function growth.start(block)
    local words = { DIR = tenant.dir, BLOCK = block }
    return "tenant.test:" .. nginx.start((SERVER:gsub("%u%u%u+", words))).port
end

--- Runs a script that has `tenant` and `growth_of`.
---@param script string Lua
---@param ... string its arguments: the domain, the version of HTTP, and its own
---@return string output
function growth.run(script, ...)
    local output, status = process.run(PRELUDE .. script, { ... }, linking.environment() .. " TOKEN=" .. linking.token)
    assert(status == 0, output)
    return output
end

--- A sanitizer's memory counts as well, and nothing is known of what is the library's.
---@param kib number
---@param output string
function growth.check(kib, output)
    if not os.getenv "AUTH0_PRELOAD" then assert(kib < 8192, output) end
end

return growth
