--- How much memory one answer takes, and one call, from a server that makes it as heavy as it may be.
local growth = require "support.growth"
local linking = require "support.linking"
local nginx = require "support.nginx"

-- The correlation id says what each answer has, and how many of it.
local answer = [==[
    local what = ngx.var.http_x_correlation_id or ngx.var.uri:match "[^/]+$" -- no download has one
    local shape, count = what:match "^(%a+);(%d+)$"
    local function list(format)
        local texts = {}
        for i = 1, count do texts[i] = format:format(i, i) end
        return "[" .. table.concat(texts, ",") .. "]"
    end
    local shapes = {
        arrays = "[]", objects = "{}", zeros = "0", empty = '""', fractions = "0.10", texts = '"%x"',
        members = '{"%x":{}}', named = '{"%019x":{}}', ids = '{"user_id":%d}', same = '{"":[]}',
        nested = ("["):rep(30) .. ("]"):rep(30), escaped = ("x"):rep(600):gsub("^(.*)$", '"\\n%1%%d"'),
    }
    local many
    if shape == "text" then
        many = '["' .. ("x"):rep(count) .. '"]'
    elseif shape == "names" then
        many = list('"%x":%d'):gsub("^%[(.*)%]$", "{%1}")
    else
        many = list(shapes[shape])
    end
    local uri, told = ngx.var.uri, nil
    local function part()
        local file = (many .. "\n"):rep(6)
        local first, last = ngx.var.http_range:match "^bytes=(%d+)%-(%d+)$"
        local piece = file:sub(first + 1, last + 1)
        ngx.status = 206
        ngx.header.content_range = ("bytes %d-%d/%d"):format(first, first + #piece - 1, #file)
        ngx.header.content_length = #piece
        return piece
    end
    local function page()
        local entries = {}
        for i = 1, 50 do
            entries[i] = ('{"id":"%d","name":"%s","resource_server_identifier":"%d","permission_name":"p"}')
                :format(i, ("n"):rep(count / 250), ngx.var.arg_page or 0)
        end
        return '[{"id":"0","resource_server_identifier":"a","permission_name":"a","more":' .. many .. "}," ..
            table.concat(entries, ",", 2) .. "]"
    end
    local identity = '{"provider":"auth0","user_id":"1","connection":"c","profileData":' .. many .. '}'
    local account = '{"user_id":"auth0|%s","email":"ann@example.com","email_verified":true,"identities":['
        .. '{"provider":"auth0","user_id":"%s","connection":"c"}],"user_metadata":' .. many .. '}'
    if uri:find "^/file" then
        told = part()
    elseif uri:find "/jobs" then
        local location = "https://" .. ngx.var.http_host .. "/file/" .. what
        told = ('{"id":"job_1","status":"completed","location":"%s"}'):format(location)
    elseif uri:find "/identities" then
        told = "[" .. identity .. "]"
    elseif ngx.var.arg_fields == "identities" then
        told = '{"identities":[' .. identity .. "]}"
    elseif uri:find "/users%-by%-email$" then
        told = "[" .. account:format(ngx.var.arg_email, 1) .. "]"
    elseif uri:find "/users$" then
        told = '{"total":3,"limit":1,"users":[' .. account:format(ngx.var.arg_page, 1) .. "]}"
    elseif uri:find "/connections$" then
        told = '{"total":50,"connections":[{"id":"' .. ngx.var.arg_page .. '","more":' .. many .. "}]}"
    elseif uri:find "/users/[^/]+/" then
        told = page()
    elseif uri:find "/users/" then
        told = account:format(uri:match "%d$", uri:match "%d$")
    else
        told = many
    end
    ngx.print(told)
]==]

-- arg: domain, version of HTTP, method, shape, count. Prints KiB, and the failures' codes, of answers with so much,
-- half as much again, and less. Without count, prints for each of the shapes the largest that an answer may have.
local script = [[
local methods = {
    user = function(options) return tenant:user("auth0|1", options) end,
    identities = function(options) return tenant:identities("auth0|1", options) end,
    users_by_email = function(options) return tenant:users_by_email("Ann@example.com", options) end,
    candidates = function(options) return tenant:candidates("auth0|1", options) end,
    connections = function(options)
        options.fields = { "id", "more" }
        return tenant:connections(options)
    end,
    users = function(options)
        for user in tenant:users(options) do options.last = user end
    end,
    export = function(options)
        for row in tenant:export(options) do options.last = row end
    end,
    export_csv = function(options)
        options.format = "csv"
        for row in tenant:export(options) do options.last = row end
    end,
    request = function(options)
        options.path = "/api/v2/roles"
        return tenant:request(options)
    end,
    raw = function(options)
        options.path, options.raw = "/api/v2/roles", true
        return tenant:request(options)
    end,
    update_user = function(options) return tenant:update_user("auth0|1", { name = "x" }, options) end,
    link = function(options) return tenant:link("auth0|1", "auth0|2", options) end,
    unlink = function(options) return tenant:unlink("auth0|1", "auth0|2", options) end,
    preview = function(options)
        options.proof = "operator"
        return tenant:preview("auth0|1", "auth0|2", options)
    end,
}
local function read(kind, count)
    local options = { correlation_id = kind .. ";" .. count }
    local good, value, message, failure = pcall(methods[arg[3] ], options)
    if not good then return type(value) == "table" and value.code or value end
    return failure and failure.code or "none"
end
if not arg[5] then
    for shape in arg[4]:gmatch "%w+" do
        local least, most = 1, shape == "escaped" and 1800 or shape == "text" and 1048576 or 300000
        while most - least > most / 1000 do
            local middle = math.floor((least + most) / 2)
            if read(shape, middle) == "too_large" then most = middle else least = middle end
            collectgarbage()
        end
        print(shape, least)
    end
    tenant:close()
    return
end
read("text", "500")
print(growth_of(function()
    local codes = {}
    for _, share in ipairs { 1, 1.5, 0.96, 0.49, 0.3 } do
        codes[#codes + 1] = read(arg[4], math.floor(arg[5] * share))
        collectgarbage()
        collectgarbage()
    end
    return table.concat(codes, " ")
end))
tenant:close()
]]

describe("memory for answers", function()
    local domain, counts

    local shapes = { "arrays", "nested", "members", "named", "same", "ids", "empty", "texts", "escaped", "fractions" }

    setup(function()
        linking.start()
        domain = growth.start(answer)
        counts = {}
        for shape, count in growth.run(script, domain, "1.1", "raw", table.concat(shapes, " ")):gmatch "(%a+)\t(%d+)" do
            counts[shape] = count
        end
    end)

    teardown(function()
        nginx.stop()
        linking.stop()
    end)

    local function check(method, http_version, shape, count)
        it(("to %s stays below 8 MiB, whatever they hold (%s, HTTP/%s)"):format(method, shape, http_version), function()
            local output = growth.run(script, domain, http_version, method, shape, count or counts[shape])
            assert.truthy(count or output:find "too_large" or output:find "unknown_outcome", output)
            growth.check(tonumber(output:match "^%-?%d+"), output)
        end)
    end

    for _, shape in ipairs(shapes) do check("request", "1.1", shape) end
    for _, method in ipairs { "user", "users_by_email", "candidates", "connections", "users" } do
        for _, shape in ipairs { "arrays", "named", "empty", "texts" } do check(method, "1.1", shape) end
    end
    for _, method in ipairs { "update_user", "identities", "link", "unlink" } do check(method, "2", "arrays") end
    check("export", "1.1", "arrays", "12000") -- of each row
    check("export", "1.1", "text", "260000")
    check("export", "1.1", "text", "1000000")
    check("export_csv", "1.1", "text", "260000")
    check("preview", "1.1", "names", "2200") -- of an account, which is short enough, and of each page of its lists
    check("preview", "1.1", "zeros", "8000")
    check("preview", "1.1", "text", "30000")
end)
