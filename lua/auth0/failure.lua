--- Failures: `nil, message, failure`, made by one constructor. A message is a plain string, fit for a log: it never
--- holds a token.
local failure = {}

---@alias auth0.FailureCode
---| "unreachable" # no connection, nothing sent: name not found, refused, no route, connect timeout, proxy
---| "tls" # nothing sent: certificate or protocol refused
---| "timeout" # its time was over before a change was sent, or in a read
---| "cancelled" # by tenant:close, before a change was sent, or in a read; or by on_receipt of a merge
---| "unknown_outcome" # a change that was sent, and whose outcome the tenant did not tell
---| "bad_response" # the answer is not what the API promises; a redirect is never followed
---| "too_large" # the answer to a read is larger than max_response, too heavy as Lua values, or has too many headers
---| "invalid_request" # 400, and other 4xx
---| "unauthorized" # 401
---| "forbidden" # 403
---| "not_found" # 404; or `check` found that the identity is not the primary's
---| "conflict" # 409; or the tenant reported success, and the identity is still there
---| "rate_limited" # 429
---| "server_error" # 408 or 5xx, of a read
---| "connection_lost" # of a read; or of a change that the server says it did not process
---| "guarded" # a merge or an undo that was refused before it changed anything

---@alias auth0.FailureCause
---| "timeout"
---| "cancelled"
---| "connection_lost"
---| "bad_response"
---| "too_large"
---| "server_error"
---| "conflict" # and the other refusals, of a try after one that ended unknown
---| "invalid_request"
---| "unauthorized"
---| "forbidden"
---| "not_found"
---| "rate_limited"

---@alias auth0.LastSeen
---| "not_linked" # the identity was not on the primary: the change was not made, or not yet
---| "linked" # of an unlink: the identity was still there
---| "linked_elsewhere" # the tenant says that the identity exists, and it is not on this primary
---| "unreadable" # nothing could be read: no scope (read:users), no answer, no time

---@class auth0.Failure
---@field code auth0.FailureCode
---@field outcome "none"|"unknown" none: the tenant did not change by this call; unknown: it may have
---@field cause? auth0.FailureCause with unknown_outcome: how the last try ended
---@field last_seen? auth0.LastSeen with unknown_outcome and conflict: what the last read of the primary showed
---@field status? integer the HTTP status, where one came
---@field error? string what the tenant answered: its `error`
---@field error_code? string its `errorCode`; often absent
---@field description? string its `message`, or OAuth's `error_description`
---@field retry_after? number seconds, where the tenant said so
---@field detail? string what libcurl, or the reader of the answer, had to say; of a token, what it says of itself
---@field content_type? string of an answer that is not the API's, but of something before it
---@field missing? "primary"|"secondary"|"account" which account was not found: of a link or an unlink, or of a read
---@field id? string with missing: its full id
---@field reasons? auth0.MergeFinding[] with guarded: all of them
---@field step? string of a merge and an undo: the request that decided it, "write" or "link" for example
---@field put_back? string[] of a merge: what had been changed, and is as it was before
---@field left? string[] of a merge: what was changed and is not put back
---@field conflicts? table[] what other clients changed meanwhile, and is therefore not put back
---@field restored? table[] of an undo: what was given back before it failed
---@field is_partly? boolean of a merge and an undo, true: some of its changes stand
---@field undo_after? integer UNIX seconds, of a merge and an undo: until then an undo is refused
---@field receipt? auth0.MergeReceipt of a merge that may have changed something: for tenant:settle and tenant:undo
---@field attempts integer requests that were begun, including reads
---@field elapsed number seconds
---@field request_id? string the tenant's name for the request
---@field message string the message

local failure_mt = {
    __name = "auth0.failure",
    __tostring = function(self) return self.message end,
}

--- Builds every failure of this library.
---@param code auth0.FailureCode
---@param fields table facts; becomes the failure
---@param format string of string.format
---@param ... any its arguments
---@return nil
---@return string message
---@return auth0.Failure failure
function failure.make(code, fields, format, ...)
    fields.code = code
    fields.message = format:format(...)
    return nil, fields.message, setmetatable(fields, failure_mt)
end

-- What happened, by code; below, what to do about it where nothing was changed.
local causes = {
    unreachable = "no connection to %s",
    tls = "no connection to %s that can be trusted",
    timeout = "%s did not answer in time",
    cancelled = "cancelled while waiting for %s",
    connection_lost = "the connection to %s ended before the whole answer had come",
    bad_response = "the answer of %s is not what the API promises",
    too_large = "the answer of %s is too large",
    invalid_request = "%s refused the request",
    unauthorized = "%s does not accept the token",
    forbidden = "%s does not allow this request with the token",
    not_found = "%s does not find what was asked for",
    conflict = "%s reports a conflict",
    rate_limited = "%s has had too many requests",
    server_error = "%s had an internal error",
}

-- For any call, and what only one of them can say.
local advice = {
    bad_response = "redirects are not followed: check that the domain is the tenant's",
    unreachable = "check the domain, the network and the proxy",
    tls = "check the domain, its certificate, and that ca_file, ca_path and client_cert are right and can be read",
    unauthorized = "get a new one, for this domain",
    rate_limited = "try again later",
}

