--- nginx with the example of users who link, or merge, their own accounts; and a client of it.
local json = require "auth0.mock.text.json"
local nginx = require "support.nginx"
local process = require "support.process"
local tenant = require "support.tenant"

local example = { PRIMARY = "auth0|507f1f77bcf86cd799439020", SECONDARY = "google-oauth2|115015401343387192604",
    ORIGIN = "https://app.example.com" }

local CONNECTION = [[, resolve = { "%s:" .. (ngx and ngx.var.arg_down and "127.0.0.9" or "127.0.0.1") },
    ca_file = "%s", proxy = false, deadline = 5]]

-- With ?down the tenant cannot be reached; ?more=ID and ?wrong are mistakes in the configuration.
local MISTAKES = ", id = ngx.var.arg_more, token = ngx.var.arg_more, nonsense = ngx.var.arg_wrong"

--- The tenant has to run.
---@param room string of the dictionary of used tokens
---@param words table<string, string>|nil more words to fill in
---@return table server
function example.start(room, words)
    local folder = tenant.run("pwd"):match "[^\n]+" .. "/tests/examples/linking"
    local connection = CONNECTION:format(tenant.domain, tenant.ca)
    local all = { EXAMPLE = folder, PATH = nginx.path, CPATH = nginx.cpath, DOMAIN = tenant.domain,
        ORIGIN = example.ORIGIN, OPTIONS = connection .. MISTAKES, TENANT = connection, MERGE = "", RECEIPTS = "/" }
    for name, value in pairs(words or {}) do all[name] = value end
    local conf = process.read(folder .. "/nginx.conf"):gsub("used_tokens 4m", "used_tokens " .. room)
    return nginx.start_with(conf, all, "AUTH0_CLIENT_ID=mockclient AUTH0_CLIENT_SECRET=mocksecret")
end

local count = 0

--- A token; no two are alike, also of one second.
---@param wanted table
---@return string
function example.token(wanted)
    count = count + 1
    wanted.claims = wanted.claims or {}
    wanted.claims.sid = "session" .. count
    return tenant.token(wanted)
end

--- Asks as curl does; its own words are the headers, an empty line, and the body.
---@param server table
---@param path string
---@param body table|string|nil
---@param more table|nil { method, headers, lines }
---@return integer status
---@return any value
---@return string head in lower case
function example.ask(server, path, body, more)
    more = more or {}
    local text = type(body) == "table" and json.encode(body) or body
    local file = process.file(text or "")
    local words = { "curl -s -S -i --noproxy '*'", more.method and "-X " .. more.method or "",
        text and "--data-binary @" .. file or "" }
    local headers = { ["Content-Type"] = "application/json", Expect = "" }
    for name, value in pairs(more.headers or {}) do headers[name] = value end
    for name, value in pairs(headers) do
        for _, each in ipairs(type(value) == "table" and value or { value or nil }) do
            words[#words + 1] = "-H " .. process.quoted(name .. ": " .. each)
        end
    end
    -- These in their order, after the others.
    for _, line in ipairs(more.lines or {}) do words[#words + 1] = "-H " .. process.quoted(line) end
    words[#words + 1] = process.quoted(("http://127.0.0.1:%s%s"):format(server.port, path))
    local output = tenant.run(table.concat(words, " "))
    os.remove(file)
    local head, rest = output:match "^(.-)\r\n\r\n(.*)$"
    return tonumber(head:match "^HTTP/1.1 (%d+)"), json.decode(rest), head:lower()
end

return example
