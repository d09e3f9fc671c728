--- Runs the Lua of a guide. What its blocks take for granted, such as `tenant` or `id`, is given to them here, and a
--- mock answers their calls.
local auth0 = require "auth0"
local loops = require "support.loops"
local mock = require "auth0.mock"

local guide = {}

local DOMAIN = "acme.eu.auth0.com"
guide.DOMAIN, guide.PRIMARY, guide.SECONDARY = DOMAIN, "auth0|507f1f77bcf86cd799439020",
    "google-oauth2|115015401343387192604"

local function new_mock()
    local mocked = mock.new { domain = DOMAIN }
    for id, connection in pairs { [guide.PRIMARY] = "Username-Password-Authentication",
        [guide.SECONDARY] = "google-oauth2" } do
        mocked:add_user { user_id = id, connection = connection, email = "ann@example.com", email_verified = true,
            user_metadata = { nickname = "ann" } }
    end
    return mocked
end

local function with_mock(mocked, options)
    local copy = { mock = mocked }
    for name, value in pairs(options) do copy[name] = value end
    return copy
end

-- `auth0` as a block has it. A call that fails although the block has armed no mock of its own is the block's mistake.
local function answered_by(mocked)
    local proxy = setmetatable({}, { __index = auth0 })
    for _, name in ipairs { "link", "unlink" } do
        proxy[name] = function(options)
            local value, message, facts = auth0[name](with_mock(mocked, options))
            assert(value or options.mock, message)
            return value, message, facts
        end
    end
    function proxy.tenant(options) return auth0.tenant(with_mock(mocked, options)) end
    return proxy
end

-- Files that a block opens are temporary ones; one that it reads holds a token.
local function files(token, names)
    return setmetatable({ open = function(_, mode)
        local name = os.tmpname()
        names[#names + 1] = name
        if mode == "w" then return io.open(name, "w") end
        local file = assert(io.open(name, "w"))
        file:write(token, "\n")
        file:close()
        return io.open(name)
    end }, { __index = io })
end

-- What a block may use without saying where it comes from. Made when it is asked for: a mock has one tenant at a time.
local function offers(mocked, proxy)
    local function token(wanted)
        return function() return mocked:token(wanted) end
    end
    return {
        auth0 = function() return proxy end,
        mock = function() return mock end,
        domain = function() return DOMAIN end,
        token = token { kind = "machine" },
        primary_access_token = token { kind = "user", sub = guide.PRIMARY },
        secondary_id_token = token { kind = "id", sub = guide.SECONDARY },
        id = function() return guide.PRIMARY end,
        other_id = function() return guide.SECONDARY end,
        connection_id = function() return mocked:add_connection("google-oauth2", "google-oauth2").id end,
        pairs_to_link = function() return { { primary = guide.PRIMARY, secondary = guide.SECONDARY } } end,
        tenant = function()
            return auth0.tenant { mock = mocked, domain = DOMAIN, client_id = "mockclient",
                client_secret = "mocksecret" }
        end,
    }
end

local function environment(mocked, names)
    local proxy = answered_by(mocked)
    local given, token = offers(mocked, proxy), mocked:token { kind = "machine" }
    local variables = { AUTH0_TOKEN = token, AUTH0_CLIENT_ID = "mockclient", AUTH0_CLIENT_SECRET = "mocksecret" }
    local own = {
        require = function(name) return name == "auth0" and proxy or require(name) end,
        print = function(...)
            for i = 1, select("#", ...) do assert(tostring((select(i, ...)))) end
        end,
        os = setmetatable({ getenv = function(name) return variables[name] end }, { __index = os }),
        io = files(token, names),
    }
    return setmetatable(own, { __index = function(self, name)
        local value = _G[name]
        if given[name] then value = given[name]() end
        if value == nil then error(("the block takes %q from nowhere"):format(name), 2) end
        rawset(self, name, value)
        return value
    end })
end

local setfenv, loadstring = rawget(_G, "setfenv"), rawget(_G, "loadstring")

local function compile(code, name, env)
    if setfenv then return setfenv(assert(loadstring(code, name)), env) end
    return assert(load(code, name, "t", env))
end

--- The module of an event loop that a block needs and that this Lua lacks, or nil.
---@param code string
---@return string|nil name
function guide.lacks(code)
    for _, name in ipairs { "cqueues", "luv" } do
        if code:find(('require "%s"'):format(name), 1, true) and not loops.has(name) then return name end
    end
end

--- Runs a block. Raises what it raises, and where it was to link, and has linked nothing.
---@param code string
---@param name string what an error's message begins with
function guide.run(code, name)
    local mocked, names = new_mock(), {}
    local env = environment(mocked, names)
    local body = compile(code, "=" .. name, env)
    local good, fault = pcall(body)
    for _, file in ipairs(names) do os.remove(file) end
    local made = rawget(env, "tenant")
    if made then made:close() end
    if not good then error(fault, 0) end
    local links = code:find("[.:]link[%s(]") and not code:find("mock.new", 1, true)
    if links then assert(mocked.model.record.total > 0, name .. ": nothing was linked") end
end

return guide
