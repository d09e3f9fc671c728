--- Where the accounts come from: a file, a pipe, or the tenant's own export, in a file that its user alone can read.
local core = require "auth0.core"
local json = require "auth0.json"
local private_file = require "auth0_accounts.private_file"
local stop = require "auth0_accounts.stop"
local watch = require "auth0_accounts.watch"

local exports = {}

-- What a plan looks at, or counts for the size of a profile.
local FIELDS = { "user_id", "email", "email_verified", "username", "phone_number", "phone_verified", "name",
    "given_name", "family_name", "nickname", "picture", "created_at", "updated_at", "last_login", "logins_count",
    "blocked", "multifactor", "identities", "user_metadata", "app_metadata" }

local function remove_tokens(user)
    for _, identity in ipairs(json.is_array(user.identities) and user.identities or {}) do
        if json.is_object(identity) then
            identity.access_token, identity.access_token_secret, identity.refresh_token = nil, nil, nil
        end
    end
end

-- Of what the library does not read, such as deeply nested metadata, the rest is not to be lost.
local function without_tokens(text)
    for _, name in ipairs { "access_token", "access_token_secret", "refresh_token" } do
        text = text:gsub(('"%s"%%s*:%%s*"[^"]*"'):format(name), ('"%s":null'):format(name))
    end
    return text
end

-- A row without tokens stays as it is, so that a plan sees a member that it has twice. With an escape, a name may be
-- that of a token.
local function text_of(row)
    if not row:find("_token", 1, true) and not row:find("\\u", 1, true) then return row end
    local user = core.decode(row)
    if not json.is_object(user) then return without_tokens(row) end
    remove_tokens(user)
    return json.encode(user)
end

local function write_rows(tenant, file, given, watched)
    local function on_progress(percentage) watched:say("the tenant makes the export:", percentage, 100) end
    for row in tenant:export { fields = FIELDS, correlation_id = given.correlation_id, raw = true,
        on_progress = on_progress } do
        file:write(text_of(row) .. "\n")
    end
end

-- Where it is read, and how messages call it.
---@alias auth0_accounts.Source { path: string, name: string }

-- The temporary file is gone at the end, also after an error.
local function with_temporary(file, use)
    local results = { pcall(function() return use { path = file:end_writing(), name = file.path } end) }
    file:abandon()
    if not results[1] then error(results[2], 0) end
    return results[2], results[3]
end

local function folder_of(world)
    local folder = world.getenv "TMPDIR"
    return folder and folder ~= "" and folder or "/tmp"
end

local function with_export(tenant, given, world, use)
    local file = given.users and private_file.create(given.users)
        or private_file.temporary(folder_of(world), "the tenant's export")
    local watched = watch.new(world, given.quiet)
    local good, fault = pcall(write_rows, tenant, file, given, watched)
    watched:finish()
    if not good then
        file:abandon()
        if type(fault) == "table" and fault.code and fault.outcome then return nil, tostring(fault), fault end
        error(fault, 0)
    end
    if not given.users then return with_temporary(file, use) end
    file:finish()
    return use { path = file.path, name = file.path }
end

local PART = 65536

local function copy(from, to, watched)
    watched:say("copying " .. to.path, 0, 0)
    local part, fault
    repeat
        part, fault = from:read(PART)
        if part then to:write(part) end
    until not part
    if fault then stop.raise(stop.USAGE, "%s: cannot be read: %s", to.path, fault) end
end

-- A pipe gives what it has once, and the file is read twice.
local function with_copy(handle, given, world, use)
    local file, watched = private_file.temporary(folder_of(world), given.users), watch.new(world, given.quiet)
    local good, fault = pcall(copy, handle, file, watched)
    handle:close()
    watched:finish()
    if good then return with_temporary(file, use) end
    file:abandon()
    error(fault, 0)
end

--- What is said of the export after an interrupt.
---@param given table arguments
---@return string
function exports.after_interrupt(given)
    return given.export and given.users and ("; if the export %s is there, it is whole"):format(given.users) or ""
end

--- Does something with the export that is given: a file, or a pipe, which is copied into a temporary file first. Or,
--- where there is a tenant, with one that is made first, in a file of the name that is given, or in a temporary one.
---@generic T
---@param tenant auth0.Tenant|nil
---@param given table arguments
---@param world auth0_accounts.World
---@param use fun(source: auth0_accounts.Source): T, any
---@return T|nil
---@return any a second value of `use`; where the export failed, its message
---@return auth0.Failure|nil
function exports.use(tenant, given, world, use)
    if tenant then return with_export(tenant, given, world, use) end
    local handle = io.open(given.users, "rb") -- what is wrong with it is said where it is read
    if handle and not handle:seek "end" then return with_copy(handle, given, world, use) end
    if handle then handle:close() end
    return use { path = given.users, name = given.users }
end

return exports
