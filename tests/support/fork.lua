--- Builds fork.c for the running Lua. `package.loadlib(file, "luaopen_fork")()` gives {fork, wait, alarm}.
local process = require "support.process"
local tenant = require "support.tenant"

local fork = {}

local source = debug.getinfo(1, "S").source:match("^@(.*/)[^/]*$") .. "fork.c"

---@return string file a shared library; the caller removes it
function fork.build()
    local name = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match("%d+%.%d+")
    local file = os.tmpname()
    local command = ("cc -shared -fPIC $(pkg-config --cflags %s) -o %s %s"):format(name, file, process.quoted(source))
    local _, status = tenant.run(command)
    assert(status == 0, "fork.c cannot be built; the compiler's words are above")
    return file
end

--- Runs a script that forks. What a child leaves alone because it is the parent's, a leak detector takes for lost.
---@param script string
---@param arguments string[]
---@param environment string shell words
---@return string output
---@return integer status
function fork.run(script, arguments, environment)
    return process.run(script, arguments, environment .. ' ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"')
end

return fork
