--- The man page, from the command line as plain values.
local auth0 = require "auth0"

local man_page = {}

local function escaped(text)
    text = text:gsub("\\", "\\e"):gsub("%-", "\\-")
    return (("\n" .. text):gsub("\n([.'])", "\n\\&%1"):sub(2))
end

local function append(lines, format, ...)
    lines[#lines + 1] = format:format(...)
end

local function bold(text)
    return "\\fB" .. escaped(text) .. "\\fR"
end

local function paragraph(lines, label, text)
    append(lines, ".TP\n%s\n%s", label, escaped(text))
end

local function option_of(lines, option)
    local names = {}
    for i, name in ipairs(option.names) do names[i] = bold(name) end
    local value = option.value and " \\fI" .. escaped(option.value) .. "\\fR" or ""
    paragraph(lines, table.concat(names, ", ") .. value, option.about)
end

local function synopsis_of(name, command)
    local words = { bold("auth0-accounts " .. name) }
    for _, option in ipairs(command.options) do
        if option.required then append(words, "%s \\fI%s\\fR", bold(option.names[1]), escaped(option.value)) end
    end
    for _, argument in ipairs(command.arguments) do
        append(words, argument.required and "\\fI%s\\fR" or "[\\fI%s\\fR]", escaped(argument.name))
    end
    return table.concat(words, " ") .. " [\\fIoption\\fR ...]"
end

local function command_of(lines, name, command)
    for _, own in ipairs(command.commands) do command_of(lines, name .. " " .. own.name, own) end
    if command.commands[1] then return end
    append(lines, ".SS %s\n%s\n.PP\n%s", name, synopsis_of(name, command), escaped(command.about))
    for _, argument in ipairs(command.arguments) do
        paragraph(lines, "\\fI" .. escaped(argument.name) .. "\\fR", argument.about)
    end
    for _, option in ipairs(command.options) do
        if option.names[1] ~= "-h" then option_of(lines, option) end
    end
end

local DESCRIPTION = "auth0\\-accounts shows, links, merges and unlinks accounts of an Auth0 tenant, one or two at "
    .. "a time. For many of them, it makes a plan from an export, carries it out with a journal, checks it, and takes "
    .. "it back."

local EXAMPLES = {
    { "A link that keeps the metadata, and back:",
        "auth0-accounts merge 'auth0|1' 'github|2' --proof operator \\", "    --receipt ann.receipt",
        "auth0-accounts undo ann.receipt" },
    { "The duplicates of a tenant; plan and apply print the command that comes next:",
        "auth0-accounts plan --export users.ndjson -o plan.ndjson \\", "    --trust-connection google-oauth2",
        "auth0-accounts apply plan.ndjson -j links.journal", "auth0-accounts verify links.journal",
        "auth0-accounts undo links.journal" },
    { "All of it without a tenant, on accounts that are made up:", "auth0-accounts mock tenant.ndjson",
        "auth0-accounts --mock tenant.ndjson plan tenant.ndjson" },
}

local function examples_of(lines)
    append(lines, ".SH EXAMPLES")
    for _, example in ipairs(EXAMPLES) do
        append(lines, ".PP\n%s\n.PP\n.nf\n.RS 4", escaped(example[1]))
        for i = 2, #example do lines[#lines + 1] = escaped(example[i]) end
        append(lines, ".RE\n.fi")
    end
end

-- What the help ends with: a paragraph for each of these.
local NOTES = { "ENVIRONMENT", "EXIT STATUS" }

---@param defined auth0_accounts.CommandLine
---@return string roff
function man_page.of(defined)
    local lines = { ('.TH AUTH0-ACCOUNTS 1 "" "lua-auth0 %s" "User Commands"'):format(auth0._VERSION) }
    append(lines, ".SH NAME\nauth0\\-accounts \\- accounts of an Auth0 tenant")
    append(lines, ".SH SYNOPSIS\n.B auth0\\-accounts\n\\fIcommand\\fR [\\fIoption\\fR ...]")
    append(lines, ".SH DESCRIPTION\n%s", DESCRIPTION)
    append(lines, ".SH OPTIONS\nOf every command, before its name or after.")
    for _, option in ipairs(defined.options) do option_of(lines, option) end
    append(lines, ".SH COMMANDS")
    for _, command in ipairs(defined.commands) do command_of(lines, command.name, command) end
    examples_of(lines)
    local i = 0
    for text in (defined.notes .. "\n\n"):gmatch "(.-)\n\n" do
        i = i + 1
        append(lines, ".SH %s\n%s", NOTES[i], escaped(text))
    end
    return table.concat(lines, "\n") .. "\n"
end

return man_page
