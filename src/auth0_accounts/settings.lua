--- How the tenant is reached, and as whom: a flag overrides the environment, and that the file of --config. A secret is
--- never a flag's value, since other users of the machine see those.
local core = require "auth0.core"
local stop = require "auth0_accounts.stop"

local settings = {}

local VARIABLES = { domain = "AUTH0_DOMAIN", token = "AUTH0_TOKEN", client_id = "AUTH0_CLIENT_ID",
    client_secret = "AUTH0_CLIENT_SECRET", signing_key_file = "AUTH0_SIGNING_KEY_FILE", audience = "AUTH0_AUDIENCE" }

-- What the file may say, and of which type.
local TYPES = { domain = "string", token = "string", client_id = "string", client_secret = "string",
    signing_key_file = "string", signing_key_id = "string", signing_algorithm = "string", audience = "string",
    ca_file = "string", resolve = "table", deadline = "number" }

-- What speaks of a client, and not of a token.
local CLIENT = { "client_id", "client_secret", "signing_key_file", "signing_key_id", "signing_algorithm", "audience" }

local function fault_in(path, format, ...)
    stop.raise(stop.CONFIGURATION, "%s: %s", path, format:format(...))
end

local function known()
    local names = {}
    for name in pairs(TYPES) do names[#names + 1] = name end
    table.sort(names)
    return table.concat(names, ", ")
end

local function check(path, name, value)
    if not TYPES[name] then fault_in(path, "%s is no setting: the settings are %s", name, known()) end
    if type(value) ~= TYPES[name] then fault_in(path, "%s: expected a %s", name, TYPES[name]) end
    for _, entry in ipairs(type(value) == "table" and value or {}) do
        if type(entry) ~= "string" then fault_in(path, "%s: expected an array of strings", name) end
    end
end

-- ---- the file ----

local function value_of(name, text, before)
    text = text:match '^"(.*)"$' or text
    if TYPES[name] == "number" then return tonumber(text) end
    if TYPES[name] ~= "table" then return text end
    local list = before or {}
    list[#list + 1] = text
    return list
end

local function of_lines(path, text)
    local values, number = {}, 0
    for line in (text .. "\n"):gmatch "(.-)\r?\n" do
        number = number + 1
        if line:find "^%s*[^%s#]" then
            local name, value = line:match "^%s*([%w_]+)%s*=%s*(.-)%s*$"
            if not name then fault_in(path, "line %d: expected name = value", number) end
            values[name] = value_of(name, value, values[name])
            check(path, name, values[name])
        end
    end
    return values
end

local function of_json(path, text)
    local values, fault = core.decode(text)
    if not values then fault_in(path, "is no JSON: %s", fault) end
    for name, value in pairs(values) do check(path, name, value) end
    return values
end

local function of_file(path)
    local text, fault = core.read_private_file(path)
    if not text then fault_in(path, "%s", fault) end
    return (text:find "^%s*{" and of_json or of_lines)(path, text)
end

-- ---- what counts ----

-- Of a token and a client the one counts that is named nearer to the command line.
local function choose(values, ranks, path)
    if not values.token then return end
    local client = math.min(ranks.client_id or 9, ranks.client_secret or 9, ranks.signing_key_file or 9)
    if client == ranks.token then
        stop.raise(stop.CONFIGURATION, "a token does not go with a client's id and secret, and %s", client == 3
            and path .. " has both: leave one of them out" or "the environment has both: unset AUTH0_TOKEN; or "
            .. "AUTH0_CLIENT_ID, AUTH0_CLIENT_SECRET and AUTH0_SIGNING_KEY_FILE")
    end
    if client < ranks.token then
        values.token = nil
        return
    end
    for _, name in ipairs(CLIENT) do
        if (ranks[name] or 0) >= ranks.token then values[name] = nil end
    end
end

local function of_mock(mock)
    return { domain = mock.domain, token = mock:token { kind = "machine", expires_in = 86400 } },
        { domain = "--mock", token = "--mock" }
end

---@class auth0_accounts.Settings
---@field domain? string
---@field token? string
---@field client_id? string
---@field client_secret? string
---@field signing_key_file? string
---@field signing_key_id? string
---@field signing_algorithm? string
---@field audience? string
---@field ca_file? string
---@field resolve? string[]
---@field deadline? number

---@param given table arguments
---@param world auth0_accounts.World
---@return auth0_accounts.Settings
---@return table<string, string> sources of each: a flag, a variable, or a file's name
function settings.read(given, world)
    if given.mock_file then return of_mock(world.mock) end
    local file = given.config and of_file(given.config) or {}
    local values, ranks, sources = {}, {}, {}
    for name in pairs(TYPES) do
        local flag, variable = given[name], VARIABLES[name] and world.getenv(VARIABLES[name])
        if type(flag) == "table" and not flag[1] then flag = nil end
        if variable == "" then variable = nil end
        ranks[name] = flag and 1 or variable and 2 or file[name] and 3
        values[name] = flag or variable or file[name]
        sources[name] = ({ "--" .. name:gsub("_", "-"), VARIABLES[name], given.config })[ranks[name]]
    end
    choose(values, ranks, given.config)
    return values, sources
end

return settings
