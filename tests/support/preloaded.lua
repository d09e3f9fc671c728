--- Builds a C file of this folder as a library that a process loads before the C library (LD_PRELOAD).
local process = require "support.process"
local tenant = require "support.tenant"

local preloaded = {}

local folder = debug.getinfo(1, "S").source:match "^@(.*/)[^/]*$"

--- A sanitizer's runtime would have to be loaded before it.
preloaded.is_possible = (os.getenv "AUTH0_PRELOAD" or "") == ""

---@param name string of the C file, such as "resolver"
---@return string file a shared library; the caller removes it
function preloaded.build(name)
    local file = os.tmpname()
    local _, status = tenant.run(("cc -D_GNU_SOURCE -shared -fPIC -o %s %s -ldl"):format(file,
        process.quoted(folder .. name .. ".c")))
    assert(status == 0, name .. ".c cannot be built; the compiler's words are above")
    return file
end

return preloaded
