--- The model tenant: what can be set.
local model = require "support.model"
local mock = require "auth0.mock.model"

describe("auth0.mock's settings", function()
    it("are checked when the tenant is made, and when they are changed", function()
        assert.error_matches(function() model.new { settings = { serach_lag = 1 } } end,
            'auth0.mock.model.new: no such setting: serach_lag; the nearest known one is "search_lag"')
        local tenant = model.new()
        for message, changes in pairs {
            ["no such setting: colour"] = { colour = 1 },
            ["search_lag is a number"] = { search_lag = "long" },
            ["search_lag is not negative"] = { search_lag = -1 },
            ["export_gzip is a boolean"] = { export_gzip = 1 },
            ["per_page_over is one of clip, refuse"] = { per_page_over = "cut" },
            ["profile_limit is a number"] = { profile_limit = "10 KB" },
            ["search_cap is not infinite"] = { search_cap = math.huge },
            ["per_page_max is at least 1"] = { per_page_max = 0 },
            ["missing_primary is one of 404, 400"] = { missing_primary = 410 },
            ["settings are a table"] = "none",
        } do
            local done, said = tenant:configure(changes)
            assert.is_nil(done)
            assert.equal(message, said)
        end
    end)

    it("whose default is false take that and a number, but not true", function()
        local tenant = model.new()
        assert.is_true(tenant:configure { profile_limit = 10240 })
        assert.is_true(tenant:configure { profile_limit = false })
        assert.same({ n = 2, nil, "profile_limit is a number" }, { n = 2, tenant:configure { profile_limit = true } })
    end)

    it("are all changed or none", function()
        local tenant = model.new()
        tenant:configure { numeric_user_ids = true, colour = 1 }
        assert.is_false(tenant.world.settings.numeric_user_ids)
    end)

    it("are those of `new` after a reset", function()
        local tenant = model.new { settings = { search_cap = 10 } }
        assert.is_true(tenant:configure { search_cap = 20, search_lag = 5 })
        tenant:reset()
        assert.same({ 10, 0 }, { tenant.world.settings.search_cap, tenant.world.settings.search_lag })
    end)

    it("of one tenant are not another's", function()
        local one = model.new()
        assert.is_true(one:configure { search_cap = 20 })
        local other = mock.new { sign = print, verify = print, random = model.steady_random(), now = os.time }
        assert.equal(1000, other.world.settings.search_cap)
    end)
end)
