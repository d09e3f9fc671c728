--- auth0-accounts mapping
local mapping = { needs_tenant = false,
    summary = "Prints old ids and new ones, for systems that keep the ids of accounts." }

function mapping.define(parser)
    parser:argument("journal", "The file that apply made."):argname "JOURNAL"
    parser:flag("--csv", "As CSV, in which no id is a formula; else one JSON object a line.")
    parser:flag("--undone", "The links that undo took back: their old ids stand again.")
end

function mapping.call(_, given, said)
    local journal = require("auth0_accounts.journal").open(given.journal)
    local texts = require("auth0_accounts.apply.mapping").texts
    for text in texts(journal, given.csv and "csv" or "ndjson", given.undone and "undone" or "made") do
        said:text(text)
    end
    journal:close()
    return {}, nil, {}
end

function mapping.tell() end

return mapping
