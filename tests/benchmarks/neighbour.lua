--- Inside nginx, one worker, 64 links in flight, a tenant 50 ms away: what a neighbour notices, and what the worker's
--- own thread spends, beside a bare loop over cosockets that does the same.
local nginx = require "support.nginx"
local tenant = require "support.tenant"

local neighbour = {}

local conf = [[
    lua_package_path "@PATH@;;";
    lua_package_cpath "@CPATH@";
    lua_ssl_trusted_certificate @CA@;
    server {
        listen 127.0.0.1:@PORT@;
        keepalive_requests 1000000;
        location /fast { content_by_lua_block { ngx.print "fast" } }
        location /ours { content_by_lua_block {
            own = own or require("auth0").tenant { domain = "localhost:@UPSTREAM@", token = "@TOKEN@", proxy = false,
                resolve = { "localhost:@UPSTREAM@:127.0.0.1" }, ca_file = "@CA@" }
            local identities, message = own:link("auth0|p", "google-oauth2|s")
            ngx.say(identities and #identities or message)
        } }
        location /bare { content_by_lua_block {
            local json = require "cjson"
            local body = json.encode { provider = "google-oauth2", user_id = "google-oauth2|s" }
            local socket = ngx.socket.tcp()
            socket:settimeouts(5000, 5000, 5000)
            assert(socket:connect("127.0.0.1", @UPSTREAM@, { pool_size = 100 }))
            if socket:getreusedtimes() == 0 then assert(socket:sslhandshake(nil, "localhost", true)) end
            assert(socket:send("POST /api/v2/users/auth0%7Cp/identities HTTP/1.1\r\nHost: localhost\r\n"
                .. "Authorization: Bearer @TOKEN@\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
                .. "Content-Length: " .. #body .. "\r\n\r\n" .. body))
            local status = assert(socket:receive "*l"):match "^HTTP/1.1 (%d+)"
            local size
            repeat
                local line = assert(socket:receive "*l")
                local name, value = line:match "^([^:]+): *(.*)$"
                if name and name:lower() == "content-length" then size = tonumber(value) end
            until line == ""
            local identities = json.decode(assert(socket:receive(size)))
            socket:setkeepalive(50000, 100)
            ngx.say(status == "201" and #identities or status)
        } }
    }
]]

local function main_thread_ticks(pid)
    local file = assert(io.open(("/proc/%s/task/%s/stat"):format(pid, pid)))
    local fields = file:read("*l"):match "%) (.*)$"
    file:close()
    local values = {}
    for word in fields:gmatch "%S+" do values[#values + 1] = word end
    return tonumber(values[12]) + tonumber(values[13])
end

-- Asks for links, 64 at a time, and meanwhile a neighbour, one after another, 100 a second.
local function load(client, path, count)
    local url = ("http://127.0.0.1:%s"):format(client.port)
    return tenant.run(("curl -s --no-progress-meter --noproxy '*' --parallel --parallel-immediate --parallel-max 64 "
        .. "'%s/%s?[1-%d]' >%s/out.txt & curl -s --noproxy '*' --rate 100/s "
        .. "-o /dev/null -w '%%{time_total}\n' '%s/fast?[1-%d]'; wait; grep -c '^2$' %s/out.txt"):format(url, path,
        count, client.dir, url, math.floor(count / 64 * 5), client.dir))
end

local function measure(client, path, count)
    local worker = tenant.run("pgrep -P " .. client.pid):match "%d+"
    local before = main_thread_ticks(worker)
    local output = load(client, path, count)
    local ticks = main_thread_ticks(worker) - before
    local times = {}
    for seconds in output:gmatch "(%d+%.%d+)\n" do times[#times + 1] = tonumber(seconds) end
    local right = output:match "(%d+)\n$"
    assert(right == tostring(count), ("%s of %d links: %s"):format(right, count, tenant.run("sort " .. client.dir
        .. "/out.txt | uniq -c | head -5; tail -5 " .. client.dir .. "/error.log")))
    table.sort(times)
    return times[math.ceil(#times * 0.99)], ticks
end

---@param server table the tenant that always gives the same answer
---@param rounds integer
---@param count integer links a round
---@param add fun(name: string, ratio: number, least: number, most: number, budget: number, is_least: boolean)
function neighbour.compare(server, rounds, count, add)
    local words = { PATH = package.path, CPATH = os.getenv "AUTH0_BENCH_NGINX" .. "/?.so;;", CA = tenant.ca,
        TOKEN = server.token,
        UPSTREAM = server.port }
    local client = nginx.start((conf:gsub("@(%u+)@", words)))
    local slow, spent = {}, {}
    for _, path in ipairs { "ours", "bare" } do load(client, path, 64) end -- the first of each shakes hands
    for i = 1, rounds do
        local ours, our_ticks = measure(client, "ours", count)
        local bare, bare_ticks = measure(client, "bare", count)
        slow[i], spent[i] = ours / bare, our_ticks / math.max(bare_ticks, 1)
    end
    table.sort(slow)
    table.sort(spent)
    local middle = math.floor(rounds / 2) + 1
    add("nginx, 64 in flight, 50 ms: a neighbour's p99", slow[middle], slow[1], slow[rounds], 1.0, false)
    add("nginx, 64 in flight, 50 ms: CPU of the worker's thread", spent[middle], spent[1], spent[rounds], 0.6, false)
end

return neighbour
