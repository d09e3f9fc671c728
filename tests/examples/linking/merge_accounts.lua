--- A location at which a user merges two accounts of their own: see README.md beside this file, and nginx.conf.
---
---     POST /merge    Authorization: Bearer ACCESS_TOKEN    Content-Type: application/json
---     {"link_with": "ID_TOKEN of the other account", "access_token": "ACCESS_TOKEN of the other account",
---      "nonce": "what that sign-in was begun with"}
local auth0 = require "auth0"
local requests = require "requests"

local merge_accounts = {}

local members = { link_with = true, access_token = true, nonce = true }

-- Auth0 verifies a token when it answers a read with it: this is why the machine's token may do the rest.
local function verify(options, token)
    local order = {}
    for name, value in pairs(options) do order[name] = value end
    order.token = token.text
    local reader = auth0.tenant(order)
    local user, message, failure = reader:user(token.sub, { fields = "user_id" })
    reader:close()
    return user, message, failure
end

local function choices_of(merge)
    local choices = {}
    for name, value in pairs(merge) do choices[name] = value end
    choices.proof = "both_authenticated" -- last: it is what was verified here, and nothing may take its place
    return choices
end

--- Serves one request.
---@param tenant table the machine's, with read:users and update:users
---@param options table of the connection for auth0.tenant: domain, ca_file, ...
---@param merge table options of tenant:merge: user_metadata, carry, on_receipt, ...
---@param origin string of the pages that may ask: "https://app.example.com"
function merge_accounts.serve(tenant, options, merge, origin)
    local caller, other = requests.begin(origin, members)
    if not caller then return end
    for _, token in ipairs { caller, other.access } do
        if not auth0.check_id(token.sub) then -- which a forged token may say; the library would raise an error
            return requests.refuse(400, "invalid_request", "the tokens cannot be used for a merge")
        end
        local user, message, failure = verify(options, token)
        if not user then return requests.tell(failure, message, other) end
    end
    local result, message, failure = tenant:merge(caller.sub, other.access.sub, choices_of(merge))
    if result then return requests.show(result.identities) end
    return requests.tell(failure, message, other)
end

return merge_accounts
