--- A token that processes share in a file: what each of them does when something is wrong with the file, or with the
--- one that was to fetch. tests/unit/token has the file itself; tests/bench token_file more processes with more links.
local auth0 = require "auth0"
local linking = require "support.linking"
local process = require "support.process"
local shared = require "benchmarks.shared"
local tenant = require "support.tenant"

local TOKEN = "POST /oauth/token"

describe("token_file", function()
    local folder, name

    setup(linking.start)
    teardown(linking.stop)

    before_each(function()
        linking.reset()
        folder = tenant.run("mktemp -d"):match("%S+")
        name = folder .. "/token"
    end)
    after_each(function() tenant.run("rm -rf " .. process.quoted(folder)) end)

    local function run(format, ...)
        local _, status = tenant.run(format:format(...))
        return status == 0
    end

    --- Links once as a process that has just begun. Returns what its events said about the token.
    local function link(more)
        local events = {}
        local options = { domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca, proxy = false,
            client_id = "mockclient", client_secret = "mocksecret", token_file = name,
            on_event = function(event)
                if event.kind == "token" then events[#events + 1] = event.detail or event.code end
            end }
        for key, value in pairs(more or {}) do options[key] = value end
        local one = auth0.tenant(options)
        local identities, message = one:link(linking.primary, linking.secondary)
        one:close()
        assert.is_table(identities, message)
        return table.concat(events, "\n")
    end

    local function fetches()
        return tenant.record().requests[TOKEN] or 0
    end

    --- Work goes on with a token of its own, and the event says why.
    local function check_told(words, more)
        local told = link(more)
        assert.truthy(told:find("token_file: " .. words, 1, true), told)
        assert.equal(1, fetches())
        assert.equal(1, linking.changes())
    end

    it("has one token for processes that begin at once, and one more after that is revoked", function()
        for _, revoke in ipairs { false, true } do
            local result = shared.run(8, 80, revoke)
            assert.same({ revoke and 2 or 1, 0, 0, 0 },
                { result.tokens, result.lost, result.doubled, result.failed })
        end
    end)

    it("is for the next process, too", function()
        link()
        linking.reset()
        assert.falsy(link():find("token_file", 1, true))
        assert.equal(0, fetches())
    end)

    it("is made with mode 0600, and holds the token", function()
        link()
        assert.equal("600 1", (tenant.run(("stat -c '%%a %%h' %s"):format(name)):match("^[^\n]*")))
        assert.truthy(shared.token_in(name))
    end)

    it("that is cut is written anew", function()
        link()
        assert.is_true(run("truncate -s 150 %s", name))
        linking.reset()
        link()
        assert.equal(1, fetches())
        linking.reset()
        link()
        assert.equal(0, fetches())
    end)

    it("that is cut while a tenant uses its token does not harm it", function()
        local one = auth0.tenant { domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca,
            proxy = false, client_id = "mockclient", client_secret = "mocksecret", token_file = name }
        assert(one:link(linking.primary, linking.secondary))
        assert.is_true(run("truncate -s 0 %s", name))
        assert(one:unlink(linking.primary, linking.secondary))
        one:close()
    end)

    it("that is a link is not followed", function()
        assert.is_true(run("touch %s/other && chmod 600 %s/other && ln -s %s/other %s", folder, folder, folder, name))
        check_told("is a symbolic link")
        assert.equal("0", (tenant.run(("stat -c %%s %s/other"):format(folder)):match("%d+")))
    end)

    it("that has another name is not used", function()
        assert.is_true(run("touch %s && chmod 600 %s && ln %s %s/other", name, name, name, folder))
        check_told("has another name")
    end)

    it("that others can read is not used", function()
        assert.is_true(run("touch %s && chmod 644 %s", name, name))
        check_told("is open to other users")
    end)

    it("that is no token file is left as it is", function()
        assert.is_true(run("printf 'a diary' >%s && chmod 600 %s", name, name))
        check_told("is no token file")
        assert.equal("a diary\n", (tenant.run(("cat %s; echo"):format(name))))
    end)

    it("of another tenant, or client, is not used", function()
        tenant.control("POST", "/_tenant/client", { client_id = "another", client_secret = "othersecret" })
        link()
        local before = shared.token_in(name)
        linking.reset()
        tenant.control("POST", "/_tenant/client", { client_id = "another", client_secret = "othersecret" })
        check_told("holds the token of another domain, client or audience",
            { client_id = "another", client_secret = "othersecret" })
        assert.equal(before, shared.token_in(name))
    end)

    it("of another user is not used", function()
        if not run("touch %s && chmod 600 %s && chown 65534 %s 2>/dev/null", name, name, name) then
            return pending("only root can give a file away")
        end
        check_told("belongs to another user")
    end)

    it("in a folder that is not there, or that is a file", function()
        name = folder .. "/no/token"
        check_told("cannot be made: its directory does not exist")
        linking.reset()
        assert.is_true(run("touch %s/no", folder))
        check_told("cannot be opened: a part of its path is no directory")
    end)

    it("on a full disk", function()
        if not run("mount -t tmpfs -o size=4k,mode=700 tmpfs %s 2>/dev/null", folder) then
            return pending("a small file system cannot be mounted here")
        end
        run("dd if=/dev/zero of=%s/rest bs=4096 count=2 2>/dev/null", folder)
        local good, message = pcall(check_told, "cannot be written: its file system is full")
        assert.is_true(run("umount %s", folder))
        assert.is_true(good, message)
    end)

    describe("whose holder", function()
        local holder = [[
            local auth0 = require "auth0"
            local one = auth0.tenant { domain = os.getenv "AUTH0_TENANT_DOMAIN", client_id = "mockclient",
                client_secret = "mocksecret", resolve = { os.getenv "AUTH0_TENANT_RESOLVE" }, proxy = false,
                ca_file = os.getenv "AUTH0_TENANT_CA", token_file = arg[1], attempt_timeout = 4 }
            one:identities(arg[2])
        ]]
        local script, pid

        before_each(function()
            tenant.arm { fault = "delay;seconds=60", template = "/oauth/token" }
            script = process.file(holder)
            pid = tenant.run(("%s %s %s %s %s >/dev/null 2>&1 & echo $!"):format(linking.environment(), process.lua(),
                script, process.quoted(name), process.quoted(linking.primary))):match("%d+")
            local tries = 0
            while fetches() == 0 and tries < 500 do
                process.sleep(0.02)
                tries = tries + 1
            end
            assert.equal(1, fetches())
        end)
        after_each(function()
            tenant.run(("kill -CONT %s 2>/dev/null; kill -KILL %s 2>/dev/null"):format(pid, pid))
            os.remove(script)
        end)

        for signal, what in pairs { KILL = "was killed", STOP = "was stopped" } do
            it(what .. " while it fetched loses its turn", function()
                tenant.run(("kill -%s %s"):format(signal, pid))
                local told = link()
                assert.truthy(told:find("token_file: was waiting for a token that another process was to fetch", 1,
                    true), told)
                assert.equal(2, fetches())
                assert.equal(1, linking.changes())
                linking.reset()
                link()
                assert.equal(0, fetches())
            end)
        end
    end)
end)
