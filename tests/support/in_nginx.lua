--- Runs busted in a timer of an nginx that is there for nothing else: master_process off, so the process is nginx, and
--- its end is the run's. tests/specs starts it, with what busted is to be told in AUTH0_BUSTED_ARGUMENTS, by lines.
local arguments = { [0] = "busted", [-1] = os.getenv "AUTH0_INTERPRETER" }
for line in (os.getenv "AUTH0_BUSTED_ARGUMENTS" or ""):gmatch "[^\n]+" do arguments[#arguments + 1] = line end

-- OpenResty's workers block SIGCHLD, and what they start inherits that: a shell's "wait" would never return.
local function unblock_child_signal()
    local ffi = require "ffi"
    local SIG_UNBLOCK, SIGCHLD = 1, 17 -- Linux's
    ffi.cdef "int sigemptyset(void *); int sigaddset(void *, int); int sigprocmask(int, const void *, void *);"
    local set = ffi.new "char[128]"
    ffi.C.sigemptyset(set)
    ffi.C.sigaddset(set, SIGCHLD)
    ffi.C.sigprocmask(SIG_UNBLOCK, set, nil)
end

-- Exactly one timer, and no request: what hangs is ended by the process that started nginx.
assert(ngx.timer.at(0, function()
    unblock_child_signal()
    rawset(_G, "arg", arguments)
    local real = getmetatable(_G) and getmetatable(_G).__index
    if type(real) == "table" then rawset(real, "arg", arguments) end
    -- It raises where a test failed.
    local good = pcall(function() require "busted.runner" { standalone = false } end)
    os.exit(good and 0 or 1)
end))