local advice_of = {
    ["auth0.link"] = {
        invalid_request = "check the ids, and what link_with holds; the secondary may have been linked already",
        forbidden = "the token needs update:users; or, with link_with, update:current_user_identities, if its user is "
            .. "the primary",
        conflict = "the identity may have been linked already: read the primary's identities",
        elsewhere = "unlink it from that account first, or make that account the primary",
    },
    ["auth0.unlink"] = {
        invalid_request = "check the ids; the main identity of an account cannot be unlinked",
        forbidden = "the token needs update:users, or update:current_user_identities if its user is the primary; "
            .. "with check also read:users",
        conflict = "read the primary's identities before trying again",
    },
}

advice_of["tenant:link"], advice_of["tenant:unlink"] = advice_of["auth0.link"], advice_of["auth0.unlink"]

-- "Insufficient scope; expected: read:users.": the tenant names the scope that this request lacked. A call may make
-- more than one request, so our own advice would have to name the scopes of all of them.
local function expected_scopes(facts)
    return facts.description and facts.description:match("expected: *(%w.*)$")
end

-- The tenant names update:current_user_identities even to a token that has it, if the link was asked for without
-- link_with.
local function advise_forbidden(caller, scopes)
    if advice_of[caller] == advice_of["auth0.link"] and scopes:find("update:current_user_identities", 1, true) then
        return "with update:current_user_identities alone only link_with is allowed"
    end
end

-- Whether no request of the call itself was begun: the request for the token failed, or the token function.
local function is_of_token(facts)
    return facts.attempts == 0 and facts.detail ~= nil and facts.detail:find("^no token: ") ~= nil
end

-- Codes of calls that end before anything is sent, because of what the token itself says. The detail is all that helps.
local refused_here = { invalid_request = true, unauthorized = true, forbidden = true }

local function is_ours(facts)
    return facts.attempts == 0 and facts.detail ~= nil and refused_here[facts.code] and not is_of_token(facts)
end

-- Of a token; what is wrong with the way there is said as for any call.
local token_advice = "check client_id, client_secret or signing_key, audience, and that the application is authorized "
    .. "for the Management API; or the token function"
local of_the_way = { unreachable = true, tls = true, rate_limited = true }
local without_advice = { timeout = true, cancelled = true, connection_lost = true, server_error = true }

local function advise_token(code)
    if of_the_way[code] then return advice[code] end
    return not without_advice[code] and token_advice or nil
end

-- Said of a certificate that is not the tenant's.
local function is_of_proxy(facts)
    return facts.code == "tls" and facts.detail ~= nil and facts.detail:find("^of the proxy, ") ~= nil
end

local FOREIGN = "a firewall, a proxy or a login page may stand before the tenant: check the domain and the proxy"
local MISSING = "check the id; an account that has been linked to another is not found under its own id"
local NO_IDENTITY = "check the id, and read the primary's identities; this one may have been unlinked before"

local function is_elsewhere(facts)
    return facts.code == "conflict" and facts.last_seen == "linked_elsewhere"
end

-- Said of the identity that a checked unlink did not find.
local function is_of_unlink(caller, facts)
    return facts.missing == "secondary" and advice_of[caller] == advice_of["auth0.unlink"]
end

local function is_redirect(facts)
    return facts.status ~= nil and facts.status >= 300 and facts.status < 400
end

local function advise(caller, facts)
    if is_of_proxy(facts) then return "check the proxy's certificate, and proxy_ca_file, ca_file and ca_path" end
    if is_of_token(facts) then return advise_token(facts.code) end
    if is_ours(facts) then return nil end
    if facts.content_type then return FOREIGN end
    if facts.missing then return is_of_unlink(caller, facts) and NO_IDENTITY or MISSING end
    if is_elsewhere(facts) then return advice_of["auth0.link"].elsewhere end
    if facts.code == "bad_response" and not is_redirect(facts) then return nil end
    local scopes = facts.code == "forbidden" and expected_scopes(facts)
    if scopes then return advise_forbidden(caller, scopes) end
    return advice_of[caller] and advice_of[caller][facts.code] or advice[facts.code]
end

