--- A location at which a user links two accounts of their own: see README.md beside this file, and nginx.conf.
---
---     POST /link    Authorization: Bearer ACCESS_TOKEN    Content-Type: application/json
---     {"link_with": "ID_TOKEN of the other account", "nonce": "what that sign-in was begun with"}
local auth0 = require "auth0"
local requests = require "requests"

local link_accounts = {}

local members = { link_with = true, nonce = true }

local function link(options, caller, other, link_with)
    local order = {}
    for name, value in pairs(options) do order[name] = value end
    order.token, order.id, order.link_with = caller.text, caller.sub, link_with -- last: nothing may take their place
    local called, identities, message, failure = pcall(auth0.link, order)
    if not called then -- a mistake in the options, or a text that can be no token; its words hold no value
        ngx.log(ngx.ERR, identities)
        return requests.refuse(400, "invalid_request", "the tokens cannot be used for a link")
    end
    if identities then return requests.show(identities) end
    return requests.tell(failure, message, other)
end

--- Serves one request.
---@param options table for auth0.link, without its token and accounts: domain, ca_file, ...
---@param origin string of the pages that may ask: "https://app.example.com"
function link_accounts.serve(options, origin)
    local caller, other, body = requests.begin(origin, members)
    if caller then return link(options, caller, other, body.link_with) end
end

return link_accounts
