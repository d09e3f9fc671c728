--- Builds resolver.c. A process with LD_PRELOAD=<it> hangs where it looks a name up that begins with "hanging.".
local process = require "support.process"
local tenant = require "support.tenant"

local resolver = {}

local source = debug.getinfo(1, "S").source:match("^@(.*/)[^/]*$") .. "resolver.c"

--- A sanitizer's runtime would have to be loaded before it.
resolver.is_possible = (os.getenv "AUTH0_PRELOAD" or "") == ""

---@return string file a shared library; the caller removes it
function resolver.build()
    local file = os.tmpname()
    local _, status = tenant.run(("cc -D_GNU_SOURCE -shared -fPIC -o %s %s -ldl"):format(file, process.quoted(source)))
    assert(status == 0, "resolver.c cannot be built; the compiler's words are above")
    return file
end

return resolver
