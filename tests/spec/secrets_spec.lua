--- Where the secrets of a run are not: in what it prints and returns, in events, in the arguments of any process, in a
--- core dump. What libcurl, TLS and Lua copy while they work is not ours to wipe: doc/safety.md names it, and the last
--- of these specs counts it.
local linking = require "support.linking"
local process = require "support.process"
local shared = require "benchmarks.shared"
local tenant = require "support.tenant"

local CLIENT_SECRET = "s3cr3t-7f8a9b0c1d2e3f405162738495a6b7c8d9e0f1a2b3"
local OTHER_SECRET = "wr0ng-0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5"

-- Uses all that is secret in every way there is, and shows all that it gets. Then it waits to be looked at.
local script = [[
    local auth0 = require "auth0"
    local folder, http = arg[1], arg[2]

    local function read(name)
        local file = assert(io.open(folder .. "/" .. name, "rb"))
        local text = file:read("*a")
        file:close()
        return text
    end

    local function show(value, depth)
        if type(value) ~= "table" then return print(value) end
        print(tostring(value))
        for key, entry in pairs(value) do
            if depth < 6 then
                print(key)
                show(entry, depth + 1)
            end
        end
        show(getmetatable(value), depth + 1)
    end

    local function tell(...)
        for i = 1, select("#", ...) do show((select(i, ...)), 0) end
    end

    local function open(more)
        local options = { domain = os.getenv "AUTH0_TENANT_DOMAIN", resolve = { os.getenv "AUTH0_TENANT_RESOLVE" },
            proxy = false, ca_file = os.getenv "AUTH0_TENANT_CA", http_version = http,
            on_event = function(event) show(event, 0) end }
        for name, value in pairs(more) do options[name] = value end
        return auth0.tenant(options)
    end

    local one = open { client_id = "mockclient", client_secret = read "secret", token_file = folder .. "/token" }
    tell(one, one:stats())
    tell(one:link("auth0|1", "google-oauth2|1"))
    tell(one:link("auth0|1", "google-oauth2|nobody"))
    tell(one:link("auth0|2", "google-oauth2|1"))
    tell(one:identities("auth0|1"))
    tell(one:update_user("auth0|1", { user_metadata = { seen = true } }))
    tell(one:unlink("auth0|1", "google-oauth2|1"))
    tell(one:request { method = "POST", path = "/api/v2/users", body = { email = "no address" } })

    local other = open { client_id = "mockclient", client_secret = read "wrong" }
    tell(other:identities("auth0|1"))
    tell(pcall(open, { client_id = "mockclient", client_secret = read "wrong", signing_key = read "wrong" }))
    other:close()
    tell(other, pcall(other.identities, other, "auth0|1"))

    local mine = open { token = read "own" }
    tell(mine:link("auth0|2", nil, { link_with = read "id" }))
    mine:close()
    local by_function = open { token = function() return read "own", 3600 end }
    tell(by_function:identities("auth0|2"))
    by_function:close()
    tell(pcall(auth0.link, { domain = os.getenv "AUTH0_TENANT_DOMAIN", token = read "own", primery = "auth0|1" }))
    tell(auth0.link { domain = os.getenv "AUTH0_TENANT_DOMAIN", resolve = { os.getenv "AUTH0_TENANT_RESOLVE" },
        proxy = false, ca_file = os.getenv "AUTH0_TENANT_CA", token = read "own", primary = "auth0|1",
        secondary = "google-oauth2|2" })

    tell(one:identities("auth0|1"))
    for _ = 1, 3 do collectgarbage() end
    assert(io.open(folder .. "/ready", "w")):close()
    io.read()
    one:close()
]]

local function number(bytes, at, size)
    local value = 0
    for i = size, 1, -1 do value = value * 256 + bytes:byte(at + i) end
    return value
end

--- How many bytes of an address a core file (ELF, 64 bits, little endian) holds; nil where it does not know it.
local function dumped(core, address)
    local at, size, count = number(core, 0x20, 8), number(core, 0x36, 2), number(core, 0x38, 2)
    for i = 0, count - 1 do
        local head = at + i * size
        local from, held, whole = number(core, head + 16, 8), number(core, head + 32, 8), number(core, head + 40, 8)
        if number(core, head, 4) == 1 and from <= address and address < from + whole then return held end
    end
end

