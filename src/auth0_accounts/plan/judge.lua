--- The guard of the library, applied to what an export shows: nothing is sent.
local accounts_core = require("auth0_accounts.database").core()
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

---@param options auth0_accounts.PlanOptions
---@return auth0_accounts.Judge
function judge.new(options)
    return setmetatable({ guard = accounts_core.judge(json.encode {
        goal = "preview", primary = STAND_IN.id, secondary = "auth0|1", proof = "shared_email", checks = json.array {},
        trusted_connections = json.array(options.trusted_connections), password_merge = options.password_merge,
        user_metadata = options.user_metadata, app_metadata = options.app_metadata,
        union = json.array(options.union or {}),
    }) }, judge_mt)
end

---@class auth0_accounts.Judgement
---@field primary { code: string, message: string }[] reasons of the primary by itself
---@field secondary { code: string, message: string }[] of the secondary by itself
---@field pair { code: string, message: string }[] of the two
---@field patch? string JSON that is written to the primary
---@field lost? string[] what the secondary has and the primary does not get

local NO_ACCOUNT = "the line of the %s in the export is not an account as the tenant's API has it: make a new export"

local function words_of(reason)
    return reason.code == "unreadable" and NO_ACCOUNT:format(reason.side or "accounts") or wording.of(reason.message)
end

local function judgement(reasons, patch, lost)
    local judged = { primary = {}, secondary = {}, pair = {}, patch = patch, lost = lost }
    for _, reason in ipairs(reasons) do
        local list = own[reason.code] and judged[reason.side] or judged.pair
        list[#list + 1] = { code = reason.code, message = words_of(reason) }
    end
    return judged
end

-- What the library cannot judge is no account: its id, or how deep its line is nested.
local function preview(self, primary, secondary, text)
    local reasons, patch, lost = self.guard:of(primary.id, text or primary.text, secondary.id, secondary.text)
    if reasons then return judgement(reasons, patch, lost), true end
    return { pair = { { code = "unreadable", message = patch } } }, false
end

local function alone(self, account)
    local judged, is_judged = preview(self, account, STAND_IN)
    return is_judged and judged.primary or judged.pair
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
---@param grown? string JSON of the primary as it is after the links before
---@return auth0_accounts.Judgement
function Judge:of(primary, secondary, grown)
    local judged, is_judged = preview(self, primary, secondary, grown)
    if is_judged and not is_unreadable(judged.primary) and not is_unreadable(judged.secondary) then return judged end
    judged.primary, judged.secondary = alone(self, primary), alone(self, secondary)
    return judged
end

return judge
