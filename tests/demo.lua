--- What tests/demo runs, against the tenant whose AUTH0_TENANT_* are exported.
local auth0 = require "auth0"
local tenant = require "support.tenant"

local ada, google = "auth0|507f1f77bcf86cd799439020", "google-oauth2|115015401343387192604"
local samlp, github = "samlp|acme|7", "github|583231"

-- A full disk must not look like a demonstration that went well.
io.stdout:setvbuf("line")
local function say(text)
    assert(io.write(text, "\n"))
end

local function heading(text)
    say("\n" .. text)
end

local function print_table(identities)
    local rows, widths = { { "", "provider", "user_id", "connection", "email" } }, {}
    for i, identity in ipairs(identities) do
        local profile = identity.profileData or {}
        rows[i + 1] = {
            i == 1 and "primary" or "", identity.provider, identity.user_id,
            identity.connection or "", profile.email or "",
        }
    end
    for _, row in ipairs(rows) do
        for column, text in ipairs(row) do widths[column] = math.max(widths[column] or 0, #text) end
    end
    for _, row in ipairs(rows) do
        local line = {}
        for column, text in ipairs(row) do line[column] = text .. (" "):rep(widths[column] - #text) end
        say(("  " .. table.concat(line, "  ")):match("^(.-) *$"))
    end
end

local function show(identities, message, details)
    assert(identities, message)
    print_table(identities)
    local exchanges = details.attempts == 1 and "1 attempt" or details.attempts .. " attempts"
    say(("  status %d, %s, %.1f ms"):format(details.status, exchanges, details.elapsed * 1000))
end

-- Every call names where and as whom; a real tenant needs neither `resolve` nor `ca_file`.
local function options(fields)
    fields.domain, fields.resolve, fields.ca_file = tenant.domain, { tenant.resolve }, tenant.ca
    return fields
end

tenant.start()
tenant.reset {
    { user_id = ada, connection = "Username-Password-Authentication", email = "ada@example.com",
        user_metadata = { theme = "dark", prefs = { size = 12 } } },
    { user_id = google, connection = "google-oauth2", email = "ada@example.com" },
    { user_id = samlp, connection = "acme", email = "ada@acme.example" },
    { user_id = github, connection = "github", name = "Ada", roles = { { id = "rol_editor", name = "Editor" } },
        user_metadata = { theme = "light", prefs = { font = "serif" } }, app_metadata = { plan = "gold" } },
}
local machine_token = tenant.token { kind = "machine" }

heading(("Link %s to %s, by id, with a machine's token:"):format(google, ada))
show(auth0.link(options { token = machine_token, primary = ada, secondary = google }))

heading(("Link %s by link_with, with the primary's own token and the secondary's ID token:"):format(samlp))
local own_token = tenant.token { kind = "user", sub = ada, azp = "app" }
local id_token = tenant.token { kind = "id", sub = samlp, aud = "app" }
show(auth0.link(options { token = own_token, primary = ada, link_with = id_token }))

heading(("Unlink %s:"):format(google))
show(auth0.unlink(options { token = machine_token, primary = ada, secondary = google }))

local accounts = auth0.tenant(options { token = machine_token })
local choices = { proof = "both_authenticated", user_metadata = "deep", carry = { "roles" } }

heading(("Preview a merge of %s into %s, which changes nothing:"):format(github, ada))
local preview = assert(accounts:preview(ada, github, choices))
say("  it would write " .. preview.patch_text)
for _, fate in ipairs { "carried", "lost" } do
    for _, thing in ipairs(preview[fate]) do
        local what = thing.key and thing.what .. "." .. thing.key or thing.what
        if thing.of == "secondary" then say(("  %s: %s (%s)"):format(fate, what, thing.why)) end
    end
end

heading("Merge them. Its receipt could be kept before anything was changed:")
choices.on_receipt = function(receipt) say("  the receipt is here, and is " .. receipt.state) end
local merged = assert(accounts:merge(ada, github, choices))
print_table(merged.identities)
say(("  %d requests; the receipt is now %s"):format(merged.requests, merged.receipt.state))

heading("Undo it: what the merge wrote is put back, and the account is on its own again, with its metadata:")
local undone = assert(accounts:undo(merged.receipt))
print_table(undone.identities)
local metadata = assert(accounts:user(github)).user_metadata
say(("  theme = %q, prefs.font = %q; conflicts: %d"):format(metadata.theme, metadata.prefs.font, #undone.conflicts))
assert(not assert(accounts:user(ada)).user_metadata.prefs.font, "what the merge wrote is still there")
accounts:close()

heading("A failure is returned as nil, a sentence, and a table:")
local identities, message, failure = auth0.link(options {
    token = machine_token, primary = ada, secondary = "google-oauth2|nobody",
})
assert(not identities, "no account was linked")
say("  " .. message)
say(("  code = %q, outcome = %q, status = %d"):format(failure.code, failure.outcome, failure.status))

heading("The tenant makes the link, and the connection breaks before the answer. A read of the primary finds the link "
    .. "(it shows no profile of the main identity):")
tenant.arm { fault = "reset-after", method = "POST" }
local receipt
identities, message, receipt = auth0.link(options { token = machine_token, primary = ada, secondary = google })
show(identities, message, receipt)

heading("The same again: it is there already, and the receipt says so:")
identities, message, receipt = auth0.link(options { token = machine_token, primary = ada, secondary = google })
assert(identities and receipt.already, message or "a second link was taken for the first")
say(("  already = %s, status %d, %d attempts"):format(receipt.already, receipt.status, receipt.attempts))

heading("An answer is lost, and the token may not read:")
local blind_token = tenant.token { kind = "machine", scope = "update:users" }
tenant.arm { fault = "reset-before", method = "DELETE" }
identities, message, failure = auth0.unlink(options { token = blind_token, primary = ada, secondary = google })
assert(not identities and failure.outcome == "unknown", "a lost answer was taken for something else")
say("  " .. message)
say(("  code = %q, outcome = %q, cause = %q, last_seen = %q"):format(failure.code, failure.outcome, failure.cause,
    failure.last_seen))

heading("A mistake of the caller raises, before anything is sent:")
local raised, sentence = pcall(auth0.link, options { token = machine_token, primary = ada, secondary = ada })
assert(not raised, "an account was linked with itself")
say("  " .. sentence)

auth0.close()
