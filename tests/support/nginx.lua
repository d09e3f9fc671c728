--- A small nginx of a spec's own, with a port that the system picks: for answers that the tenant does not give, and for
--- code that runs inside nginx.
local process = require "support.process"
local tenant = require "support.tenant"

local nginx = {}

local listen = debug.getinfo(1, "S").source:match("^@(.*/)[^/]*$") .. "../tenant/listen.pl"

-- Words between at signs are filled in by listen.pl.
local frame = [[
@USER@
daemon off;
worker_processes @WORKERS@;
pid @DIR@/nginx.pid;
error_log @DIR@/error.log notice;
load_module @MODULES@/ndk_http_module.so;
load_module @MODULES@/ngx_http_lua_module.so;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path @DIR@/body;
    proxy_temp_path @DIR@/proxy;
    fastcgi_temp_path @DIR@/fastcgi;
    uwsgi_temp_path @DIR@/uwsgi;
    scgi_temp_path @DIR@/scgi;
%s
}
]]

local start = [[
PATH=$PATH:/usr/sbin:/sbin
dir=$(mktemp -d "${TMPDIR:-/tmp}/auth0-nginx.XXXXXX")
nginx=$(command -v nginx)
modules=$("$nginx" -V 2>&1 | tr ' ' '\n' | sed -n 's/^--modules-path=//p')
user=
[ "$(id -u)" -ne 0 ] || user="user root;"
mv TEMPLATE "$dir/nginx.conf.in"
ENVIRONMENT perl LISTEN "$dir" "$dir" NGINX "$nginx" MODULES "$modules" ERROR_LOG "$dir/error.log" USER "$user" \
    </dev/null >"$dir/out" 2>&1 &
pid=$!
for try in $(seq 100); do
    [ -s "$dir/nginx.pid" ] && break
    sleep 0.05
done
[ -s "$dir/nginx.pid" ] || { cat "$dir/out" "$dir/error.log" >&2; rm -rf "$dir"; exit 1; }
echo "$dir $(cat "$dir/port") $pid"
]]

--- What the Lua of a spec's nginx looks through: this checkout, what that nginx brings (OpenResty), and what
--- this interpreter looks through.
nginx.path = (os.getenv "LUA_PATH" or ";;") .. package.path
nginx.cpath = (os.getenv "LUA_CPATH" or ";;") .. package.cpath

local running = {}

local function run(text, environment)
    local template = process.file(text)
    local script = start:gsub("LISTEN", function() return process.quoted(listen) end)
        :gsub("ENVIRONMENT", function() return environment and "env " .. environment or "" end)
        :gsub("TEMPLATE", function() return process.quoted(template) end)
    local output, status = tenant.run("(" .. script .. ")")
    assert(status == 0, "nginx does not start; its own words are above")
    local server = {}
    server.dir, server.port, server.pid = output:match("^(%S+) (%d+) (%d+)\n$")
    running[#running + 1] = server
    return server
end

---@param http string what stands in the http block; it listens on 127.0.0.1:@PORT@
---@param environment? string shell words before the command: "LD_PRELOAD=x"
---@param workers? integer 1
---@return table server {port, dir}
function nginx.start(http, environment, workers)
    local text = frame:gsub("@WORKERS@", tostring(workers or 1)):gsub("%%s", function() return http end)
    return run(text, environment)
end

--- A whole configuration, with more words to fill in. @MAIN@ is what a spec needs in the main block.
---@param text string
---@param words table<string, string>
---@param environment? string shell words before the command
---@return table server
function nginx.start_with(text, words, environment)
    words.MAIN = "@USER@ daemon off;"
    return run((text:gsub("@(%u+)@", words)), environment)
end

--- Ends what was started here.
function nginx.stop()
    for _, server in ipairs(running) do process.finish(server) end
    running = {}
end

return nginx
