--- One call at a server that answers with a recording. The arguments: its port, and the call as JSON: {"call": "link",
--- "primary": ..., ...}. Prints what came of it, as JSON.
local auth0 = require "auth0"
local json = require "auth0.mock.text.json"

local domain = "tenant.test:" .. arg[1]
local options = json.decode(arg[2])
local call = options.call
options.call = nil
options.domain, options.resolve, options.ca_file = domain, { domain .. ":127.0.0.1" }, os.getenv "AUTH0_TENANT_CA"
options.proxy, options.token = false, "API_TOKEN"

local identities, message, details = auth0[call](options)
print(json.encode {
    identities = identities and json.array(identities) or nil,
    message = message,
    code = details.code,
    status = details.status,
    error_code = details.error_code,
    description = details.description,
    outcome = details.outcome,
    request_id = details.request_id,
})
auth0.close()