local function occurrences(text, piece)
    local list, from = {}, text:find(piece, 1, true)
    while from do
        list[#list + 1] = from
        from = text:find(piece, from + 1, true)
    end
    return list
end

local function write(name, text)
    local file = assert(io.open(name, "wb"))
    assert(file:write(text))
    assert(file:close())
end

for _, http in ipairs { "1.1", "2" } do
    describe("the secrets of a run over HTTP/" .. http, function()
        local folder, pid, secrets, token

        setup(function()
            linking.start()
            tenant.reset { { user_id = "auth0|1" }, { user_id = "auth0|2" }, { user_id = "google-oauth2|1" },
                { user_id = "google-oauth2|2" } }
            tenant.control("POST", "/_tenant/client", { client_id = "mockclient", client_secret = CLIENT_SECRET })
            folder = tenant.run("mktemp -d"):match("%S+")
            local own, id = tenant.token { kind = "user", sub = "auth0|2" },
                tenant.token { kind = "id", sub = "google-oauth2|2" }
            write(folder .. "/script.lua", script)
            write(folder .. "/secret", CLIENT_SECRET)
            write(folder .. "/wrong", OTHER_SECRET)
            write(folder .. "/own", own)
            write(folder .. "/id", id)
            -- A core file is written where the process stands. What it reads from stays open, and silent.
            pid = tenant.run(([[cd %s && mkfifo stdin && { ulimit -c unlimited 2>/dev/null
                %s %s script.lua %s %s <>stdin >output 2>&1 & echo $!; }]]):format(folder, linking.environment(),
                process.lua(), folder, http)):match("%d+")
            local tries = 0
            while select(2, tenant.run(("test -e %s/ready"):format(folder))) ~= 0 and tries < 600 do
                process.sleep(0.05)
                tries = tries + 1
            end
            token = assert(shared.token_in(folder .. "/token"), process.read(folder .. "/output", ""))
            secrets = { CLIENT_SECRET, OTHER_SECRET, own, id, token }
        end)
        teardown(function()
            tenant.run(("kill -KILL %s 2>/dev/null; rm -rf %s"):format(pid, folder))
            linking.stop()
        end)

        local function check_absent(text, where)
            for _, secret in ipairs(secrets) do
                -- Neither the beginning nor the end. A JWT begins as all of them do.
                local beginning = secret:find("^eyJ") and secret:match("%.([^.]+)%."):sub(-40) or secret:sub(1, 20)
                for _, piece in ipairs { beginning, secret:sub(-20) } do
                    assert.falsy(text:find(piece, 1, true), where .. " holds a secret")
                end
            end
        end

        it("are not in what it prints, returns, raises and tells as events", function()
            local output = process.read(folder .. "/output", "")
            assert.truthy(output:find("no token: unauthorized", 1, true), output)
            assert.truthy(output:find("Provided secondary account not found", 1, true), output)
            assert.truthy(output:find("closed", 1, true), output)
            assert.truthy(output:find("first_byte", 1, true), output)
            assert.falsy(output:find("traceback", 1, true), output)
            check_absent(output, "the output")
        end)

        -- Of others on this machine, who may test the same, nothing follows.
        it("are in no arguments, its own or of what it started", function()
            local own = ("for p in %s $(pgrep -P %s); do cat /proc/$p/cmdline; done"):format(pid, pid)
            local arguments = tenant.run(own .. " 2>/dev/null | tr '\\000' '\\n'")
            assert.truthy(arguments:find("script.lua", 1, true))
            check_absent(arguments, "the arguments of a process")
        end)

        --- Where the mappings are that are marked: to be kept out of core dumps, and neither the kernel's own, nor
        --- those that it may drop (dp: the C library's random numbers), nor a sanitizer's, which are huge. The open
        --- tenant's, and that of the token that was looked into last.
        local function find_pages()
            local pages, from, to = {}, nil, nil
            for line in io.lines(("/proc/%s/smaps"):format(pid)) do
                local first, last, rest = line:match("^(%x+)-(%x+) (.*)$")
                if first then from, to = first, not rest:find("[", 1, true) and last or nil end
                local flags = to and line:match("^VmFlags:(.*)$")
                if flags and flags:find(" dd") and not flags:find(" dp")
                    and tonumber(to, 16) - tonumber(from, 16) < 1048576 then
                    pages[#pages + 1] = { from = tonumber(from, 16), to = tonumber(to, 16) }
                end
            end
            assert.is_true(#pages == 1 or #pages == 2, ("%d mappings"):format(#pages)) -- neighbours are one
            return pages
        end

        local function peek(pages)
            local memory = io.open(("/proc/%s/mem"):format(pid), "rb")
            if not memory then return nil end
            local texts = {}
            for i, page in ipairs(pages) do
                memory:seek("set", page.from)
                texts[i] = memory:read(page.to - page.from)
            end
            memory:close()
            return table.concat(texts)
        end

        it("stand together in memory that is to be kept out of core dumps", function()
            local text = peek(find_pages())
            if not text then return pending("the memory of another process cannot be read here") end
            assert.truthy(text:find(CLIENT_SECRET, 1, true))
            assert.truthy(text:find(token, 1, true))
            assert.truthy(text:find(secrets[3], 1, true)) -- of the last auth0.link
        end)

        --- Ends the process; its core file's bytes, or nil.
        local function crash()
            tenant.run(("kill -ABRT %s"):format(pid))
            for _ = 1, 200 do
                process.sleep(0.05)
                if select(2, tenant.run(("kill -0 %s 2>/dev/null"):format(pid))) ~= 0 then break end
            end
            local name = tenant.run(("ls %s/core* 2>/dev/null"):format(folder)):match("%S+")
            local core = name and process.read(name, "") or ""
            return core:find("^\127ELF\2\1") and core or nil
        end

        it("are in no core dump but for what libcurl, TLS and Lua made of them", function()
            if os.getenv("AUTH0_PRELOAD") then return pending("a sanitizer keeps memory that was freed") end
            local pages = find_pages()
            local core = crash()
            if not core then return pending("core files are not written here, or elsewhere") end
            for _, page in ipairs(pages) do assert.equal(0, dumped(core, page.from)) end
            local copies = occurrences(core, token)
            -- Where libcurl has freed a header, bytes of "Bearer " are the allocator's, all but the last two.
            for _, at in ipairs(copies) do assert.equal("r ", core:sub(at - 2, at - 1)) end
            print(("\na core dump, HTTP/%s: %d copies of the access token, all in libcurl's request headers; %d of the "
                .. "client's secret"):format(http, #copies, #occurrences(core, CLIENT_SECRET)))
        end)
    end)
end
