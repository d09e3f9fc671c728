--- The TLS tenant, for specs: starts it (or uses the one whose AUTH0_TENANT_* are exported), seeds it, reads its
--- record. Speaks to it through the curl command, so that what is tested is never tested with itself.
local json = require "auth0.mock.text.json"

local here = debug.getinfo(1, "S").source:match("^@(.*)[^/]*$"):match("^(.*/)") or "./"
local scripts = here .. "../tenant/"

---@class tenant
---@field domain string "tenant.test:PORT"
---@field port string
---@field resolve string "tenant.test:PORT:127.0.0.1"
---@field ca string file
---@field ca_path string hashed directory
---@field client_cert string file, signed by the same CA
---@field client_key string file
---@field dir string the tenant's private folder
---@field pid string of nginx's master
local tenant = { json = json }

local exports = { domain = "DOMAIN", port = "PORT", resolve = "RESOLVE", ca = "CA", ca_path = "CA_PATH", dir = "DIR",
    pid = "PID", client_cert = "CLIENT_CERT", client_key = "CLIENT_KEY" }

local function quoted(text)
    return "'" .. text:gsub("'", "'\\''") .. "'"
end

---Runs a command, without the sanitizer that the specs may have been started with: it is for our code,
---not for a shell's. Lua 5.1's `close` does not tell the exit status, so the shell prints it.
---@param command string
---@return string output
---@return integer status
function tenant.run(command)
    local pipe = assert(io.popen("exec env -u LD_PRELOAD sh -c " .. quoted(command .. '\necho " $?"')))
    local text = pipe:read("*a")
    pipe:close()
    local output, status = text:match("^(.*) (%d+)\n$")
    return output, tonumber(status)
end

local is_ours = false

local function take(values)
    for field, name in pairs(exports) do
        tenant[field] = values["AUTH0_TENANT_" .. name]
    end
end

local function environment()
    local values = {}
    for _, name in pairs(exports) do
        values["AUTH0_TENANT_" .. name] = os.getenv("AUTH0_TENANT_" .. name)
    end
    return values.AUTH0_TENANT_DOMAIN and values
end

---@return tenant
function tenant.start()
    local values = environment()
    if not values then
        local output, status = tenant.run(quoted(scripts .. "start"))
        assert(status == 0, "the tenant does not start; its own words are above")
        values = {}
        for name, value in output:gmatch("export ([%w_]+)='([^'\n]*)'") do
            values[name] = value
        end
        is_ours = true
    end
    take(values)
    return tenant
end

---Stops what `start` started; a tenant that was there before stays.
function tenant.stop()
    if is_ours then
        is_ours = false
        local _, status = tenant.run(quoted(scripts .. "stop") .. " " .. quoted(tenant.dir))
        assert(status == 0, "the tenant does not stop")
    end
end

local function write_file(text)
    local name = os.tmpname()
    local file = assert(io.open(name, "wb"))
    assert(file:write(text))
    assert(file:close())
    return name
end

local function read_file(name)
    local file = assert(io.open(name, "rb"))
    local text = file:read("*a")
    file:close()
    return text
end

--- One line of a curl configuration file: nothing of a request goes through a shell.
local function setting(name, value)
    local text = value:gsub('[\\"]', "\\%0"):gsub("\n", "\\n"):gsub("\r", "\\r")
    return ('%s = "%s"\n'):format(name, text)
end

---@class tenant.request
---@field method string|nil GET, or POST where there is a body
---@field path string
---@field body string|table|nil a table is sent as JSON
---@field token string|nil
---@field fault string|nil "reset-after;kind=fin"
---@field headers table<string, string>|nil
---@field http "1.1"|"2"|nil
---@field client_cert boolean|nil shows the client's certificate
---@field host string|nil another of the tenant's names, see tests/tenant/nginx.conf.in

---@class tenant.answer
---@field exit integer curl's exit status; 0 when a whole answer came
---@field status integer 0 when none came
---@field connects integer connections that were made for it
---@field headers table<string, string> names in lower case
---@field body string

