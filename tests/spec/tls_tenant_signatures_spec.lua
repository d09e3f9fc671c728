--- The TLS tenant: what its model cannot do itself: signatures of clients, and compression.
local tenant = require "support.tenant"

describe("tests/tenant", function()
    local folder

    setup(function()
        tenant.start()
        folder = os.tmpname()
        os.remove(folder)
        assert.equal(0, select(2, tenant.run(("mkdir '%s' && cd '%s' && " ..
            "openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key && " ..
            "openssl pkey -in key -pubout -out public"):format(folder, folder))))
    end)

    teardown(function()
        tenant.run("rm -rf '" .. folder .. "'")
        tenant.stop()
    end)

    before_each(function()
        tenant.reset()
        tenant.control("POST", "/_tenant/client", { client_id = "job",
            public_key = (tenant.run("cat '" .. folder .. "/public'")) })
    end)

    local signing = {
        RS256 = "-sha256", RS384 = "-sha384", RS512 = "-sha512",
        PS256 = "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest",
    }

    local function base64url(text)
        local file = assert(io.open(folder .. "/text", "wb"))
        file:write(text)
        file:close()
        return (tenant.run("openssl base64 -A -in '" .. folder .. "/text'"):gsub("[+/=]",
            { ["+"] = "-", ["/"] = "_", ["="] = "" }))
    end

    local function assertion(algorithm)
        local signed = base64url(tenant.json.encode { alg = algorithm, typ = "JWT" }) .. "."
            .. base64url(tenant.json.encode { iss = "job", sub = "job", jti = algorithm, exp = os.time() + 60,
                aud = "https://" .. tenant.domain .. "/" })
        local signature = tenant.run(("printf %%s '%s' | openssl dgst -sign '%s/key' %s | openssl base64 -A"):format(
            signed, folder, signing[algorithm]))
        return signed .. "." .. signature:gsub("[+/=]", { ["+"] = "-", ["/"] = "_", ["="] = "" })
    end

    local function fetch(token)
        return tenant.request { path = "/oauth/token", body = {
            grant_type = "client_credentials", client_id = "job", client_assertion = token,
            client_assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            audience = "https://" .. tenant.domain .. "/api/v2/",
        } }
    end

    for _, algorithm in ipairs { "RS256", "RS384", "PS256" } do
        it("grants a token for an assertion signed with " .. algorithm, function()
            local answer = fetch(assertion(algorithm))
            assert.equal(200, answer.status)
            local token = tenant.json.decode(answer.body).access_token
            assert.equal(404, tenant.request({ path = "/api/v2/users/auth0%7C1", token = token }).status)
        end)
    end

    it("refuses an assertion with another signature, and one signed in another way", function()
        local head, signature = assertion("RS256"):match("^(.*%.)([^.]*)$")
        for _, token in ipairs { head .. signature:reverse(), head .. assertion("PS256"):match("[^.]*$"),
            assertion "RS512" } do
            assert.is_true(fetch(token).status >= 400)
        end
        assert.equal(200, fetch(head .. signature).status)
    end)

    it("compresses an export", function()
        tenant.configure { export_pending = 0, export_processing = 0 }
        for i = 1, 50 do
            tenant.add_user { user_id = "auth0|" .. i, name = "A name that is repeated" }
        end
        local token = tenant.token()
        local made = tenant.request { path = "/api/v2/jobs/users-exports", token = token, body = { format = "json" } }
        assert.equal(200, made.status)
        local id = tenant.json.decode(made.body).id
        local job = tenant.json.decode(tenant.request({ path = "/api/v2/jobs/" .. id, token = token }).body)
        local file = folder .. "/export.gz"
        tenant.run(("curl -s --cacert '%s' --resolve '%s' -o '%s' '%s'"):format(tenant.ca, tenant.resolve, file,
            job.location))
        local lines = tenant.run("gzip -dc <'" .. file .. "' | wc -l")
        assert.equal(50, tonumber(lines))
        local packed, whole = tenant.run("wc -c <'" .. file .. "'"), tenant.run("gzip -dc <'" .. file .. "' | wc -c")
        assert.is_true(tonumber(packed) * 3 < tonumber(whole))
    end)
end)
