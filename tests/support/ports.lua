--- Ports of 127.0.0.1 where something else than the tenant stands: no listener, a silent one, a proxy.
local process = require "support.process"
local tenant = require "support.tenant"

local ports = {}

local here = debug.getinfo(1, "S").source:match("^@(.*/)[^/]*$")
local pids = {}

local function listen(mode, log)
    local output, status = tenant.run(("perl %s %s %s"):format(process.quoted(here .. "listener.pl"), mode,
        process.quoted(log or "")))
    assert(status == 0, "listener.pl does not start; its own words are above")
    local port, pid = output:match("^(%d+) ?(%d*)\n$")
    if pid ~= "" then pids[#pids + 1] = pid end
    return port
end

---@return string port that refuses connections
function ports.closed()
    return listen "closed"
end

---@return string port that takes connections and says nothing
function ports.silent()
    return listen "silent"
end

local logs = {}

---@return table proxy {url, requests()}: `requests` gives the bytes of all CONNECT requests until now
function ports.proxy()
    local log = os.tmpname()
    logs[#logs + 1] = log
    local port = listen("proxy", log)
    return {
        port = port,
        url = "http://127.0.0.1:" .. port,
        requests = function()
            local file = assert(io.open(log, "rb"))
            local text = file:read("*a")
            file:close()
            return text
        end,
    }
end

---@class support.ports.gate
---@field address string by which the tenant is reached, as long as the gate is open
local Gate = { address = "127.0.0.2" }

--- Connections are taken, and led to the tenant.
function Gate:open()
    if self.pid then return end
    listen("gate", tenant.port)
    self.pid = pids[#pids]
end

--- Connections are refused, and those that there were are gone.
function Gate:shut()
    tenant.run(("kill -KILL -%s"):format(self.pid))
    self.pid = nil
end

--- A gate before the tenant, on the tenant's port of another address: what is asked of the tenant is the same.
---@return support.ports.gate
function ports.gate()
    local gate = setmetatable({}, { __index = Gate })
    gate:open()
    return gate
end

-- A script that prints a line and goes on, under Lua 5.4 whatever Lua is tested: it needs cqueues and luaossl.
local function start(name, arguments)
    local log = os.tmpname()
    logs[#logs + 1] = log
    local words = { process.quoted(here .. name) }
    for _, argument in ipairs(arguments) do words[#words + 1] = process.quoted(argument) end
    local output = tenant.run(("env -u LUA_PATH -u LUA_CPATH lua5.4 %s >%s </dev/null 2>/dev/null & pid=$!; "
        .. "for try in $(seq 100); do [ -s %s ] && break; kill -0 $pid 2>/dev/null || break; sleep 0.05; done; "
        .. "echo $(cat %s) $pid"):format(table.concat(words, " "), log, log, log))
    local line, pid = output:match "^(.*[^ ]) (%d+)\n$"
    pids[#pids + 1] = pid or output:match "%d+"
    return line
end

--- Puts TLS before a port.
---@param port string
---@param certificate string file
---@param key string file
---@return string|nil port nil: cqueues and luaossl of Lua 5.4 are not here
function ports.tls_front(port, certificate, key)
    return start("tls_front.lua", { port, certificate, key })
end

--- A server that floods its clients, each connection for so many seconds.
---@param seconds number
---@param certificate string file
---@param key string file
---@return table<string, string>|nil ports by the shapes of flood.lua; nil: cqueues and luaossl of Lua 5.4 are not here
function ports.floods(seconds, certificate, key)
    local line = start("flood.lua", { tostring(seconds), certificate, key })
    local by_shape = line and {}
    for shape, port in (line or ""):gmatch "([%w_]+)=(%d+)" do by_shape[shape] = port end
    return by_shape
end

--- Puts before the tenant a server that refuses what comes over HTTP/2 with HTTP_1_1_REQUIRED.
---@return table|nil front {port, connections()}: "h2" or "http/1.1" for each; nil as above
function ports.http_1_front()
    local log = os.tmpname()
    logs[#logs + 1] = log
    local port = start("http_1_front.lua",
        { tenant.port, tenant.dir .. "/server.pem", tenant.dir .. "/server.key", log })
    return port and { port = port, connections = function()
        local names = {}
        for name in process.read(log):gmatch "[^\n]+" do names[#names + 1] = name end
        return names
    end }
end

---Ends what was started here.
function ports.close()
    for _, pid in ipairs(pids) do tenant.run("kill " .. pid .. " 2>/dev/null") end
    for _, log in ipairs(logs) do os.remove(log) end
    pids, logs = {}, {}
end

return ports