local function said(facts)
    local words = {}
    if facts.status then words[#words + 1] = ("status %d"):format(facts.status) end
    local tenants = facts.description or facts.error
    words[#words + 1] = tenants and ('"%s"'):format(tenants:gsub("%.$", "")) or nil
    words[#words + 1] = facts.error_code
    if facts.content_type then words[#words + 1] = facts.content_type .. ", and not the API's JSON" end
    words[#words + 1] = facts.detail
    if facts.retry_after then words[#words + 1] = ("retry after %g s"):format(facts.retry_after) end
    if facts.request_id then words[#words + 1] = "request " .. facts.request_id end
    return #words > 0 and (" (%s)"):format(table.concat(words, "; ")) or ""
end

-- What a read of the primary showed afterwards; it permits another try, and proves nothing.
local seen = {
    not_linked = "; the primary did not show the change, which may still be made: read the primary again later",
    linked = "; the primary still had the identity, which may yet be unlinked: read the primary again later",
    linked_elsewhere = "; the identity is not on this primary: it may have been linked to another account",
}

local function ending(caller, facts, is_read)
    if facts.outcome == "unknown" then
        local what = advice_of[caller] and "the primary's identities" or "what it was to change"
        return seen[facts.last_seen] or "; the change may or may not have been made: read " .. what
            .. " before trying again"
    end
    local what_to_do = advise(caller, facts)
    if is_read then return what_to_do and ": " .. what_to_do or "" end
    return "; nothing was changed" .. (what_to_do and ": " .. what_to_do or "")
end

local function cause_of(domain, facts)
    if is_of_token(facts) then return ("%s could not be asked"):format(domain) end
    if is_ours(facts) then return "nothing was sent" end
    if facts.missing then return ("%s does not find the %s %s"):format(domain, facts.missing, facts.id) end
    if is_elsewhere(facts) then return ("%s says that the identity belongs to another account"):format(domain) end
    if facts.content_type and facts.status >= 400 and facts.status < 500 and facts.outcome == "none" then
        return ("something else than the API answered for %s"):format(domain)
    end
    return (causes[facts.cause or facts.code] or causes.bad_response):format(domain)
end

--- The failure of one call, in words.
---@param caller string "auth0.link"
---@param domain string
---@param facts table what auth0.core tells
---@param is_read? boolean there was nothing to be changed
---@return nil
---@return string message
---@return auth0.Failure failure
function failure.of_call(caller, domain, facts, is_read)
    return failure.make(facts.code, facts, "%s: %s%s%s", caller, cause_of(domain, facts), said(facts),
        ending(caller, facts, is_read))
end

-- ---- of several requests that are one goal ----

local function sentences(reasons)
    local words = {}
    for i, reason in ipairs(reasons) do words[i] = reason.message end
    return table.concat(words, "; ")
end

local function names_of(list)
    local names = {}
    for i, entry in ipairs(list or {}) do names[i] = type(entry) == "table" and entry.what or entry end
    return table.concat(names, ", ")
end

local AGAIN = "ask for the undo again, with the same receipt"
local TAKE_BACK = "take it back with tenant:undo and the failure's receipt"

-- What other clients changed meanwhile, and is therefore not put back.
local function edited(conflicts)
    local keys = {}
    for i, entry in ipairs(conflicts or {}) do keys[i] = entry.what .. (entry.key and "." .. entry.key or "") end
    return keys[1] and ", but for what was changed meanwhile: " .. table.concat(keys, ", ") or ""
end

-- Until then an undo is refused, since a request of the merge may still be carried out.
local function not_before(facts)
    return facts.undo_after and "; undo it not before " .. os.date("!%Y-%m-%d %H:%M:%S UTC", facts.undo_after) or ""
end

local function ending_of_sequence(caller, facts, is_read)
    local is_undo, left = caller == "tenant:undo", names_of(facts.left)
    if facts.code == "unknown_outcome" then
        return "; whether the request was carried out is not known yet" .. (is_undo and ": " .. AGAIN or
            ", and nothing was put back: keep the failure's receipt, and ask tenant:settle later")
    elseif facts.is_partly then
        return (is_undo and "; part of the undo is done" or "; part of the merge stands")
            .. (left ~= "" and " (" .. left .. ")" or "") .. ": " .. (is_undo and AGAIN or TAKE_BACK)
    elseif facts.put_back and facts.put_back[1] then
        return "; what had been changed was put back: " .. names_of(facts.put_back) .. edited(facts.conflicts)
    end
    return ending(caller, facts, is_read)
end

-- Why it failed; nil where a request decided that.
local function reason_of(facts)
    if facts.code == "guarded" and facts.reasons and facts.reasons[1] then return sentences(facts.reasons) end
    return not facts.step and facts.detail or facts.code == "guarded" and "guarded" or nil
end

--- The failure of a preview, a merge, an undo or a settle, in words.
---@param caller string "tenant:merge"
---@param domain string
---@param facts table what auth0.core tells
---@param is_read? boolean there was nothing to be changed
---@return nil
---@return string message
---@return auth0.Failure failure
function failure.of_sequence(caller, domain, facts, is_read)
    local words = reason_of(facts)
    if words and (facts.is_partly or facts.put_back and facts.put_back[1]) then
        return failure.make(facts.code, facts, "%s: %s%s%s", caller, words, ending_of_sequence(caller, facts, is_read),
            not_before(facts))
    elseif words and facts.outcome == "none" then
        local prefix = is_read and "" or "nothing was changed: "
        return failure.make(facts.code, facts, "%s: %s%s%s", caller, prefix, words, not_before(facts))
    end
    local step = facts.step and facts.step ~= "read" and (" (in the step %q)"):format(facts.step) or ""
    return failure.make(facts.code, facts, "%s: %s%s%s%s%s", caller, cause_of(domain, facts), step, said(facts),
        ending_of_sequence(caller, facts, is_read), not_before(facts))
end

return failure