local function configure(request, files)
    local body = type(request.body) == "table" and json.encode(request.body) or request.body
    local method = request.method or (body and "POST" or "GET")
    local domain = request.host and request.host .. ":" .. tenant.port or tenant.domain
    local lines = {
        "silent\npath-as-is\ncompressed\nmax-time = 20\n",
        setting("url", "https://" .. domain .. request.path),
        setting("resolve", domain .. ":127.0.0.1"),
        setting("cacert", tenant.ca),
        setting("output", files.body),
        setting("dump-header", files.headers),
        setting("write-out", "%{exitcode} %{http_code} %{num_connects}\\n"),
        request.http == "2" and "http2\n" or "http1.1\n",
        setting("request", method),
    }
    if request.client_cert then
        lines[#lines + 1] = setting("cert", tenant.client_cert) .. setting("key", tenant.client_key)
    end
    if body then
        files.sent = write_file(body)
        lines[#lines + 1] = setting("data-binary", "@" .. files.sent)
    end
    local headers = { ["content-type"] = body and "application/json" or nil }
    headers["authorization"] = request.token and "Bearer " .. request.token
    headers["x-tenant-fault"] = request.fault and "fault=" .. request.fault
    for name, value in pairs(request.headers or {}) do
        headers[name:lower()] = value
    end
    for name, value in pairs(headers) do
        lines[#lines + 1] = setting("header", name .. ": " .. value)
    end
    return table.concat(lines)
end

local function parse_headers(text)
    local headers = {}
    for name, value in text:gmatch("([^%s:]+):[ \t]*([^\r\n]*)") do
        headers[name:lower()] = value
    end
    return headers
end

---Sends requests one after another from one curl process, which reuses its connection where it can.
---@param requests tenant.request[]
---@param rate string|nil curl's --rate: "4/s" waits a quarter of a second between two
---@return tenant.answer[]
function tenant.requests(requests, rate)
    local parts, all = {}, {}
    for i, request in ipairs(requests) do
        all[i] = { body = os.tmpname(), headers = os.tmpname() }
        parts[i] = configure(request, all[i])
    end
    local config = write_file((rate and setting("rate", rate) or "") .. table.concat(parts, "next\n"))
    local output = tenant.run("curl --config " .. quoted(config))
    os.remove(config)
    local answers = {}
    for exit, status, connects in output:gmatch("(%d+) (%d+) (%d+)\n") do
        local files = all[#answers + 1]
        answers[#answers + 1] = {
            exit = tonumber(exit),
            status = tonumber(status),
            connects = tonumber(connects),
            body = read_file(files.body),
            headers = parse_headers(read_file(files.headers)),
        }
    end
    for _, files in ipairs(all) do
        for _, name in pairs(files) do
            os.remove(name)
        end
    end
    return answers
end

---@param request tenant.request
---@return tenant.answer
function tenant.request(request)
    return tenant.requests({ request })[1]
end

---Asks the tenant's control interface; raises when it refuses.
---@param method string
---@param path string "/_tenant/record"
---@param body string|table|nil
---@return any value a table where the answer is JSON, else its text
function tenant.control(method, path, body)
    local answer = tenant.request { method = method, path = path, body = body }
    if answer.exit ~= 0 or answer.status >= 300 then
        error(("%s %s: curl %d, status %d: %s"):format(method, path, answer.exit, answer.status, answer.body), 2)
    end
    if answer.headers["content-type"] == "application/json" then
        return json.decode(answer.body)
    end
    return answer.body
end

---Forgets all accounts and the record.
---@param seed table[]|nil accounts to begin with
---@return table[] accounts as they were made
function tenant.reset(seed)
    return tenant.control("POST", "/_tenant/reset", json.array(seed or {}))
end

---Creates an account with full control over its fields.
---@param fields table
---@return table user
function tenant.add_user(fields)
    return tenant.control("POST", "/_tenant/users", fields)
end

local PAGE = 1000

---All accounts as the tenant keeps them, what hangs on them included: one after another, as JSON.
---@return fun(): string|nil
function tenant.users()
    return coroutine.wrap(function()
        local after = 0
        repeat
            local page = tenant.control("GET", ("/_tenant/users?after=%d&count=%d"):format(after, PAGE))
            for line in page:gmatch("[^\n]+") do
                after = after + 1
                coroutine.yield(line)
            end
        until page == ""
    end)
end

---@param wanted table|nil see auth0.mock.token; a machine's when absent
---@return string token
function tenant.token(wanted)
    return tenant.control("POST", "/_tenant/token", wanted or { kind = "machine" })
end

---The record; with `from` or `count` only a page of its changes, and with it `total` and `next`.
---@param from integer|nil
---@param count integer|nil
---@return table record {changes, requests, connections}
function tenant.record(from, count)
    local page = (from or count) and ("?from=%d&count=%d"):format(from or 1, count or 1000) or ""
    return tenant.control("GET", "/_tenant/record" .. page)
end

---Sets the tenant up in another way, until the next reset.
---@param changes table see auth0.mock.settings and auth0.mock.rates
function tenant.configure(changes)
    tenant.control("POST", "/_tenant/configure", changes)
end

---Arms a fault for requests to come, until the next reset.
---@param order auth0.mock.order
function tenant.arm(order)
    tenant.control("POST", "/_tenant/arm", order)
end

---The last API request as it was received: method, uri (raw), protocol, headers, body, connection, tls, client.
---@return table
function tenant.last()
    return tenant.control("GET", "/_tenant/last")
end

return tenant
