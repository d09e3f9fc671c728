-- job_pass.lua <journal> <count> <in flight> <pass>: links what the journal does not hold as done, and writes into it
-- what it is told.
local auth0 = require "auth0"

local journal, count, most, pass = arg[1], tonumber(arg[2]), tonumber(arg[3]), arg[4]

local done = {}
for line in io.lines(journal) do
    local id = line:match("^done (%d+) ") or line:match("^already (%d+) ")
    if id then done[id] = true end
end
local left = {}
for i = 1, count do
    local id = ("%d"):format(i)
    if not done[id] then left[#left + 1] = id end
end

local tenant = auth0.tenant {
    domain = os.getenv "AUTH0_TENANT_DOMAIN", client_id = "mockclient", client_secret = "mocksecret",
    resolve = { os.getenv "AUTH0_TENANT_RESOLVE" }, ca_file = os.getenv "AUTH0_TENANT_CA", proxy = false,
}
local file = assert(io.open(journal, "a"))
file:setvbuf("no")
file:write("\n") -- after a line that was cut

auth0.each(left, most, function(id)
    local call = pass .. "/" .. id
    local value, _, facts = tenant:link("auth0|" .. id, "google-oauth2|" .. id, { correlation_id = call })
    local word = value and (facts.already and "already" or "done") or facts.outcome
    file:write(("%s %s %s %s\n"):format(word, id, call, facts.code or "ok"))
end)
