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

local function options_of(lines, options)
    for _, option in ipairs(options) do
        local names = {}
        for i, name in ipairs(option.names) do names[i] = bold(name) end
        local value = option.value and " \\fI" .. escaped(option.value) .. "\\fR" or ""
        paragraph(lines, table.concat(names, ", ") .. value, option.about)
    end
end

local function synopsis_of(command)
    local words = { bold("auth0-accounts " .. command.name) }
    for _, option in ipairs(command.options) do
        if option.required then append(words, "%s \\fI%s\\fR", bold(option.names[1]), escaped(option.value)) end
    end
    for _, argument in ipairs(command.arguments) do
        append(words, argument.required and "\\fI%s\\fR" or "[\\fI%s\\fR]", escaped(argument.name))
    end
    return table.concat(words, " ") .. " [\\fIoption\\fR ...]"
end

local function command_of(lines, command)
    append(lines, ".SS %s\n%s\n.PP\n%s", command.name, synopsis_of(command), escaped(command.about))
    for _, argument in ipairs(command.arguments) do
        paragraph(lines, "\\fI" .. escaped(argument.name) .. "\\fR", argument.about)
    end
    options_of(lines, command.options)
end

---@param defined auth0_accounts.CommandLine
---@return string roff
function man_page.of(defined)
    local lines = { ('.TH AUTH0-ACCOUNTS 1 "" "lua-auth0 %s" "User Commands"'):format(auth0._VERSION) }
    append(lines, ".SH NAME\nauth0\\-accounts \\- accounts of an Auth0 tenant")
    append(lines, ".SH SYNOPSIS\n.B auth0\\-accounts\n\\fIcommand\\fR [\\fIoption\\fR ...]")
    append(lines, ".SH OPTIONS\nOf every command, before its name or after.")
    options_of(lines, defined.options)
    append(lines, ".SH COMMANDS")
    for _, command in ipairs(defined.commands) do command_of(lines, command) end
    append(lines, ".SH NOTES")
    for text in (defined.notes .. "\n\n"):gmatch "(.-)\n\n" do append(lines, ".PP\n%s", escaped(text)) end
    return table.concat(lines, "\n") .. "\n"
end

return man_page
