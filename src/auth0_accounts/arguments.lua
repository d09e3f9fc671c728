--- What the command line may say.
local arguments = {}

local INSTALL = "auth0-accounts: argparse is missing: install it with \"apt-get install lua-argparse\" or "
    .. "\"luarocks --lua-version %s install argparse\"\n%s"

-- Needed by this command alone, so it is no dependency of the library.
local function argparse()
    local good, found = pcall(require, "argparse")
    if good then return found end
    error(INSTALL:format(_VERSION:match "%d+%.%d+", tostring(found)), 0)
end

local EPILOG = [[
The tenant: AUTH0_DOMAIN, and AUTH0_TOKEN or AUTH0_CLIENT_ID with AUTH0_CLIENT_SECRET, from the environment.
Exit codes: 0 done; 1 failed; 2 refused, or used wrongly; 3 a change was sent, and its outcome is not known;
130 interrupted.]]

local PROOFS = { "both_authenticated", "shared_email", "operator" }
local METADATA = { "discard", "primary_wins", "deep" }
local CARRIED = { "roles", "permissions", "organizations", "name", "picture" }
local CHECKS = { "factors", "organizations", "groups", "provisioning", "roles", "permissions" }
arguments.FORMS = { "curl", "http", "postman", "auth0-cli" }

local function of_every_command(parser)
    parser:option("--ca-file", "PEM file with the certificates to trust instead of the system's."):argname "FILE"
    parser:option("--resolve", "Where a host is, without asking the resolver; repeatable."):argname "HOST:PORT:ADDRESS"
        :count "*"
    parser:option("--audience", "The token's audience, if AUTH0_DOMAIN is a custom domain: "
        .. "https://CANONICAL-DOMAIN/api/v2/"):argname "URL"
    parser:option("--deadline", "Seconds for all that a call does (default: 60)."):argname "SECONDS":convert(tonumber)
    parser:option("--correlation-id", "A text that the tenant's logs show."):argname "TEXT"
    parser:flag("--json", "Print the result, or the failure, as one line of JSON.")
end

local function of_dry_run(command, words)
    command:flag("--dry-run", words)
    command:option("--as", "The form that --dry-run prints: curl (default), http, postman or auth0-cli."):argname "FORM"
        :choices(arguments.FORMS)
end

local function of_two(command)
    command:argument("primary", "Full id of the account that stays."):argname "PRIMARY"
    command:argument("secondary", "Full id of the other account, or identity."):argname "SECONDARY"
end

local function of_merging(command)
    of_two(command)
    command:option("--proof", "Why both accounts are one person's; required."):argname "PROOF":choices(PROOFS):count(1)
    command:option("--user-metadata", "What the primary gets of the secondary's (default: primary_wins).")
        :argname "CHOICE":choices(METADATA)
    command:option("--app-metadata", "What the primary gets of the secondary's (default: discard).")
        :argname "CHOICE":choices(METADATA)
    command:option("--union", "A key whose arrays are united; repeatable."):argname "KEY":count "*"
    command:option("--carry", "What else the primary gets of the secondary's; repeatable."):argname "WHAT"
        :choices(CARRIED):count "*"
    command:option("--trust-connection", "With shared_email: a connection whose verified addresses count; repeatable.")
        :argname "NAME":count "*"
    command:flag("--password-merge", "With shared_email: allow an account with a password.")
    command:flag("--allow-unreadable", "What cannot be read is a warning, not a reason against the merge.")
    command:option("--check", "Read only this beside the profiles; repeatable (default: all)."):argname "WHAT"
        :choices(CHECKS):count "*"
    command:flag("--no-checks", "Read only the two profiles.")
    command:option("--relink-holder", "The account that holds the identity now, from which to move it."):argname "ID"
    command:option("--relink-proof", "Why the holder is the same person's account."):argname "PROOF":choices(PROOFS)
    command:option("--created-at-primary", "The primary's created_at, as a preview showed it."):argname "TIME"
    command:option("--created-at-secondary", "The secondary's created_at, as a preview showed it."):argname "TIME"
    command:option("--connection-id", "Picks one of several database connections."):argname "ID"
    command:flag("--revoke", "End the primary's sessions and refresh tokens afterwards.")
    command:flag("--reset-password", "Make a ticket for a new password afterwards, for each identity that has one.")
