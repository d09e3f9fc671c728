--- auth0-accounts journal
local definitions = require "auth0_accounts.definitions"
local noun = require "auth0_accounts.noun"

local journal = { needs_tenant = false,
    summary = "Prints all that a journal holds, or takes out the personal data that is no longer needed." }

local function action(parser, name, about)
    local own = parser:command(name):description(about)
    own:argument("journal", "The file that apply made."):argname "JOURNAL"
    return own
end

function journal.define(parser)
    parser:command_target "action"
    action(parser, "export", "Prints all that a journal holds, one JSON object a line.")
    action(parser, "prune", "Takes the personal data of old links out of a journal. undo cannot take these links back "
        .. "any more.")
        :option("--older-than", "Links that were last worked on so many days ago, or earlier."):argname "DAYS"
        :convert(definitions.whole(0)):count(1)
end

local actions = {}

function actions.export(opened, said)
    for text in require("auth0_accounts.apply.journal_export").texts(opened) do said:text(text) end
    return { action = "export" }
end

function actions.prune(opened, _, given, world)
    local now = require("auth0_accounts.apply.work").clock(world)()
    return { action = "prune", lines = opened:prune(math.floor(now) - given.older_than * 86400) }
end

function journal.call(_, given, said, world)
    local opened = require("auth0_accounts.journal").open(given.journal)
    local good, value = pcall(actions[given.action], opened, said, given, world)
    opened:close()
    if not good then error(value, 0) end
    return value, nil, {}
end

function journal.tell(said, value)
    if value.action ~= "prune" then return end
    local count = value.lines
    said:value { pruned = count }
    said:lines { ("%d %s: what %s accounts held is out of the journal; undo cannot take %s back any more")
        :format(count, noun(count, "link"), noun(count, "its", "their"), noun(count, "it", "them")) }
end

return journal
