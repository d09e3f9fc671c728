--- All that a process does, in instructions, by valgrind's callgrind. The same job in two lengths: the difference is
--- what its links took. Against the tenant that is 50 ms away: next to it, the number of turns varies under valgrind.
local contenders = require "benchmarks.contenders"
local process = require "support.process"
local tenant = require "support.tenant"

local callgrind = {}

local is_quick = os.getenv "AUTH0_BENCH_QUICK" == "yes"
local MANY, FEW = is_quick and 220 or 600, is_quick and 20 or 100

---@return boolean
function callgrind.is_there()
    return select(2, tenant.run "command -v valgrind >/dev/null") == 0
end

-- The first that fits a file of the source, or an object where that is not known.
local PLACES = {
    { "/src/pure/", "pure" }, { "/src/os/", "os" }, { "/src/http/", "http" }, { "/src/token/", "token" },
    { "/src/engine/", "engine" }, { "/src/lua/", "lua" }, { "/core%.so$", "the module's other code" },
    { "/libcurl", "libcurl" }, { "/libssl", "TLS" }, { "/libcrypto", "TLS" }, { "/libnghttp2", "libcurl" },
    { "lua5%.%d", "Lua itself" }, { "/luajit", "Lua itself" }, { "/liblua", "Lua itself" },
}

local function place_of(object, file)
    for _, place in ipairs(PLACES) do
        if file:find(place[1]) or object:find(place[1]) then return place[2] end
    end
    return "libc and the rest"
end

--- callgrind writes a name once, with a number, and the number alone from then on.
local function resolve(names, text)
    local number, name = text:match "^(%(%d+%)) ?(.*)$"
    if not number then return text end
    if name ~= "" then names[number] = name end
    return names[number]
end

--- The lines of its output: who costs what in itself. What a callee costs stands in the line after "calls=".
local function self_costs(path)
    local costs, objects, files = {}, {}, {}
    local object, file, is_callee = "", "", false
    for line in io.lines(path) do
        local key, value = line:match "^(%l+)=(.*)$"
        if key == "ob" then
            object = resolve(objects, value)
        elseif key == "cob" then
            resolve(objects, value)
        elseif key == "fl" or key == "fi" or key == "fe" then
            file = resolve(files, value)
        elseif key == "cfi" or key == "cfl" then
            resolve(files, value)
        elseif key == "calls" then
            is_callee = true
        elseif not key then
            local cost = line:match "^[%+%-%*%d]+ (%d+)$"
            if cost and not is_callee then
                local place = place_of(object, file)
                costs[place] = (costs[place] or 0) + tonumber(cost)
            end
            if cost then is_callee = false end
        end
    end
    return costs
end

local function run(command)
    local environment, file = process.environment(contenders.environment("1.1", true)), contenders.dir .. "/callgrind"
    local _, status = tenant.run(("%s valgrind --tool=callgrind --callgrind-out-file=%s %s </dev/null >%s.log 2>&1")
        :format(environment, file, command, file))
    assert(status == 0, "valgrind did not come to its end")
    return self_costs(file)
end

--- What one link takes, by the place where it is spent: a room of src/, libcurl, TLS, Lua itself.
---@param command fun(links: integer): string
---@return table<string, number> places
---@return number all
function callgrind.count(command)
    local many, few, all = run(command(MANY)), run(command(FEW)), 0
    for place, cost in pairs(many) do
        many[place] = (cost - (few[place] or 0)) / (MANY - FEW)
        all = all + many[place]
    end
    return many, all
end

return callgrind
