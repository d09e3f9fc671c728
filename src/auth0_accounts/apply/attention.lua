--- What the user says to a command that runs: Ctrl-C ends it cleanly, SIGUSR1 asks how far it is, and an answer at a
--- terminal approves what it is about to do.
local core = require("auth0_accounts.database").core()
local progress = require "auth0_accounts.apply.progress"
local stop = require "auth0_accounts.stop"
local terminal = require "auth0_accounts.terminal"

local attention = {}

--- Calls `body` with a world that has the signals, which are the command's until `body` returns.
---@param world auth0_accounts.World
---@param body fun(world: auth0_accounts.World): any
---@return any what it returns
function attention.during(world, body)
    local own = setmetatable({ signals = core.signals() }, { __index = world })
    local good, value = pcall(body, own)
    own.signals:close()
    if not good then error(value, 0) end
    return value
end

local ASKED = 8 -- characters

--- Asks at a terminal for the approval that the command line does not give, after what it is about was shown.
---@param what string is to be done
---@param digest string
---@param given table arguments
---@param world auth0_accounts.World
---@return boolean is_given
function attention.is_approved(what, digest, given, world)
    if given.no_input or given.json or given.quiet then return false end
    local answer = terminal.ask(world, ("%s now? Type the first %d characters of the SHA-256: "):format(what, ASKED))
    if world.signals:interrupts() > 0 then stop.raise(stop.INTERRUPTED, "interrupted: nothing was changed") end
    return answer ~= nil and #answer >= ASKED and answer:lower() == digest:sub(1, #answer)
end

local STEP = 200 -- links between two looks at the clock

--- The links of a plan, while its reader shows how far it is, and may be interrupted: nothing was changed yet.
---@param plan auth0_accounts.Plan
---@param verb string what is done with them
---@param tenant auth0.Tenant
---@param given table arguments
---@param world auth0_accounts.World
---@return fun(): table|nil, string|nil as Plan:links
function attention.links(plan, verb, tenant, given, world)
    local shown = progress.new(world, verb, plan.header.links, given.quiet)
    local links = plan:links()
    return function()
        if world.signals:interrupts() > 0 then
            shown:clear()
            stop.raise(stop.INTERRUPTED, "interrupted: nothing was changed")
        end
        if shown.done % STEP == 0 then shown:tick(tenant:now(), tenant:stats(), world.signals:status()) end
        local good, link, text = pcall(links)
        if not good or not link then shown:clear() end
        if not good then error(link, 0) end
        shown.done = shown.done + 1
        return link, text
    end
end

return attention
