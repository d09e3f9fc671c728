--- Other processes: the same interpreter with another script, and what this process has open.
local tenant = require "support.tenant"

local process = {}

---@param text string
---@return string word of a shell command
function process.quoted(text)
    return "'" .. text:gsub("'", "'\\''") .. "'"
end

---@param text string
---@return string name of a file that holds it; the caller removes it
function process.file(text)
    local name = os.tmpname()
    local file = assert(io.open(name, "wb"))
    assert(file:write(text))
    assert(file:close())
    return name
end

---@param name string of a file
---@param absent? string what is returned where there is none; else that raises
---@return string text
function process.read(name, absent)
    local file = io.open(name, "rb")
    if not file and absent then return absent end
    assert(file, name .. " cannot be read")
    local text = file:read("*a")
    file:close()
    return text
end

--- The shell words that put values into a command's environment.
---@param values table<string, string>
---@return string words "env A='b'"
function process.environment(values)
    local words = { "env" }
    for name, value in pairs(values) do words[#words + 1] = name .. "=" .. process.quoted(value) end
    return table.concat(words, " ")
end

local function interpreter()
    local first = 0
    while arg[first - 1] do first = first - 1 end
    return arg[first]
end

--- The shell words that start this interpreter as it was started, a sanitizer's runtime included.
---@return string
function process.lua()
    local preload = os.getenv("AUTH0_PRELOAD")
    local command = process.quoted(interpreter())
    if not preload or preload == "" then return command end
    return "env LD_PRELOAD=" .. process.quoted(preload) .. " " .. command
end

--- Ends a server that a spec started, and removes its folder.
---@param server table {pid, dir}
function process.finish(server)
    tenant.run(("kill %s 2>/dev/null; while kill -0 %s 2>/dev/null; do sleep 0.02; done; rm -rf %s")
        :format(server.pid, server.pid, process.quoted(server.dir)))
end

--- Runs a script in a process of its own.
---@param script string Lua
---@param arguments string[]|nil
---@param environment string|nil shell words before the command: "env A=b"
---@return string output of both streams
---@return integer status 124 when it did not end within two minutes
function process.run(script, arguments, environment)
    local name = process.file(script)
    local words = { environment or "", "timeout -k 1 120", process.lua(), process.quoted(name) }
    for _, argument in ipairs(arguments or {}) do words[#words + 1] = process.quoted(argument) end
    local output, status = tenant.run(table.concat(words, " ") .. " 2>&1")
    os.remove(name)
    return output, status
end

---@return string pid of this process
function process.id()
    return process.read("/proc/self/stat"):match("^%d+")
end

--- The numbers of the open descriptors, and those of them that are sockets. The pipe that the answer comes through is
--- one of the first.
---@return string descriptors
---@return integer sockets
function process.descriptors()
    local listing = tenant.run("cd /proc/" .. process.id() .. "/fd && for n in *; do echo $n $(readlink $n); done")
    local numbers, sockets = {}, 0
    for number, target in listing:gmatch("(%d+) (%S*)\n") do
        numbers[#numbers + 1] = number
        if target:find("^socket:") then sockets = sockets + 1 end
    end
    return table.concat(numbers, " "), sockets
end

---@param seconds number
function process.sleep(seconds)
    tenant.run(("sleep %.2f"):format(seconds))
end

return process
