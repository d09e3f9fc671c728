--- Arguments and options that several commands share.
local definitions = {}

definitions.PROOFS = { "both_authenticated", "shared_email", "operator" }
definitions.CHECKS = { "factors", "organizations", "groups", "provisioning", "roles", "permissions" }
definitions.FORMS = { "curl", "http", "postman", "auth0-cli" }

local function listed(words)
    return table.concat(words, ", ", 1, #words - 1) .. " or " .. words[#words]
end

--- An option with a few values, which its help names.
---@param parser table
---@param name string
---@param about string what is said of it: "About it: %s."
---@param choices string[]
---@return table option
function definitions.choice(parser, name, about, choices)
    return parser:option(name, (about:gsub("%%s", listed(choices)))):choices(choices)
end

---@param parser table
function definitions.two_accounts(parser)
    parser:argument("primary", "Full id of the account that stays."):argname "PRIMARY"
    parser:argument("secondary", "Full id of the other account, or identity."):argname "SECONDARY"
end

---@param parser table
function definitions.connection(parser)
    parser:option("--connection-id", "Picks one of several database connections in which the secondary may be.")
        :argname "ID"
end

local METADATA = { "discard", "primary_wins", "deep" }

--- What a merge keeps of the secondary's metadata.
---@param parser table
function definitions.metadata(parser)
    definitions.choice(parser, "--user-metadata",
        "What the primary gets of the secondary's: %s (default: primary_wins). discard: nothing; primary_wins: the "
        .. "keys that it lacks; deep: within objects, too.", METADATA):argname "CHOICE"
    definitions.choice(parser, "--app-metadata", "The same, of what applications rely on for access: %s (default: "
        .. "discard).", METADATA):argname "CHOICE"
    parser:option("--union", "A key of the metadata whose arrays are united; repeatable."):argname "KEY":count "*"
end

---@param parser table
---@param about string what --dry-run does
function definitions.dry_run(parser, about)
    parser:flag("--dry-run", about)
    definitions.choice(parser, "--as", "The form that --dry-run prints: %s (default: curl).", definitions.FORMS)
        :argname "FORM"
end

--- Accounts that come from a file, or from the tenant.
---@param parser table
function definitions.export(parser)
    parser:argument("users", "The export: NDJSON, or the gzip of it. With --export, the file to export to."):args "?"
        :argname "USERS"
    parser:flag("--export", "Export the tenant's accounts first.")
end

--- A whole number, as argparse converts it.
---@param least integer
---@return fun(text: string): integer|nil, string|nil
function definitions.whole(least)
    return function(text)
        local number = tonumber(text)
        if number and number % 1 == 0 and number >= least then return number end
        return nil, ("'%s': expected a whole number, %d or more"):format(text, least)
    end
end

--- A span of time, as argparse converts it.
---@param text string
---@return number|nil
---@return string|nil
function definitions.seconds(text)
    local number = tonumber(text)
    if number and number > 0 and number < math.huge then return number end
    return nil, ("'%s': expected seconds, more than 0"):format(text)
end

--- A share, as argparse converts it: "50%" or "0.5".
---@param text string
---@return number|nil
---@return string|nil
function definitions.share(text)
    local percent = text:match "^(.*)%%$"
    local number = tonumber(percent or text)
    if number and percent then number = number / 100 end
    if number and number >= 0 and number <= 0.9 then return number end
    return nil, ("'%s': expected a share from 0%% to 90%%"):format(text)
end

local function throttle_file(name)
    return require("auth0_accounts.apply.throttle").checked(name)
end

--- What all commands have that work on many accounts.
---@param parser table
function definitions.bulk(parser)
    parser:option("--reserve", "The share of each rate limit that is left to the tenant's logins, from 0% to 90% "
        .. "(default: 50%)."):argname "SHARE"
        :convert(definitions.share)
    parser:option("--in-flight", "How many links are worked on at the same time, at most (default: 10)."):argname "N"
        :convert(definitions.whole(1))
    parser:option("--throttle-file", "File with a number, which may change meanwhile: so many links a second "
        .. "may begin; 0: none."):argname "FILE":convert(throttle_file)
end

local RESERVE = 0.5

--- Options of the tenant for such a command, which hands its events to `given.hear`.
---@param given table arguments
---@return table options
function definitions.bulk_options(given)
    return { reserve = given.reserve or RESERVE, on_event = function(event)
        if given.hear then given.hear(event) end
    end }
end

return definitions
