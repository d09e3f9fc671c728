--- How much memory a list takes that comes page by page, from a server that fills each page.
local growth = require "support.growth"
local linking = require "support.linking"
local nginx = require "support.nginx"

-- Twenty pages of fifty rows. The correlation id says what a row has, and how many pages' worth of memory one page has.
local answer = [==[
    local page = tonumber(ngx.var.arg_page)
    local kind, share = ngx.var.http_x_correlation_id:match "^(%a+);(%d+)$"
    local bytes, values = 515000 / share, 26000 / share
    local fills = {
        text = function(id) return ('"%s%s"'):format(id, ("x"):rep(bytes / 50 - 60)) end,
        texts = function(id)
            local texts = {}
            for i = 1, math.min(values / 50 - 10, bytes / 850) do texts[i] = ('"%s-%d"'):format(id, 1000 + i) end
            return "[" .. table.concat(texts, ",") .. "]"
        end,
        arrays = function() return "[" .. ("[],"):rep(values / 50 - 10) .. "0]" end,
        objects = function(id)
            local objects = {}
            for i = 1, values / 140 - 10 do objects[i] = ('{"%s-%d":{}}'):format(id, i) end
            return "[" .. table.concat(objects, ",") .. "]"
        end,
    }
    local rows = {}
    for i = 1, 50 do
        local id = page * 50 + i
        rows[i] = ('{"id":"%d","user_id":"%d","more":%s}'):format(id, id, fills[kind](id))
    end
    local list = table.concat(rows, ",")
    local name = ngx.var.uri:match "[^/]+$"
    local total = name == "users" and 1001 or 1000
    ngx.print(('{"total":%d,"limit":50,"%s":[%s]}'):format(total, name, list))
]==]

-- arg: domain, version of HTTP, method, kind. Prints KiB, the failure's code, and the message.
local script = [[
local function read(kind)
    local options = { correlation_id = kind }
    if arg[3] == "connections" then return select(3, tenant:connections(options)) end
    return select(2, pcall(function() for _ in tenant:users(options) do end end))
end
read "text;500"
local kib, failure = growth_of(function() return read(arg[4]) end)
print(kib, failure.code, failure)
tenant:close()
]]

describe("memory for", function()
    local domain

    setup(function()
        linking.start()
        domain = growth.start(answer)
    end)

    teardown(function()
        nginx.stop()
        linking.stop()
    end)

    local codes = { connections = "too_large", users = "invalid_request" }

    for _, method in ipairs { "connections", "users" } do
        for _, http_version in ipairs { "1.1", "2" } do
            for _, kind in ipairs { "text;1", "texts;5", "arrays;1", "objects;1", "objects;5" } do
                local what = ("%s in full pages (%s) over HTTP/%s"):format(method, kind, http_version)
                it(what .. " stays below 8 MiB", function()
                    local output = growth.run(script, domain, http_version, method, kind)
                    local kib, found = output:match "^(%-?%d+)\t([%l_]+)\t"
                    assert.equal(codes[method], found, output)
                    growth.check(tonumber(kib), output)
                end)
            end
        end
    end
end)
