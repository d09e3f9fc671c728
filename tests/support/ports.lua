--- Ports of 127.0.0.1 where something else than the tenant stands: nobody, somebody silent, a proxy.
local process = require "support.process"
local tenant = require "support.tenant"

local ports = {}

local script = debug.getinfo(1, "S").source:match("^@(.*/)[^/]*$") .. "listener.pl"
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

---Ends what was started here.
function ports.close()
    for _, pid in ipairs(pids) do tenant.run("kill " .. pid .. " 2>/dev/null") end
    for _, log in ipairs(logs) do os.remove(log) end
    pids, logs = {}, {}
end

return ports
