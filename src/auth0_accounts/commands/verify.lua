--- auth0-accounts verify
local definitions = require "auth0_accounts.definitions"
local stop = require "auth0_accounts.stop"

local verify = { needs_tenant = true,
    summary = "Checks whether all that a journal says was made still stands at the tenant. It changes nothing." }

function verify.define(parser)
    parser:argument("journal", "The file that apply made."):argname "JOURNAL"
    parser:flag("--logs", "Also compare with the tenant's own logs (read:logs), as far back as it keeps them.")
    definitions.bulk(parser)
    parser:option("--limit", "Links to read at most."):argname "N":convert(definitions.whole(1))
end

verify.options = definitions.bulk_options

local function tell(said, line, word, why)
    said:value { line = line.number, word = word, primary = line.primary, secondary = line.secondary, why = why }
    said:lines { ("%d %s %s <- %s%s"):format(line.number, word, line.primary, line.secondary,
        why and " (" .. why .. ")" or "") }
end

local function look(own, said, counts)
    local look_at = require("auth0_accounts.apply.verify").line
    own:run(own.journal:units { "made" }, function(unit)
        for _, line in ipairs(unit) do
            if said.fault or not own:begin() then return end -- such as: no reader is left
            local word, why, failure = look_at(own.tenant, own.journal, line)
            if word then
                counts[word] = (counts[word] or 0) + 1
                own.progress:clear()
                tell(said, line, word, why)
            end
            own:tell(word or "failed", failure)
        end
    end)
end

local LOGGED = { unlogged = "was made, and the logs do not have it",
    unrecorded = "is in the logs, and the journal does not have it as made" }

local function compare(own, said, counts, time, shown)
    local found = require("auth0_accounts.apply.logs").compare(own.tenant, own.journal, time, function(done)
        shown.done = done
        shown:tick(own.tenant:now(), own.tenant:stats(), own.signals:status())
        return own:is_interrupted()
    end)
    shown:clear()
    for word, sentence in pairs(found and LOGGED or {}) do
        counts[word] = 0
        for number in found[word] do
            counts[word] = counts[word] + 1
            said:value { line = number, word = word, why = sentence }
            said:lines { ("%d %s (%s)"):format(number, word, sentence) }
        end
    end
end

local function call(tenant, given, said, world)
    local progress, work = require "auth0_accounts.apply.progress", require "auth0_accounts.apply.work"
    local journal = require("auth0_accounts.journal").open(given.journal)
    journal:check_domain(tenant.domain)
    journal.run_name = work.label(given)
    local total, counts = journal:count { "made" }, {}
    local own = work.new(given, world, tenant, journal, "verify", total)
    own.max_failures = 1
    local good, fault = pcall(look, own, said, counts)
    local unread = total
    for _, count in pairs(counts) do unread = unread - count end
    if good and given.logs and (own.reason or "limit") == "limit" then
        good, fault = pcall(compare, own, said, counts, work.clock(world),
            progress.new(world, "the logs", total, given.quiet))
    end
    journal:close()
    if not good then error(fault, 0) end
    return { counts = counts, code = own:code(), failure = own.failure, reason = own.reason,
        why = own:why(), unread = unread }
end

function verify.call(tenant, given, said, world)
    local attention = require "auth0_accounts.apply.attention"
    return attention.during(world, function(own) return call(tenant, given, said, own) end), nil, {}
end

local WORDS = { "made", "missing", "elsewhere", "changed", "unlogged", "unrecorded" }
local ALWAYS = 4 -- of these are told even where there is none

function verify.tell(said, value)
    local parts, wrong = {}, false
    for i, word in ipairs(WORDS) do
        local count = value.counts[word]
        if count or i <= ALWAYS then parts[#parts + 1] = ("%s %d"):format(word, count or 0) end
        wrong = wrong or word ~= "made" and (count or 0) > 0
    end
    if value.unread > 0 then parts[#parts + 1] = ("not read %d"):format(value.unread) end
    said:lines { table.concat(parts, ", "), value.why }
    said:value { counts = value.counts, unread = value.unread, reason = value.reason }
    if value.failure then said:complain("%s", value.failure.message) end
    if value.code ~= stop.DONE then return value.code end
    return wrong and stop.FAILED or stop.DONE
end

return verify
