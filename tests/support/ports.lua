--- Ports of 127.0.0.1 where something else than the tenant stands: no listener, a silent one, a proxy.
local process = require "support.process"
local tenant = require "support.tenant"

local ports = {}

local script = debug.getinfo(1, "S").source:match("^@(.*/)[^/]*$") .. "listener.pl"
local front = script:gsub("listener%.pl$", "tls_front.lua")
local pids = {}

local function listen(mode, log)
    local output, status = tenant.run(("perl %s %s %s"):format(process.quoted(script), mode, process.quoted(log or "")))
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

--- Puts TLS before a port. Needs cqueues and luaossl of Lua 5.4, whatever Lua is tested.
---@param port string
---@param certificate string file
---@param key string file
---@return string|nil port nil: they are not here
function ports.tls_front(port, certificate, key)
    local log = os.tmpname()
    logs[#logs + 1] = log
    local output = tenant.run(("env -u LUA_PATH -u LUA_CPATH lua5.4 %s %s %s %s >%s </dev/null 2>/dev/null & pid=$!; "
        .. "for try in $(seq 100); do [ -s %s ] && break; kill -0 $pid 2>/dev/null || break; sleep 0.05; done; "
        .. "echo $(cat %s) $pid"):format(process.quoted(front), port, process.quoted(certificate), process.quoted(key),
        log, log, log))
    local front_port, pid = output:match "^(%d+) (%d+)\n$"
    pids[#pids + 1] = pid
    return front_port
end

---Ends what was started here.
function ports.close()
    for _, pid in ipairs(pids) do tenant.run("kill " .. pid .. " 2>/dev/null") end
    for _, log in ipairs(logs) do os.remove(log) end
    pids, logs = {}, {}
end

return ports
