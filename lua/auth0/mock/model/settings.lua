--- What can be set about a tenant. Where the real behaviour is not published, the default is said to be a choice: a
--- client that means to be right under every reading runs its specs with each value.
local json = require "auth0.mock.text.json"
local nearest = require "auth0.nearest"

local settings = {}

---@class auth0.mock.settings
---@field token_lifetime number|nil seconds that a token lives, 86400
---@field token_answers_scope boolean|nil whether the token endpoint's answer has `scope`, true; recordings lack it
---@field assertion_skew number|nil seconds that a client assertion's clock may be off, 10
---@field profile_limit integer|false|nil bytes of a profile above which a write is refused, false: the published limit
---is 10240, and writes above it "succeed for now"
---@field phantom_identities "not_found"|"refuse"|"attach"|nil linking an identity of no account: "not_found" answers
---that there is no such account; the others ask for a connection_id first, and then refuse or attach. The default,
---"not_found", is a choice
---@field linking_secondary_with_secondaries "refuse"|"carry"|"lose"|nil what linking an account that has secondaries
---does to them; "refuse" is a choice
---@field unlink_returns boolean|nil whether an unlinked account has again what had hung on its id: roles, permissions,
---organizations, groups, factors, `blocked`. Documented is neither; false is a choice
---@field scim_secondary "allow"|"refuse"|nil whether an account that SCIM provisions may become a secondary. The
---documentation says that it must be the primary, not what happens otherwise; "allow" is a choice
---@field missing_primary 404|400|nil the status with which link and unlink refuse a primary that is not there: neither
---declares one. 404, as a read has it, is a choice
---@field numeric_user_ids boolean|nil identities whose user_id is all digits are answered as numbers, false
---@field search_lag number|nil seconds by which GET /users lags behind, 0; minutes have been seen
---@field search_cap integer|nil records that can be paged through, 1000
---@field per_page_max integer|nil 50, as in the public cloud; 100 in a private one. Half of it is the default
---@field per_page_over "clip"|"refuse"|nil what a per_page above the maximum gets; "clip" is a choice
---@field query_limit integer|nil bytes of a search query above which the answer is 414, 4096: a choice
---@field email_finds_secondaries boolean|nil whether users-by-email finds the addresses of linked identities, false: a
---choice
---@field export_pending number|nil seconds that an export waits, 1
---@field export_processing number|nil seconds that it then takes, 2
---@field export_link number|nil seconds that a link to a file is valid, 60
---@field export_kept number|nil seconds after which a job is forgotten, 86400
---@field export_gzip boolean|nil whether a file is compressed, true: a choice

local specifications = {
    token_lifetime = { default = 86400 },
    token_answers_scope = { default = true },
    assertion_skew = { default = 10 },
    profile_limit = { default = false, also = "number" },
    phantom_identities = { default = "not_found", words = { "not_found", "refuse", "attach" } },
    linking_secondary_with_secondaries = { default = "refuse", words = { "refuse", "carry", "lose" } },
    unlink_returns = { default = false },
    scim_secondary = { default = "allow", words = { "allow", "refuse" } },
    missing_primary = { default = 404, words = { 404, 400 } },
    numeric_user_ids = { default = false },
    search_lag = { default = 0 },
    search_cap = { default = 1000 },
    per_page_max = { default = 50, least = 1 },
    per_page_over = { default = "clip", words = { "clip", "refuse" } },
    query_limit = { default = 4096 },
    email_finds_secondaries = { default = false },
    export_pending = { default = 1 },
    export_processing = { default = 2 },
    export_link = { default = 60 },
    export_kept = { default = 86400 },
    export_gzip = { default = true },
}

local function check(name, value, spec)
    if spec.words then
        for _, word in ipairs(spec.words) do
            if value == word then
                return nil
            end
        end
        return name .. " is one of " .. table.concat(spec.words, ", ")
    elseif value ~= spec.default and type(value) ~= (spec.also or type(spec.default)) then
        return ("%s is a %s"):format(name, spec.also or type(spec.default))
    elseif type(value) ~= "number" then
        return nil
    elseif value < 0 or value ~= value then
        return name .. " is not negative"
    elseif value == math.huge then
        return name .. " is not infinite"
    elseif value < (spec.least or 0) then
        return ("%s is at least %d"):format(name, spec.least)
    end
end

---@return auth0.mock.settings
function settings.defaults()
    local values = {}
    for name, spec in pairs(specifications) do
        values[name] = spec.default
    end
    return values
end

---@param values auth0.mock.settings
---@param changes table<string, any> nothing is changed when one of them is refused
---@return boolean|nil done
---@return string|nil message
function settings.change(values, changes)
    for _, name in ipairs(json.keys(changes)) do
        local spec, value = specifications[name], changes[name]
        local message = spec and check(name, value, spec)
        if not spec then
            message = ("no such setting: %s%s"):format(tostring(name), nearest.hint(name, specifications))
        end
        if message then
            return nil, message
        end
    end
    for name, value in pairs(changes) do
        values[name] = value
    end
    return true
end

return settings
