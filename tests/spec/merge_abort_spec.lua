--- What becomes of a merge whose caller is gone in the middle: all of it, or nothing. Over TLS, in nginx, cqueues and
--- luv.
local auth0 = require "auth0"
local linking = require "support.linking"
local loops = require "support.loops"
local nginx = require "support.nginx"
local served = require "support.served"
local tenant = require "support.tenant"

local PAIRS = 14

-- Seconds after which the callers are gone. The answers about a pair take longer the higher its number is: by then the
-- first merges are done, the last ones still read, and those between them write or link.
local GONE, STEP = 0.4, 0.035

local choices = { proof = "both_authenticated", checks = {} }

local function seed()
    local accounts = {}
    for i = 1, PAIRS do
        accounts[#accounts + 1] = { user_id = "auth0|p" .. i, user_metadata = { own = i } }
        accounts[#accounts + 1] = { user_id = "google-oauth2|s" .. i, user_metadata = { color = "blue" } }
    end
    tenant.reset(accounts)
    for i = 1, PAIRS do
        tenant.arm { fault = "delay", seconds = i * STEP, id = "auth0|p" .. i, count = 1000 }
    end
end

local function user(id)
    local answer = tenant.request { path = "/api/v2/users/" .. id:gsub("|", "%%7C"), token = linking.token }
    return answer.status == 200 and tenant.json.decode(answer.body) or nil
end

--- How many of the pairs are merged. Each of the others has to be as it was.
local function merged()
    tenant.control("POST", "/_tenant/disarm")
    local count = 0
    for i = 1, PAIRS do
        local primary, secondary = user("auth0|p" .. i), user("google-oauth2|s" .. i)
        local color, left = primary.user_metadata.color, secondary and secondary.user_metadata.color
        local is_merged = #primary.identities == 2
        assert.same(is_merged and { "blue" } or { nil, "blue" }, { color, left }, "pair " .. i)
        count = count + (is_merged and 1 or 0)
    end
    return count
end

--- Waits until the tenant has been asked for nothing for two seconds.
local function settle()
    local last, since = -1, os.time()
    served.eventually(20, "the end of what is under way", function()
        local count = 0
        for _, times in pairs(tenant.record().requests) do count = count + times end
        if count ~= last then last, since = count, os.time() end
        return os.time() - since >= 3
    end)
end

local function run_in_cqueues(start)
    local cqueues = require "cqueues"
    local controller = cqueues.new()
    for i = 1, PAIRS do controller:wrap(function() start(i) end) end
    local ends = cqueues.monotime() + GONE
    while cqueues.monotime() < ends do controller:step(ends - cqueues.monotime()) end
    return function() end
end

local function run_in_luv(start)
    local uv = require "luv"
    for i = 1, PAIRS do coroutine.wrap(function() start(i) end)() end
    local timer = uv.new_timer()
    timer:start(GONE * 1000, 0, function()
        timer:close()
        uv.stop()
    end)
    uv.run()
    return uv.run -- once more, for the handles that are closed by then
end

describe("A merge whose caller is gone #load", function()
    setup(linking.start)
    teardown(function()
        nginx.stop()
        linking.stop()
    end)
    before_each(seed)

    if served.is_possible then
        it("leaves no half in nginx, where clients hang up in every step", function()
            local server = served.start(linking.token, "", [[
                lua_check_client_abort on;
                location /merge { content_by_lua_block {
                    shared_tenant = shared_tenant or require("auth0").tenant(tenant_options {})
                    local i = ngx.var.arg_i
                    local result, message = shared_tenant:merge("auth0|p" .. i, "google-oauth2|s" .. i,
                        { proof = "both_authenticated", checks = {} })
                    ngx.say(result and "merged" or message)
                } }]])
            local calls = {}
            for i = 1, PAIRS do
                calls[i] = ("curl -s --noproxy '*' --max-time %.2f 'http://127.0.0.1:%s/merge?i=%d' &"):format(
                    GONE, server.port, i)
            end
            local output = tenant.run(table.concat(calls, " ") .. " wait")
            served.eventually(20, "no waiter", function() return served.get(server, "/state") == "0 0\n" end)
            settle()
            local _, told = output:gsub("merged\n", "")
            local count = merged()
            assert.is_true(told < count, told .. " of " .. count .. " were told")
        end)
    end

    for name, run in pairs { cqueues = run_in_cqueues, luv = run_in_luv } do
        if loops.has(name) and not os.getenv "AUTH0_LOOP" then
            it("leaves no half in " .. name .. ", where the loop ends in the middle", function()
                local accounts = auth0.tenant { domain = tenant.domain, resolve = { tenant.resolve },
                    ca_file = tenant.ca, proxy = false, token = linking.token, loop = name }
                local told = 0
                local finish = run(function(i)
                    local result = accounts:merge("auth0|p" .. i, "google-oauth2|s" .. i, choices)
                    told = told + (result and 1 or 0)
                end)
                settle()
                local count = merged()
                assert.is_true(told < count, told .. " of " .. count .. " were told")
                accounts:close()
                finish()
            end)
        end
    end
end)
