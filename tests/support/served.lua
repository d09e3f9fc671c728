--- A service of a spec's own inside nginx that links accounts of the TLS tenant, and what its clients are told.
local nginx = require "support.nginx"
local process = require "support.process"
local tenant = require "support.tenant"

local served = {}

--- nginx's Lua is LuaJIT: it loads a module that was built for that or for Lua 5.1, and that needs no sanitizer's
--- runtime.
served.is_possible = _VERSION == "Lua 5.1" and (os.getenv "AUTH0_PRELOAD" or "") == "" and not os.getenv "AUTH0_LOOP"

local code = [[
    lua_package_path "@PATH@";
    lua_package_cpath "@CPATH@";
    lua_socket_log_errors off;
    init_by_lua_block {
        function tenant_options(more)
            local options = { domain = "@DOMAIN@", resolve = { "@RESOLVE@" }, ca_file = "@CA@", proxy = false,
                token = not more.client_id and "@TOKEN@" or nil }
            for name, value in pairs(more) do options[name] = value end
            return options
        end
        @INIT@
    }
]]

--- Locations: /link?i=N links pair N by the worker's tenant, /fast answers at once, /state tells what is open.
local locations = [[
    server {
        listen 127.0.0.1:@LISTEN@;
        location /link { content_by_lua_block {
            shared_tenant = shared_tenant or require("auth0").tenant(tenant_options { @OPTIONS@ })
            local i = ngx.var.arg_i
            ngx.header["X-Worker"] = ngx.worker.pid()
            local identities, message, facts = shared_tenant:link("auth0|p" .. i, "google-oauth2|s" .. i)
            ngx.say(i, " ", identities and "linked" or facts.code, " ", #(identities or {}), " ", message or "")
        } }
        location /fast { content_by_lua_block { ngx.say "fast" } }
        location /state { content_by_lua_block {
            local calls = shared_tenant and shared_tenant.calls
            local tickets = 0
            for _ in pairs(calls and calls.tickets or {}) do tickets = tickets + 1 end
            ngx.say(tickets, " ", calls and calls.engine:pending() or 0)
        } }
        @MORE@
    }
]]

-- What is filled in may have such words itself.
local function fill(text, words)
    for _ = 1, 2 do text = text:gsub("@(%u+)@", function(word) return words[word] end) end
    return text
end

---@param token string
---@param options string Lua, more options of the tenant
---@param more? string more of the server block; or nil
---@param main? string more of the http block
---@param environment? string see nginx.start
---@param workers? integer
---@param init? string Lua, more of init_by_lua
---@return table server
function served.start(token, options, more, main, environment, workers, init)
    local words = { PATH = nginx.path, CPATH = nginx.cpath, DOMAIN = tenant.domain, RESOLVE = tenant.resolve,
        -- LISTEN is filled in by listen.pl.
        CA = tenant.ca, TOKEN = token, OPTIONS = options, MORE = more or "", INIT = init or "", LISTEN = "@PORT@" }
    return nginx.start(fill(code, words) .. (main or "") .. fill(locations, words), environment, workers)
end

--- Makes pairs of accounts, by number.
---@param count integer
function served.seed(count)
    local accounts = {}
    for i = 1, count do
        accounts[#accounts + 1] = { user_id = "auth0|p" .. i }
        accounts[#accounts + 1] = { user_id = "google-oauth2|s" .. i }
    end
    tenant.reset(accounts)
    tenant.configure { rates = { global = { rate = 100000, per = 1, burst = 100000 } } }
end

--- The shell words that ask for pairs, many at a time.
function served.asking(server, first, last, at_a_time, more)
    return ("curl -s -S --no-progress-meter --noproxy '*' --no-keepalive --parallel --parallel-immediate "
        .. "--parallel-max %d %s "
        .. "'http://127.0.0.1:%s/link?i=[%d-%d]'"):format(at_a_time, more or "", server.port, first, last)
end

--- What was told, by pair.
---@param output string
---@return table<integer, string> codes
---@return integer count
function served.told(output)
    local codes, count = {}, 0
    for i, word in output:gmatch "(%d+) ([%l_]+) %d+[^\n]*\n" do
        codes[tonumber(i)], count = word, count + 1
    end
    return codes, count
end

--- How often each pair was linked by the tenant's account.
---@return table<integer, integer>
function served.recorded()
    local times, from = {}, 1
    while from do
        local page = tenant.record(from, 1000)
        for _, change in ipairs(page.changes) do
            local number = tonumber(change.primary:match "^auth0|p(%d+)$")
            if change.kind == "link" then times[number] = (times[number] or 0) + 1 end
        end
        from = page.next
    end
    return times
end

--- The workers' process ids, those that are ending included.
function served.workers(server)
    local output, workers = tenant.run("pgrep -P " .. server.pid), {}
    for pid in output:gmatch "%d+" do workers[#workers + 1] = pid end
    return workers
end

--- How many threads, and descriptors, a process has.
function served.open(pid)
    local output = tenant.run(("ls /proc/%s/task | wc -l; ls /proc/%s/fd | wc -l"):format(pid, pid))
    local threads, descriptors = output:match "(%d+)\n(%d+)"
    return tonumber(threads), tonumber(descriptors)
end

function served.folders()
    return (tenant.run "ls -d /tmp/auth0-?????? 2>/dev/null | wc -l"):match "%d+"
end

--- The shell words that get a path.
function served.getting(server, path)
    return ("curl -s -S --noproxy '*' %s"):format(process.quoted(("http://127.0.0.1:%s%s"):format(server.port, path)))
end

function served.get(server, path)
    return (tenant.run(served.getting(server, path)))
end

--- Waits until it holds, or fails.
function served.eventually(seconds, what, holds)
    for _ = 1, seconds * 20 do
        if holds() then return end
        process.sleep(0.05)
    end
    error(what .. ": not within " .. seconds .. " s", 2)
end

return served
