--- README.md and the guides in doc/: their code runs, and their links lead somewhere.
local guide = require "support.guide"
local markdown = require "support.markdown"
local nginx = require "support.nginx"
local process = require "support.process"
local served = require "support.served"
local tenant = require "support.tenant"

local function listed(patterns)
    local files = {}
    for name in tenant.run("ls " .. patterns):gmatch "[^\n]+" do files[#files + 1] = name end
    return files
end

local guides = listed "README.md doc/*.md"
local pages = listed "*.md doc/*.md tests/*/README.md tests/*/*/README.md"

-- The accounts that the code of all pages links.
local function seed()
    tenant.reset { { user_id = guide.PRIMARY }, { user_id = guide.SECONDARY }, { user_id = "auth0|1" },
        { user_id = "google-oauth2|2" } }
end

-- ---- nginx.conf ----

-- A reader's nginx.conf, with what a test has to put in the place of what is the reader's own.
local function adapted(conf, token_file, more)
    local main = "load_module @MODULES@/ndk_http_module.so; load_module @MODULES@/ngx_http_lua_module.so; @MAIN@\n"
        .. "pid @DIR@/nginx.pid; error_log @DIR@/error.log notice;\n"
    local http = ('http {\nlua_package_path "%s"; lua_package_cpath "%s"; access_log off; %s\n')
        :format(nginx.path, nginx.cpath, more)
    local domain = ('"%s", resolve = { "%s" }, ca_file = "%s", audience = "https://%s/api/v2/"')
        :format(tenant.domain, tenant.resolve, tenant.ca, tenant.domain)
    local function put(pattern, text, is_optional)
        local changed, count = conf:gsub(pattern, (text:gsub("%%", "%%%%")))
        assert(count == 1 or is_optional and count == 0, pattern)
        conf = changed
    end
    put("http {\n", http)
    put("listen [%d.:]*8080;", "listen 127.0.0.1:@PORT@;")
    put('"acme%.eu%.auth0%.com"', domain)
    put("/run/lock/auth0%-token", token_file, true)
    return main .. conf
end

local function told_by_nginx(conf, more)
    seed()
    local file = os.tmpname()
    os.remove(file)
    local server = nginx.start_with(adapted(conf, file, more), {},
        "AUTH0_CLIENT_ID=mockclient AUTH0_CLIENT_SECRET=mocksecret")
    local function post(secondary, options)
        return (tenant.run(("curl -s -S --noproxy '*' %s --data-urlencode 'primary=auth0|1' --data-urlencode "
            .. "'secondary=%s' http://127.0.0.1:%s/link"):format(options, secondary, server.port)))
    end
    for _, secondary in ipairs { "bla", "auth0|1", "auth0|", "" } do
        assert.equal("400", post(secondary, "-o /dev/null -w '%{http_code}'"))
    end
    local told = post("google-oauth2|2", "")
    told = told .. tenant.run(("grep -v -e '\\[notice\\]' -e 'lua_code_cache is off' %s/error.log"):format(server.dir))
    nginx.stop()
    os.remove(file)
    return told
end

-- ---- shell ----

-- The commands of a block that calls the API, against the tenant: curl finds the way there in its configuration.
local function told_by_curl(code)
    local folder = os.tmpname()
    os.remove(folder)
    local words = process.environment { CURL_HOME = folder, AUTH0_TOKEN = tenant.token(),
        PRIMARY_ACCESS_TOKEN = tenant.token { kind = "user", sub = guide.PRIMARY },
        SECONDARY_ID_TOKEN = tenant.token { kind = "id", sub = guide.SECONDARY } }
    local config = ('silent\nshow-error\nfail\nnoproxy = "*"\nresolve = "%s"\ncacert = "%s"\n')
        :format(tenant.resolve, tenant.ca)
    local script = process.file(((code:gsub("acme%.eu%.auth0%.com", tenant.domain))))
    local output, status = tenant.run(("mkdir -m 700 %s && printf %%s %s >%s/.curlrc && %s bash -e %s 2>&1")
        :format(folder, process.quoted(config), folder, words, script))
    os.remove(script)
    tenant.run(("rm -r %s"):format(folder))
    return output, status
end

-- ---- a block of each language ----

-- Words that say nothing about whom a sentence is about.
local vague = { "[Ww]hoever", "[Nn]obody", "[Ss]omebody", "[Aa]nybody" }

local checks = {}

function checks.lua(block, name)
    if not guide.lacks(block.code) then guide.run(block.code, name) end
end

function checks.sh(block)
    local file = process.file(block.code)
    local output, status = tenant.run("bash -n " .. file .. " 2>&1")
    os.remove(file)
    assert.same({ "", 0 }, { output, status })
    for command in block.code:gmatch "tests/[%w_/]+" do process.read(command) end
    if not block.code:find "^curl " then return end
    output, status = told_by_curl(block.code)
    assert.equal(0, status, output)
    tenant.json.decode(output)
end

function checks.json(block)
    local item = assert(tenant.json.decode(block.code))
    assert(not item.request or tenant.json.decode(item.request.body.raw))
end

function checks.nginx(block)
    if not served.is_possible then return end
    assert.equal("2 identities\n", told_by_nginx(block.code, ""))
    assert.equal("2 identities\n", told_by_nginx(block.code, "lua_code_cache off;"))
end

function checks.csharp() end -- there is nothing here to run it with

describe("of the guides", function()
    setup(function()
        tenant.start()
        seed()
    end)
    teardown(tenant.stop)

    for _, page in ipairs(guides) do
        for _, block in ipairs(markdown.blocks(process.read(page))) do
            local name = ("%s:%d"):format(page, block.line)
            it(("the block at %s (%s) does what it says"):format(name, block.language), function()
                assert(checks[block.language], name .. ": a block says in which language it is")(block, name)
            end)
        end

        it(page .. " says of whom it speaks", function()
            local text = process.read(page)
            for _, word in ipairs(vague) do assert.is_nil(text:match("[^\n]*%f[%a]" .. word .. "%f[%A][^\n]*")) end
        end)
    end

    it("the link of doc/from-curl.md is the same request with curl and with this library", function()
        local curl
        for _, block in ipairs(markdown.blocks(process.read "doc/from-curl.md")) do
            if not curl and block.code:find "^curl " then curl = block.code end
        end
        seed()
        told_by_curl(curl)
        local sent = tenant.last()
        seed()
        assert(require("auth0").link { domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca,
            proxy = false, token = tenant.token(), primary = guide.PRIMARY, secondary = guide.SECONDARY })
        local ours = tenant.last()
        assert.same({ sent.method, sent.uri }, { ours.method, ours.uri })
        local curls, body = tenant.json.decode(sent.body), tenant.json.decode(ours.body)
        curls.user_id = curls.provider .. "|" .. curls.user_id -- the API takes it with the prefix and without
        assert.same(curls, body)
    end)
end)

-- ---- what a reader looks up ----

describe("of all that there is, the guides name", function()
    local function names_all(page, names)
        local text = process.read(page)
        assert.is_true(#names > 0)
        for _, name in ipairs(names) do
            local is_there = text:find("`" .. name .. "`", 1, true) or text:find("`" .. name .. "(", 1, true)
            assert(is_there, page .. " lacks " .. name)
        end
    end

    local function keys(values)
        local names = {}
        for name in pairs(values) do names[#names + 1] = name end
        return names
    end

    it("every option", function()
        local names = {}
        for _, option in ipairs(require("auth0.core").options) do
            if option.link or option.unlink or option.request or option.tenant then names[#names + 1] = option.name end
        end
        names_all("doc/reference.md", names)
    end)

    it("every spec that doc/safety.md calls a defence", function()
        local count = 0
        for row in process.read("doc/safety.md"):match("## Threats\n(.-)\n\nWhat no code"):gmatch "[^\n]+" do
            local specs, file = row:match "^|.*|([^|]*)|$" or "", "merge_guard_spec.lua"
            for part in specs:gmatch "[^;]+" do
                file = part:match "`([%w_]+%.lua)`" or file
                local text = process.read("tests/spec/" .. file)
                for name in part:gmatch '"([^"]+)"' do
                    count = count + 1
                    assert.truthy(text:find('it("' .. name, 1, true), file .. ": " .. name)
                end
            end
        end
        assert.is_true(count > 20)
    end)

    it("every function, every method of a tenant and every counter", function()
        local mocked = require("auth0.mock").new()
        local one = require("auth0").tenant { mock = mocked, domain = mocked.domain, token = "token" }
        local names = {}
        for _, name in ipairs(keys(require "auth0")) do names[#names + 1] = "auth0." .. name end
        for _, name in ipairs(keys(getmetatable(one).__index)) do names[#names + 1] = "tenant:" .. name end
        names_all("doc/reference.md", names)
        names_all("doc/reference.md", keys(one:stats()))
        one:close()
    end)

    it("every code of a failure", function()
        local names = {}
        local list = process.read("lua/auth0/failure.lua"):match "alias auth0.FailureCode\n(.-)\n\n"
        for name in list:gmatch '%-%-%-| "([%w_]+)"' do names[#names + 1] = name end
        names_all("doc/errors.md", names)
    end)

    it("every setting of a mock, every limit and every fault", function()
        names_all("doc/testing.md", keys(require("auth0.mock.model.settings").defaults()))
        names_all("doc/testing.md", require("auth0.mock.limits").CLASSES)
        local names = {}
        for name in process.read("lua/auth0/mock/faults/init.lua"):gmatch '\n    %["([%w-]+)"%] = { commits' do
            names[#names + 1] = name
        end
        names_all("doc/testing.md", names)
    end)
end)

-- ---- links ----

local function folder_of(page)
    return page:match "^(.*/)" or ""
end

-- The page that a link names, from the top of the checkout.
local function resolved(page, path)
    if path == "" then return page end
    local parts = {}
    for part in (folder_of(page) .. path):gmatch "[^/]+" do
        if part == ".." then parts[#parts] = nil else parts[#parts + 1] = part end
    end
    return table.concat(parts, "/")
end

describe("the links of", function()
    for _, page in ipairs(pages) do
        it(page .. " lead somewhere", function()
            for _, target in ipairs(markdown.links(process.read(page))) do
                local path, anchor = target:match "^([^#]*)#?(.*)$"
                if not target:find "^https://" then
                    local text = process.read(resolved(page, path), "")
                    assert(text ~= "", ("%s: %s is not there"):format(page, target))
                    assert(anchor == "" or markdown.anchors(text)[anchor], ("%s: %s has no such heading"):format(page,
                        target))
                end
            end
        end)
    end

    it("the guides take a reader from the README to each of them", function()
        local links = {}
        for _, target in ipairs(markdown.links(process.read "README.md")) do links[target] = true end
        for _, page in ipairs(guides) do assert(page == "README.md" or links[page], page) end
    end)
end)
