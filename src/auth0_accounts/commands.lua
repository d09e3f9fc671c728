--- What each command asks of the tenant, and how its answer is told.
---@class auth0_accounts.Command
---@field call fun(tenant: auth0.Tenant, given: table, said: auth0_accounts.Output): any, string?, table
---@field tell fun(said: auth0_accounts.Output, value: any, facts: table): integer? exit code; 0
---@field changes? boolean it changes something at the tenant
---@field rehearse? fun(tenant: auth0.Tenant, given: table): any, string?, table for --dry-run, where that needs reads
local merging = require "auth0_accounts.merging"
local words = require "auth0_accounts.words"

local commands = { preview = merging.preview, merge = merging.merge, undo = merging.undo, settle = merging.settle }

local function common(given, more)
    local options = more or {}
    options.correlation_id = given.correlation_id
    return options
end

commands.show = {
    call = function(tenant, given) return tenant:user(given.id, common(given)) end,
    tell = function(said, user)
        said:value(user)
        said:lines(words.account(user))
    end,
}

local function tell_candidates(said, candidates, facts)
    said:value { candidates = said.array(candidates), searched = facts.searched, reason = facts.reason }
    said:lines(words.candidates(candidates, facts))
end

commands.candidates = {
    call = function(tenant, given)
        local options = common(given, { unverified = given.unverified, email = given.email })
        if given.id then return tenant:candidates(given.id, options) end
        return tenant:candidates(options)
    end,
    tell = tell_candidates,
}

local function tell_identities(done)
    return function(said, identities, facts)
        said:value { identities = said.array(identities), already = facts.already }
        said:lines(words.change(done, facts))
        said:lines(words.identities(identities))
    end
end

commands.link = {
    changes = true,
    call = function(tenant, given)
        return tenant:link(given.primary, given.secondary, common(given, { connection_id = given.connection_id }))
    end,
    tell = tell_identities "linked",
}

commands.unlink = {
    changes = true,
    call = function(tenant, given)
        return tenant:unlink(given.primary, given.secondary, common(given, { check = given.check }))
    end,
    tell = tell_identities "unlinked",
}

return commands
