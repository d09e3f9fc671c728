--- auth0-accounts in a process of its own, against the TLS tenant: what only a process has, signals, descriptors and a
--- disk, and what only a network does.
local cjson = require "cjson"
local command = require "support.command"
local linking = require "support.linking"
local ports = require "support.ports"
local process = require "support.process"
local tenant = require "support.tenant"

local PRIMARY, SECONDARY = linking.primary, linking.secondary
local LINK = { method = "POST", template = "/api/v2/users/{id}/identities" }

local receipt

setup(linking.start)
teardown(function()
    ports.close()
    linking.stop()
end)

before_each(function()
    tenant.reset { { user_id = PRIMARY, connection = "Username-Password-Authentication", email = "ann@example.com",
        email_verified = true }, { user_id = SECONDARY, connection = "google-oauth2", email = "ann@example.com",
        email_verified = true, user_metadata = { theme = "dark" } } }
    receipt = command.new_name()
end)

after_each(function() os.remove(receipt) end)

local function merging(name, ...)
    local arguments = { name, PRIMARY, SECONDARY, "--proof", "operator", "--no-checks" }
    for _, word in ipairs { ... } do arguments[#arguments + 1] = word end
    return arguments
end

local function assert_told(told, code, out, err)
    assert.equal(code, told.code, told.out .. told.err)
    assert.truthy(told.out:find(out, 1, true), told.out)
    assert.truthy(err and told.err:find(err, 1, true) or told.err == "", told.err)
end

local function fault(order, words)
    for name, value in pairs(LINK) do words[name] = words[name] or value end
    words.fault = order
    tenant.arm(words)
end

describe("auth0-accounts over TLS #load", function()
    it("carries out each command", function()
        assert_told(command.start { "show", PRIMARY }, 0, PRIMARY .. "\n  email: ann@example.com\n")
        assert_told(command.start { "candidates", PRIMARY }, 0, SECONDARY .. "  ann@example.com\n")
        assert_told(command.start { "link", PRIMARY, SECONDARY }, 0, "linked; the primary's identities:\n")
        assert_told(command.start { "unlink", PRIMARY, SECONDARY }, 0, "unlinked; the primary's identities:\n")
        assert_told(command.start(merging "preview"), 0, "nothing stands against a merge")
        tenant.reset { { user_id = PRIMARY }, { user_id = SECONDARY, user_metadata = { theme = "dark" } } }
        assert_told(command.start(merging("merge", "--receipt", receipt)), 0, "merged: ")
        assert_told(command.start { "settle", receipt }, 0, "state: merged\n")
        assert_told(command.start { "undo", receipt }, 0, "taken back\n")
    end)

    it("gets a token by itself, and shows no secret", function()
        local told = command.start({ "show", PRIMARY, "--audience", "https://" .. tenant.domain .. "/api/v2/" },
            { AUTH0_TOKEN = "", AUTH0_CLIENT_ID = "mockclient", AUTH0_CLIENT_SECRET = "mocksecret" })
        assert_told(told, 0, PRIMARY)
        told = command.start({ "show", PRIMARY }, { AUTH0_TOKEN = "", AUTH0_CLIENT_ID = "mockclient",
            AUTH0_CLIENT_SECRET = "a-wrong-secret" })
        assert_told(told, 3, "", "does not take the client: its id or its secret is wrong (unauthorized: Unauthorized)")
        assert.is_nil((told.out .. told.err):find("a-wrong-secret", 1, true))
    end)

    it("gets a token by the client's key", function()
        local key = command.new_name()
        tenant.run("umask 077; openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out " .. key)
        tenant.control("POST", "/_tenant/client", { client_id = "job", public_key = tenant.run("openssl pkey -in "
            .. key .. " -pubout") })
        assert_told(command.start({ "show", PRIMARY, "--client-id", "job", "--signing-key-file", key, "--audience",
            "https://" .. tenant.domain .. "/api/v2/" }, { AUTH0_TOKEN = "" }), 0, PRIMARY)
        os.remove(key)
    end)

    it("has colors on a terminal, unless they are unwanted", function()
        local function on_terminal(environment, ...)
            local words = command.words({ "doctor", ... }, environment)
            return (tenant.run("script -qec " .. process.quoted(words) .. " /dev/null </dev/null"))
        end
        local usual = { TERM = "xterm" }
        assert.truthy(on_terminal(usual):find("\27[32mok  \27[m  tls", 1, true))
        assert.is_nil(on_terminal(usual, "--no-color"):find("\27", 1, true))
        assert.is_nil(on_terminal { TERM = "xterm", NO_COLOR = "1" }:find("\27", 1, true))
        assert.is_nil(on_terminal { TERM = "dumb" }:find("\27", 1, true))
        assert.is_nil(on_terminal(usual, "--json"):find("\27", 1, true))
    end)

    it("is looked through by doctor: the name, the certificate, the clock", function()
        local told = command.start { "doctor" }
        assert.equal(0, told.code, told.out .. told.err)
        for _, words in ipairs { "ok    dns  ", "ok    tls  ", "ok    clock          this machine's clock agrees",
            "ok    token  " } do
            assert.truthy(told.out:find(words, 1, true), told.out)
        end
    end)

    it("is told by doctor what is wrong on the way, in the token and in its scopes", function()
        local wrong = ":" .. tenant.port
        for domain, found in pairs { ["localhost:" .. ports.closed()] = { 4, "\nfail  connection  .*check the domain" },
            ["no-such-tenant.invalid"] = { 4, "\nfail  dns  .*check the domain" },
            ["expired.test" .. wrong] = { 4, "\nfail  tls  .*expired.*%-> this machine's clock says " },
            ["self-signed.test" .. wrong] = { 4, "\nfail  tls  .*self.signed.*%-%-ca%-file" },
            ["wrong-name.test" .. wrong] = { 4, "\nfail  tls  .*wrong%-name%.test" },
            [tenant.domain] = { 3, "\nok    tls  .*\nfail  token  .*does not accept the token" } } do
            local way = domain:find ":" and { "doctor", "--resolve", domain .. ":127.0.0.1" } or { "doctor" }
            local told = command.start(way, { AUTH0_DOMAIN = domain, AUTH0_TOKEN = "a-wrong-token" })
            assert.same({ found[1], "" }, { told.code, told.err }, told.out)
            assert.truthy(told.out:find(found[2]), told.out)
            assert.is_nil(told.out:find("a-wrong-token", 1, true))
        end
        local told = command.start({ "doctor" }, { AUTH0_TOKEN = tenant.token { kind = "machine", scope = "" } })
        assert.equal(1, told.code, told.out)
        assert.truthy(told.out:find("\nfail  scopes         the token has none\n", 1, true), told.out)
    end)

    it("fails with a wrong token, and shows it nowhere", function()
        local told = command.start({ "link", PRIMARY, SECONDARY }, { AUTH0_TOKEN = "a-wrong-token" })
        assert_told(told, 3, "", "does not accept the token")
        assert.is_nil((told.out .. told.err):find("a-wrong-token", 1, true))
        assert.equal(0, linking.changes())
    end)

    it("fails without a network", function()
        local told = command.start({ "merge", PRIMARY, SECONDARY, "--proof", "operator", "--receipt", receipt },
            { AUTH0_DOMAIN = "127.0.0.1:" .. ports.closed() })
        assert_told(told, 4, "", "nothing was changed: check the domain, the network and the proxy")
        assert.is_nil(io.open(receipt))
    end)

    it("ends with 1 where no answer to the link comes, and none to the reads after it", function()
        fault("reset-after", {})
        fault("reset-before", { method = "GET", template = "/api/v2/users/{id}", count = 1000 })
        assert_told(command.start { "link", PRIMARY, SECONDARY, "--deadline", "3" }, 1, "", "may or may not")
        assert.equal(1, linking.changes())
    end)
end)

describe("a full disk #load", function()
    -- The kernel refuses each byte beyond the limit, as a full disk does.
    local LIMIT = "trap '' XFSZ; ulimit -f 0;"

    it("under the receipt is told, leaves everything as it is, and no file", function()
        local output = tenant.run(("(%s %s; echo code $?) 2>&1 | cat"):format(LIMIT,
            command.words(merging("merge", "--receipt", receipt))))
        assert.truthy(output:find("the receipt cannot be written (File too large); nothing was changed\ncode 1\n", 1,
            true), output)
        assert.is_nil(io.open(receipt))
        assert.equal(0, linking.changes())
    end)

    it("as the receipt is refused: it is a file that is there", function()
        assert_told(command.start(merging("merge", "--receipt", "/dev/full")), 2, "", "/dev/full: is there already")
        assert.equal(0, linking.changes())
    end)

    it("under the result is told by the exit code", function()
        local output = tenant.run(("(%s >/dev/full; echo code $?) 2>&1"):format(command.words { "show", PRIMARY }))
        assert.truthy(output:find("the result cannot be written (No space left on device)\ncode 1\n", 1, true), output)
    end)
end)

-- A shell's background processes ignore SIGINT, unless they are started by a process that resets it.
local IN_BACKGROUND = "(perl -e '$SIG{INT} = q(DEFAULT); exec @ARGV' -- %s >%s.out 2>&1 & echo $! >%s.pid; "
    .. "wait $!; echo $? >%s.code) >/dev/null 2>&1 &"

describe("Ctrl-C #load", function()
    -- Pressed as soon as the tenant has that request.
    local function interrupted(arguments, endpoint)
        local name = command.new_name()
        tenant.run(IN_BACKGROUND:format(command.words(arguments), name, name, name))
        for _ = 1, 200 do
            if tenant.record().requests[endpoint] then break end
            process.sleep(0.1)
        end
        tenant.run(("kill -INT $(cat %s.pid); for try in $(seq 200); do [ -s %s.code ] && break; sleep 0.1; done")
            :format(name, name))
        local code, output = process.read(name .. ".code"), process.read(name .. ".out")
        for _, suffix in ipairs { ".out", ".pid", ".code" } do os.remove(name .. suffix) end
        return tonumber(code), output
    end

    it("ends a read", function()
        fault("delay", { seconds = 20, method = "GET", template = "/api/v2/users/{id}" })
        local code, output = interrupted({ "show", PRIMARY }, "GET /api/v2/users/{id}")
        assert.same({ 130, "auth0-accounts: interrupted\n" }, { code, output })
    end)

    it("ends a link that was sent, and says that it may have been made", function()
        fault("delay", { seconds = 20 })
        local code, output = interrupted({ "link", PRIMARY, SECONDARY }, LINK.method .. " " .. LINK.template)
        assert.equal(130, code, output)
        assert.truthy(output:find("interrupted; the change may have been made, or may still be: show the primary", 1,
            true), output)
    end)

    it("lets a merge that has begun come to its end, and settle tells which", function()
        fault("delay", { seconds = 4 })
        local code, output = interrupted(merging("merge", "--receipt", receipt), LINK.method .. " "
            .. LINK.template)
        assert.equal(130, code, output)
        assert.truthy(output:find("ask settle about it", 1, true), output)
        assert.equal("planned", cjson.decode(process.read(receipt)).state)
        assert_told(command.start { "settle", receipt }, 0, "state: merged\nundo: not before 20")
        assert_told(command.start { "undo", receipt }, 1, "", "may still be carried out; undo it not before 20")
    end)
end)
