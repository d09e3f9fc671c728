--- Arguments and options that several commands share.
local definitions = {}

definitions.PROOFS = { "both_authenticated", "shared_email", "operator" }
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
---@param about string what --dry-run does
function definitions.dry_run(parser, about)
    parser:flag("--dry-run", about)
    definitions.choice(parser, "--as", "The form that --dry-run prints: %s (default: curl).", definitions.FORMS)
        :argname "FORM"
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

return definitions