end

local define = {}

function define.show(command)
    command:description "Prints an account."
    command:argument("id", "The account's full id."):argname "ID"
    of_dry_run(command, "Send nothing; print the request.")
end

function define.candidates(command)
    command:description "Prints other accounts with the address of an account, and the evidence for each."
    command:argument("id", "The account's full id; or --email."):argname "ID":args "?"
    command:option("--email", "Instead of an id: accounts with this address."):argname "ADDRESS"
    command:flag("--unverified", "Also accounts where an address is not verified, on either side.")
end

function define.link(command)
    command:description "Links the secondary to the primary. The secondary's metadata is lost: see merge."
    of_two(command)
    command:option("--connection-id", "Picks one of several database connections."):argname "ID"
    of_dry_run(command, "Send nothing; print the request.")
end

function define.unlink(command)
    command:description "Takes the secondary's identity from the primary."
    of_two(command)
    command:flag("--check", "Read the primary first, and fail if it has no such identity.")
    of_dry_run(command, "Send nothing; print the request.")
end

function define.preview(command)
    command:description "Prints what a merge would do, and what stands against it. It changes nothing."
    of_merging(command)
end

function define.merge(command)
    command:description "Links the secondary to the primary, which keeps what you choose."
    of_merging(command)
    command:option("--receipt", "File for the receipt, made before anything is changed; required without --dry-run.")
        :argname "FILE"
    of_dry_run(command, "Read, but change nothing; print the requests that would change something.")
end

function define.undo(command)
    command:description "Takes a merge back, as far as the API allows."
    command:argument("receipt", "The file that merge made."):argname "RECEIPT"
end

function define.settle(command)
    command:description "Prints what became of a merge whose outcome was unknown. It changes nothing at the tenant."
    command:argument("receipt", "The file that merge made."):argname "RECEIPT"
end

arguments.COMMANDS = { "show", "candidates", "link", "unlink", "preview", "merge", "undo", "settle" }

local function new_parser()
    local parser = argparse()("auth0-accounts", "Accounts of an Auth0 tenant, one or two at a time.", EPILOG)
    parser:command_target "command":require_command(true)
    of_every_command(parser)
    for _, name in ipairs(arguments.COMMANDS) do define[name](parser:command(name)) end
    return parser
end

-- What the parser cannot know.
local function fault_of(given)
    if given.as and not given.dry_run then return "--as is a form of --dry-run: add --dry-run" end
    if given.command == "merge" and (given.receipt == nil) == (given.dry_run == nil) then
        return "merge takes one of --receipt FILE and --dry-run, not both"
    end
    if given.check == true and given.dry_run then
        return "--check does not go with --dry-run: what it sends depends on what it reads"
    end
    if given.command == "candidates" and (given.id == nil) == (given.email == nil) then
        return "candidates takes an id, or --email"
    end
    if (given.relink_holder == nil) ~= (given.relink_proof == nil) then
        return "--relink-holder and --relink-proof go together"
    end
    if given.no_checks and #given.check > 0 then return "--check does not go with --no-checks" end
end

---@param list string[]
---@return table|nil given by name; `command` is the command's
---@return string|nil message
function arguments.parse(list)
    local parser = new_parser()
    local good, given = parser:pparse(list)
    local fault = not good and given or fault_of(given)
    if not fault then return given end
    return nil, ("%s\n\nauth0-accounts: %s\n"):format(parser:get_usage(), fault)
end

return arguments
