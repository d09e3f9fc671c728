--- Every refusal of the Management API that the model knows, and the one place that writes their bodies.
local wire = require "auth0.mock.text.wire"

local errors = {}

local reasons = {
    [400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found",
    [408] = "Request Time-out", [409] = "Conflict", [413] = "Payload Too Large", [414] = "Request-URI Too Long",
    [415] = "Unsupported Media Type", [429] = "Too Many Requests", [500] = "Internal Server Error",
    [502] = "Bad Gateway", [503] = "Service Unavailable", [504] = "Gateway Time-out",
}

--- Name -> status, message, errorCode. Where no source publishes an errorCode for a refusal there is none: real bodies
--- often lack it. The words about link_with follow the published list of causes; the exact sentences are not published,
--- nor are those about roles, connections, jobs and sizes.
local known = {
    invalid_uri = { 400, "%s", "invalid_uri" },
    invalid_body = { 400, "%s", "invalid_body" },
    inexistent_connection = { 400, "The provider/connection is not configured.", "inexistent_connection" },
    invalid_query_string = { 400, "%s", "invalid_query_string" },
    not_updatable = { 400, "The following user attributes cannot be updated: %s. The connection (%s) must either be a "
        .. "database connection (using the Auth0 store), a passwordless connection (email or sms) or has disabled "
        .. "'Sync user profile attributes at each login'.", "operation_not_supported" },
    no_password = { 400, "The user's main connection does not support this operation", "operation_not_supported" },
    email_exists = { 400, "The specified new email already exists" },
    profile_too_large = { 400, "The user profile is larger than the maximum allowed size." },
    search_cap = { 400, "You can only page through the first %d records. See "
        .. "https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation" },
    phantom_connection = { 400, "Linking to an inexistent identity requires a connection." },
    phantom_refused = { 400, "Linking to an inexistent identity is not allowed." },
    same_identity = { 400, "Main identity and the new one are the same." },
    main_identity = { 400, "Main identity cannot be removed." },
    no_secondary = { 400, "Provided secondary account not found." },
    unable_to_link = { 400, "Unable to link with the secondary account." },
    link_with_invalid = { 400, "Invalid token in link_with." },
    link_with_expired = { 400, "Invalid token in link_with: the token has expired." },
    link_with_aud = { 400, "Invalid token in link_with: invalid aud." },
    link_with_no_sub = { 400, "Invalid token in link_with: the token must contain sub." },
    link_with_sub = { 400, "Invalid token in link_with: invalid sub." },
    link_with_alg = { 400, "Invalid token in link_with: the token must have alg RS256." },
    link_with_iss = { 400, "Invalid token in link_with: the token must have the same issuer as the calling user." },
    link_with_azp = { 400, "Invalid token in link_with: aud must match the azp of the calling token." },
    no_token = { 401, "Missing authentication" },
    invalid_token = { 401, "Invalid token" },
    invalid_signature = { 401, "Invalid signature received for JSON Web Token validation" },
    expired_token = { 401, "Expired token received for JSON Web Token validation" },
    insufficient_scope = { 403, "Insufficient scope; expected: %s.", "insufficient_scope" },
    other_subject = { 403, "User to be acted on does not match subject in bearer token." },
    inexistent_user = { 404, "The user does not exist.", "inexistent_user" },
    no_role = { 404, "The role does not exist." },
    no_organization = { 404, "No organization found by that id or name" },
    no_connection = { 404, "The connection does not exist." },
    not_provisioned = { 404, "Not Found" },
    no_job = { 404, "The job does not exist." },
    no_such_path = { 404, "Not Found" },
    missing_primary = { 400, "The user does not exist." },
    identity_exists = { 409, "Specified identity already exists." },
    user_exists = { 409, "The user already exists." },
    too_large = { 413, "Payload content length greater than maximum allowed: 1048576" },
    query_too_long = { 414, "The query is too long." },
    media_type = { 415, "Unsupported Media Type" },
}

---@param status integer
---@param message string
---@param error_code string|nil
---@return auth0.mock.answer
function errors.make(status, message, error_code)
    return wire.answer(status, {
        statusCode = status,
        error = reasons[status] or "Error",
        message = message,
        errorCode = error_code,
        attributes = status == 401 and { error = message } or nil,
    })
end

---@param name string a key of the table above
---@param ... any for the messages that vary
---@return auth0.mock.answer
function errors.answer(name, ...)
    local entry = known[name] or error("no such refusal: " .. tostring(name))
    return errors.make(entry[1], select("#", ...) > 0 and entry[2]:format(...) or entry[2], entry[3])
end

return errors
