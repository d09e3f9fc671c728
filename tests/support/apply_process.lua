--- apply over TLS in a process of its own: started, disturbed, and what its journal and the tenant have then.
local accounts_core = require "auth0_accounts.core"
local command = require "support.command"
local job = require "bulk.apply_job"
local process = require "support.process"
local tenant = require "support.tenant"

local apply_process = {}

local LINK = { method = "POST", template = "/api/v2/users/{id}/identities" }

--- Seeds the tenant, and writes the plan, whose files are in `files` then.
---@param links integer
function apply_process.prepare(links)
    apply_process.files = job.prepare(links)
end

--- For after_each.
function apply_process.clean()
    if apply_process.files then job.clean { files = apply_process.files } end
    apply_process.files = nil
end

---@param ... string more arguments
---@return string[]
function apply_process.arguments(...)
    local files = apply_process.files
    return { "apply", files.plan, "-j", files.journal, "--approve", files.digest, ... }
end

---@param ... string more arguments
---@return support.Told
function apply_process.run(...)
    return command.start(apply_process.arguments(...))
end

---@return integer count of links that the tenant made
function apply_process.links()
    local count = 0
    for _, change in ipairs(tenant.record().changes) do count = count + (change.kind == "link" and 1 or 0) end
    return count
end

--- How many lines of the journal have each state.
---@return table<string, integer>
function apply_process.states()
    local db, found = assert(accounts_core.open(apply_process.files.journal)), {}
    for state, count in db:prepare("SELECT state, count(*) FROM line GROUP BY state"):rows() do found[state] = count end
    db:close()
    return found
end

--- Arms a fault for the links to come.
---@param fault string
---@param words table
function apply_process.arm(fault, words)
    words.method, words.template, words.fault = LINK.method, LINK.template, fault
    tenant.arm(words)
end

-- A shell's background processes ignore SIGINT, unless they are started by a process that resets it.
local IN_BACKGROUND = "(perl -e '$SIG{INT} = q(DEFAULT); exec @ARGV' -- %s >%s.out 2>&1 & echo $! >%s.pid; "
    .. "wait $!; echo $? >%s.code) >/dev/null 2>&1 &"

--- Starts it, does something to it when so many links are there, and tells how it ended.
---@param count integer
---@param act fun(pid: string, output: string) the process, and the file that it writes to
---@param words? string what comes before the command: "env NAME=value"
---@param ... string more arguments
---@return integer code
---@return string output
function apply_process.disturbed(count, act, words, ...)
    local name = command.new_name()
    local line = (words or "") .. " " .. command.words(apply_process.arguments(...))
    tenant.run(IN_BACKGROUND:format(line, name, name, name))
    for _ = 1, 400 do
        if apply_process.links() >= count then break end
        process.sleep(0.05)
    end
    act(process.read(name .. ".pid"):match "%d+", name .. ".out")
    tenant.run(("for try in $(seq 300); do [ -s %s.code ] && break; sleep 0.1; done"):format(name))
    local code, output = tonumber(process.read(name .. ".code", "")), process.read(name .. ".out")
    for _, suffix in ipairs { ".out", ".pid", ".code" } do os.remove(name .. suffix) end
    return code, output
end

---@param pid string
---@param which string
function apply_process.signal(pid, which)
    tenant.run(("kill -%s %s"):format(which, pid))
end

return apply_process
