--- nginx's workers do not notice that their master was killed.
local ffi = require "ffi"

ffi.cdef "int prctl(int option, unsigned long two, unsigned long three, unsigned long four, unsigned long five);"

local PR_SET_PDEATHSIG, SIGTERM = 1, 15

local orphan = {}

---This process gets SIGTERM when the one that forked it dies.
function orphan.end_with_parent()
    ffi.C.prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0)
end

return orphan
