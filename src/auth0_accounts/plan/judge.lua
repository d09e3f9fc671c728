--- The guard of the library, applied to what an export shows: nothing is sent.
local auth0 = require "auth0"
local core = require "auth0.core"
local json = require "auth0.json"
local wording = require "auth0_accounts.wording"

local Judge = {}
local judge_mt = { __name = "auth0_accounts.judge", __index = Judge }
local judge = {}

-- Reasons that an account has by itself, whatever it is to be merged with.
local own = { no_account = true, blocked = true, email_not_verified = true, connection_not_trusted = true,
    password_account = true, unreadable = true }

-- Stands for the other account where there is none.
local STAND_IN = { id = "auth0|0", text = '{"user_id":"auth0|0","identities":[{"provider":"auth0","user_id":"0"}]}' }

-- It cannot be reached: what would be sent is answered by nothing.
local function without_network()
    return { engine = core.engine(), answer = function() return { how = "unreached" } end }
end

---@param domain string
---@param options auth0_accounts.PlanOptions
---@return auth0_accounts.Judge
function judge.new(domain, options)
    return setmetatable({
        tenant = auth0.tenant { domain = domain, token = "none", mock = without_network(), attempts = 1 },
        given = { proof = "shared_email", checks = {}, trusted_connections = options.trusted_connections,
            password_merge = options.password_merge, user_metadata = options.user_metadata,
            app_metadata = options.app_metadata, union = options.union },
    }, judge_mt)
end

---@class auth0_accounts.Judgement
---@field primary { code: string, message: string }[] reasons of the primary by itself
---@field secondary { code: string, message: string }[] of the secondary by itself
---@field pair { code: string, message: string }[] of the two
---@field patch_text? string what is written to the primary
---@field patch? table
---@field lost table[]

local NO_ACCOUNT = "the line of the %s in the export is not an account as the tenant's API has it: make a new export"

local function words_of(reason)
    return reason.code == "unreadable" and NO_ACCOUNT:format(reason.side or "accounts") or wording.of(reason.message)
end

local function of_result(result)
    local judged = { primary = {}, secondary = {}, pair = {}, patch_text = result.patch_text, patch = result.patch,
        lost = result.lost }
    for _, reason in ipairs(result.reasons) do
        local list = own[reason.code] and judged[reason.side] or judged.pair
        list[#list + 1] = { code = reason.code, message = words_of(reason) }
    end
    return judged
end

local function preview(self, primary, secondary, profile)
    self.given.profiles = { primary = profile or json.raw(primary.text), secondary = json.raw(secondary.text) }
    return pcall(self.tenant.preview, self.tenant, primary.id, secondary.id, self.given)
end

-- The library raises what an account cannot be: its id, or how deep its line is nested. All else is a fault of ours.
local function of_fault(fault)
    local message = tostring(fault):match "tenant:preview: [%w_. ]+: (.*)"
    return message and { { code = "unreadable", message = message } } or error(fault, 0)
end

local function alone(self, account)
    local good, result, message = preview(self, account, STAND_IN)
    if not good then return of_fault(result) end
    return of_result(result or error(message, 0)).primary
end

local function is_unreadable(reasons)
    for _, reason in ipairs(reasons) do
        if reason.code == "unreadable" then return true end
    end
    return false
end

-- Where one of the two is unreadable, the library says little of the other.
---@param primary auth0_accounts.GroupAccount
---@param secondary auth0_accounts.GroupAccount
---@param grown? table the primary as it is after the links before
---@return auth0_accounts.Judgement
function Judge:of(primary, secondary, grown)
    local good, result, message = preview(self, primary, secondary, grown)
    local judged = good and of_result(result or error(message, 0)) or { pair = of_fault(result) }
    if good and not is_unreadable(judged.primary) and not is_unreadable(judged.secondary) then return judged end
    judged.primary, judged.secondary = alone(self, primary), alone(self, secondary)
    return judged
end

function Judge:close()
    self.tenant:close()
end

return judge
