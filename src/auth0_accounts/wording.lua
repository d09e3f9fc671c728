--- The library's messages name its options and methods: here they become what a user of the command can type.
local wording = {}

-- As the library says it, and as the command does.
local phrases = {
    { "that is not among trusted_connections", "that no --trust-connection names" },
    { "name it there only if", "name it only if" },
    { "say password_merge = true, with after_link to end", "give --password-merge, with --revoke and --reset-password "
        .. "to end" },
    { 'carry them (carry = { "organizations" })', "carry them (--carry organizations)" },
    { "move the identity with relink", "move the identity with --relink-holder and --relink-proof" },
    { "another time than created_at says", "another time than --created-at-primary or --created-at-secondary says" },
    { 'say unreadable = "allow"', "give --allow-unreadable" },
    { "out of checks", "out of --check" },
    { " and carry", " and --carry" },
    { "could not be asked (no token: unauthorized", "does not take the client: its id or its secret is wrong "
        .. "(unauthorized" },
    { "could not be asked (no token: forbidden", "gives the client no token for this audience (forbidden" },
    { "check client_id, client_secret or signing_key, audience, and that",
        "check AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET, --audience, and that" },
    { "for the Management API; or the token function", "for the Management API" },
    { "that ca_file, ca_path and client_cert are right", "that --ca-file is right" },
    { "proxy_ca_file, ca_file and ca_path", "--ca-file" },
    { "expected an array of names", "expected a name" },
    { ", and what link_with holds", "" },
    { "; or, with link_with, update:current_user_identities, if its user is the primary", "" },
    { "with update:current_user_identities alone only link_with is allowed", "update:current_user_identities is not "
        .. "enough for it" },
    { "as tenant:merge gave it", "as merge wrote it" },
    { "or discard app_metadata", "or give --app-metadata discard" },
    { "; for another provider give id, provider and user_id", "" },
    { "keep the failure's receipt, and ask tenant:settle later", "keep the receipt's file, and give settle later" },
    { "take it back with tenant:undo and the failure's receipt", "take it back by undo and the receipt's file" },
    { "ask for the undo again, with the same receipt", "give the same command again" },
}

-- Of a line of a journal: the receipt is there.
local of_lines = {
    { "keep the failure's receipt, and ask tenant:settle later", "the same command finds it out" },
    { "take it back with tenant:undo and the failure's receipt", "the same command goes on with it" },
}

-- What is wrong with an argument begins with its name.
local arguments = { primary = "PRIMARY:", secondary = "SECONDARY:", connection_id = "--connection-id:",
    correlation_id = "--correlation-id:", union = "--union:", email = "--email:", relink = "--relink-holder:" }

--- What the library's phrases are, so that a spec can look whether it still says them.
---@return string[]
function wording.phrases()
    local list = {}
    for _, each in ipairs { phrases, of_lines } do
        for _, phrase in ipairs(each) do list[#list + 1] = phrase[1] end
    end
    return list
end

local function replaced(text, what, by)
    local first, last = text:find(what, 1, true)
    if not first then return text end
    return text:sub(1, first - 1) .. by .. replaced(text:sub(last + 1), what, by)
end

local function all_replaced(message, list)
    for _, phrase in ipairs(list) do message = replaced(message, phrase[1], phrase[2]) end
    return message
end

---@param message string of the library
---@return string
function wording.of(message)
    message = message:gsub("^tenant:[%l_]+: ([%l_]+):", arguments):gsub("tenant:[%l_]+: ", "")
        :gsub("auth0%.tenant: ", "")
    return all_replaced(message, phrases)
end

--- The same of a line of a journal.
---@param message string of the library
---@return string
function wording.of_line(message)
    return wording.of(all_replaced(message, of_lines))
end

return wording
