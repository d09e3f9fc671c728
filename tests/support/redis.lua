--- A Redis of a spec's own: on a Unix socket in a folder of its own, and on no port.
local process = require "support.process"
local served = require "support.served"
local tenant = require "support.tenant"

local redis = {}

local running = {}

---@param settings? string more of its command line, as shell words
---@return table server {dir, socket, pid}
function redis.start(settings)
    local server = { dir = tenant.run("mktemp -d"):match "[^\n]+" }
    server.socket = server.dir .. "/redis.sock"
    server.pid = tenant.run(("redis-server --port 0 --unixsocket %s --save '' --dir %s --logfile %s/log %s "
        .. ">/dev/null 2>&1 & echo $!"):format(server.socket, server.dir, server.dir, settings or "")):match "%d+"
    running[#running + 1] = server
    served.eventually(10, "Redis", function()
        local _, status = tenant.run("test -S " .. server.socket)
        return status == 0
    end)
    return server
end

---@param server table
---@param ... string a command's words
---@return string answer
function redis.ask(server, ...)
    local words = { "redis-cli -s", process.quoted(server.socket) }
    for i = 1, select("#", ...) do words[#words + 1] = process.quoted((select(i, ...))) end
    return (tenant.run(table.concat(words, " ")):gsub("\n$", ""))
end

function redis.stop()
    for _, server in ipairs(running) do process.finish(server) end
    running = {}
end

return redis
