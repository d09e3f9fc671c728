--- The commands of the safe merge: their arguments become a merge's options, and its receipt a file.
local receipts = require "auth0_accounts.receipts"
local stop = require "auth0_accounts.stop"
local words = require "auth0_accounts.words"

local merging = {}

local function list(values)
    return #values > 0 and values or nil
end

local function options_of(given)
    local options = { proof = given.proof, user_metadata = given.user_metadata, app_metadata = given.app_metadata,
        union = list(given.union), carry = list(given.carry), trusted_connections = list(given.trust_connection),
        password_merge = given.password_merge, unreadable = given.allow_unreadable and "allow" or nil,
        checks = given.no_checks and {} or list(given.check), connection_id = given.connection_id,
        correlation_id = given.correlation_id }
    if given.relink_holder then options.relink = { holder = given.relink_holder, proof = given.relink_proof } end
    if given.created_at_primary or given.created_at_secondary then
        options.created_at = { primary = given.created_at_primary, secondary = given.created_at_secondary }
    end
    if given.revoke or given.reset_password then
        options.after_link = { revoke = given.revoke, reset_password = given.reset_password }
    end
    return options
end

-- The receipt of the file says what is known at the end, too. If it cannot be written, the planned one serves.
local function keep(said, path, receipt)
    if not receipt then return end
    local is_kept, fault = receipts.replace(path, receipt)
    if is_kept then return end
    said:complain("%s: the receipt stays as it was (%s): it serves settle and undo", path, fault)
end

-- ---- preview, merge ----

merging.preview = {
    call = function(tenant, given) return tenant:preview(given.primary, given.secondary, options_of(given)) end,
    tell = function(said, result)
        said:value(result)
        said:lines(words.preview(result))
        return #result.reasons > 0 and stop.REFUSED or nil
    end,
}

merging.merge = {
    changes = true,
    call = function(tenant, given, said)
        receipts.check(given.receipt)
        local options, is_made = options_of(given), false
        options.on_receipt = function(receipt)
            receipts.make(given.receipt, receipt)
            is_made = true
        end
        local result, message, facts = tenant:merge(given.primary, given.secondary, options)
        if is_made then keep(said, given.receipt, (result or facts).receipt) end
        if is_made and not result and facts.outcome == "unknown" then
            said:complain('"auth0-accounts settle" says later, by the receipt in %s, what became of it', given.receipt)
        end
        return result, message, facts
    end,
    rehearse = function(tenant, given) return tenant:merge(given.primary, given.secondary, options_of(given)) end,
    tell = function(said, result, _, given)
        said:value(result)
        said:lines(words.merge(result, given.receipt))
    end,
}

-- ---- undo, settle ----

-- By the receipt of a file, which says afterwards what has become of the merge.
local function by_receipt(ask)
    return function(tenant, given, said)
        local result, message, facts = ask(tenant, receipts.read(given.receipt),
            { correlation_id = given.correlation_id })
        if result then keep(said, given.receipt, result.receipt) end
        return result, message, facts
    end
end

merging.undo = {
    changes = true,
    call = by_receipt(function(tenant, receipt, options) return tenant:undo(receipt, options) end),
    tell = function(said, result)
        said:value(result)
        said:lines(words.undo(result))
        return #result.conflicts > 0 and stop.FAILED or nil
    end,
}

merging.settle = {
    call = by_receipt(function(tenant, receipt, options) return tenant:settle(receipt, options) end),
    tell = function(said, result)
        said:value(result)
        said:lines(words.settle(result))
        return result.state == "unknown" and stop.UNKNOWN or nil
    end,
}

return merging
