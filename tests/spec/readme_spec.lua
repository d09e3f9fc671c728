--- The README's Lua: all of it compiles, and what needs no network runs.
local nginx = require "support.nginx"
local process = require "support.process"
local served = require "support.served"
local tenant = require "support.tenant"

local load_text = rawget(_G, "loadstring") or load

-- What a block may take from those before it.
local before = 'local auth0, mock = require "auth0", require "auth0.mock" '

local function blocks()
    local text, list = process.read "README.md", {}
    for at, code in ("\n" .. text):gmatch("\n```lua\n()(.-\n)```") do
        local _, line = text:sub(1, at - 2):gsub("\n", "") -- counted from 0
        list[#list + 1] = { line = line + 1, code = code }
    end
    return list
end

describe("README.md", function()
    local ran = 0

    for _, block in ipairs(blocks()) do
        local name = ("=README.md, the block at line %d"):format(block.line)

        it("has Lua at line " .. block.line .. " that compiles", function()
            assert(load_text(block.code, name))
        end)

        if block.code:find("mock", 1, true) then
            ran = ran + 1
            it("has Lua at line " .. block.line .. " that does what it says with a mock", function()
                assert(load_text(before .. block.code, name))()
            end)
        end
    end

    -- The README's nginx.conf, with what a test has to put in place of the reader's own.
    local function adapted(file, more)
        local conf = assert(process.read "README.md":match "\n```nginx\n(.-\n)```")
        local load_module = { "# load_module modules/", "load_module @MODULES@/" }
        local changes = {
            load_module, load_module,
            { "worker_processes auto;", "worker_processes 2;\n@MAIN@\npid @DIR@/nginx.pid;\n"
                .. "error_log @DIR@/error.log notice;" },
            { "# lua_package_path", ('lua_package_path "%s"; lua_package_cpath "%s"; access_log off; %s\n#')
                :format(package.path, package.cpath, more) },
            { "listen 8080;", "listen 127.0.0.1:@PORT@;" },
            { '"acme.eu.auth0.com"', ('"%s", resolve = { "%s" }, ca_file = "%s", audience = "https://%s/api/v2/"')
                :format(tenant.domain, tenant.resolve, tenant.ca, tenant.domain) },
            { "/run/lock/auth0-token", file },
        }
        for _, change in ipairs(changes) do
            local at, last = conf:find(change[1], 1, true)
            assert(at, change[1])
            conf = conf:sub(1, at - 1) .. change[2] .. conf:sub(last + 1)
        end
        return conf
    end

    local function told_by_nginx(more)
        tenant.start()
        tenant.reset { { user_id = "auth0|1" }, { user_id = "google-oauth2|2" } }
        local file = os.tmpname()
        os.remove(file)
        local server = nginx.start_with(adapted(file, more), {},
            "AUTH0_CLIENT_ID=mockclient AUTH0_CLIENT_SECRET=mocksecret")
        local told = tenant.run(("curl -s -S --noproxy '*' --data-urlencode 'primary=auth0|1' --data-urlencode "
            .. "'secondary=google-oauth2|2' http://127.0.0.1:%s/link"):format(server.port))
        told = told .. tenant.run(("grep -v -e '\\[notice\\]' -e 'lua_code_cache is off' %s/error.log")
            :format(server.dir))
        nginx.stop()
        os.remove(file)
        tenant.stop()
        return told
    end

    if served.is_possible then
        it("has an nginx.conf that links, and that nginx has nothing to say about", function()
            assert.equal("2 identities\n", told_by_nginx "")
        end)

        it("has an nginx.conf that links with lua_code_cache off", function()
            assert.equal("2 identities\n", told_by_nginx "lua_code_cache off;")
        end)
    end

    it("has blocks that were found", function()
        assert.is_true(#blocks() >= 5)
        assert.is_true(ran >= 2)
    end)
end)
