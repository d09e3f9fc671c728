--- The calls of one engine that are under way. The engine never calls Lua: a coroutine that waits for a call drives the
--- engine (see loop/), and its records are handed on (see records.lua).
local approval = require "auth0.approval"
local core = require "auth0.core"
local loop = require "auth0.loop"
local records = require "auth0.records"
local telemetry = require "auth0.telemetry"

local calls = {}

core.introduce(telemetry.user_agent, telemetry.header)

--- A function of ours that makes calls.
---@class auth0.Method
---@field caller string "tenant:link"
---@field options auth0.Specification what its callers may give
---@field core auth0.core.Method the same, as the core reads it
---@field is_read? boolean it changes nothing

---@param caller string
---@param goal "link"|"unlink"|"request"|"download"|"sequence"
---@param specification auth0.Specification
---@param is_read? boolean
---@return auth0.Method
function calls.method(caller, goal, specification, is_read)
    local names = {}
    for name in pairs(specification.known) do names[#names + 1] = name end
    return { caller = caller, options = specification, core = core.method(goal, caller, names), is_read = is_read }
end

---@class auth0.Calls
---@field engine auth0.core.Engine
---@field is_virtual boolean it has a clock of its own, a mock's: nothing really waits
---@field tickets table<integer, auth0.Ticket> by the engine's id of the call
---@field mock? auth0.Mock answers the requests for a token that the engine makes itself
---@field token_function? fun(): string|nil, any
---@field on_event? fun(event: auth0.Event)
---@field event_errors integer
---@field busy? string the user's function that is running, while no other coroutine can go on until it returns
---@field token_thread? thread that runs the token function, while others go on
---@field event_thread? thread that runs on_event, while others go on
---@field loop? table that was named; nil: whichever is here
---@field is_heard? boolean true: the event loop waited for the last records, so other coroutines go on meanwhile.
---false: the coroutine that drives the engine blocks, and a coroutine that is started beside it would not run
local Calls = {}
local calls_mt = { __name = "auth0.calls", __index = Calls }

-- The auth0.Calls of each engine, as long as it is in use.
local known = setmetatable({}, { __mode = "kv" })

---@param engine auth0.core.Engine
---@param is_virtual boolean
---@param named? table the loop that was named
---@return auth0.Calls
function calls.of(engine, is_virtual, named)
    local self = known[engine]
    if not self then
        self = setmetatable({ engine = engine, is_virtual = is_virtual, loop = named, tickets = {},
            event_errors = 0 }, calls_mt)
        known[engine] = self
    end
    return self
end

-- ---- turns ----

--- Does one turn of the engine, and hands on all that there is to tell.
---@param seconds number at most this long
---@return boolean had_news
function Calls:turn(seconds)
    self.busy = nil -- a turn never comes in the middle of a user's function: an error left this behind
    self.is_heard = false
    self.engine:turn(seconds)
    local had_news = records.hand_on(self)
    if not self.is_closed then loop.turned(self) end
    return had_news
end

--- Whether the engine is still open: the pool closes an idle engine without telling this object.
---@return boolean
function Calls:is_open()
    return not self.is_closed and self.engine:is_own()
end

--- Hands on all that an engine with a thread has to tell.
---@return boolean had_news
function Calls:hear()
    self.is_heard = true
    self.engine:hush()
    return records.hand_on(self)
end

-- ---- waiting ----

local spare -- a ticket that no code but `perform` and `pooled` knows

-- The ticket is made before the call, and filled before any function is called: where Lua allocates memory, a finalizer
-- may run, make a call of the same engine, and fetch the end of a call that has no ticket yet.
local function ticket_of(method, answers, is_others)
    local ticket = spare or { id = 0, is_others = false, is_done = false, loop = false, task = false, calls = false,
        value = false, facts = false } -- what most tickets come to hold: the table need not grow
    spare = nil
    ticket.mock, ticket.is_others, ticket.is_read = answers, is_others, method.is_read
    return ticket
end

-- Keeps one that was waited for. A loop with threads may still know it. It keeps nothing else from being collected.
local function spare_ticket(ticket, how)
    if how == "thread" then return end
    ticket.is_done, ticket.loop, ticket.task, ticket.calls = false, false, false, false
    ticket.value, ticket.facts, ticket.mock = false, false, nil
    spare = ticket
end

-- No tail call leads here: Lua 5.1 does not know whether a function that made a tail call can yield.
local function wait(self, id, ticket)
    ticket.id = id
    loop.wait(self, ticket)
    if ticket.fault then error(ticket.fault[1], 0) end
    return ticket.value, ticket.facts
end

--- Makes a call of a script without an event loop, where nothing has to be done in Lua until its end. If it returns no
--- facts, nothing was done, and the caller makes the call by `perform` or `pooled`.
---@param engine auth0.core.Engine|nil nil: one of the pool's
---@param method auth0.Method
---@param given table|nil options
---@param first any as of `perform`
---@param second any
---@return any value nil where it failed
---@return table|nil facts
function calls.at_once(engine, method, given, first, second)
    if not loop.is_plain() then return nil end
    local value, facts = core.call(engine, method.core, nil, given, first, second)
    return value, facts
end

--- Makes one call, and returns at its end. The running coroutine may be suspended meanwhile. If it returns no facts,
--- the core has declined and nothing was done: options.check then raises an error, or makes a checked copy, which the
--- core does not decline.
---@param method auth0.Method
---@param level integer whose line is blamed, as error's, from the caller of this
---@param given table|nil options
---@param first any the primary of a link; of a request what is asked for, as a table
---@param second any the secondary
---@param is_checked? boolean the options are: what is wrong with them raises
---@param mock? auth0.Mock that answers; the tenant's own
---@return any value nil where it failed
---@return table|nil facts
function Calls:perform(method, level, given, first, second, is_checked, mock)
    local answers = mock or self.mock
    records.check_free(self, answers)
    local ticket = ticket_of(method, answers, mock ~= nil)
    local how = self.is_virtual and "submit" or loop.how(self.loop, method.caller, level + 1, ticket)
    local checked_level = is_checked and level + 1 or nil
    local value, facts = self.engine:call(method.core, how, given, first, second, checked_level)
    if facts == nil and value ~= nil then
        self.tickets[value] = ticket
        value, facts = wait(self, value, ticket)
        spare_ticket(ticket, how)
    elseif how == "wait" then
        spare = ticket
    end
    return value, facts
end

--- Makes several requests that are one goal (pure/sequence), and returns at the end of all.
---@param method auth0.Method
---@param level integer as error's, from the caller of this
---@param checked table options
---@param order string JSON
---@param on_receipt? fun(receipt: table): false|nil, string|nil
---@return any value nil where it failed
---@return table facts
function Calls:sequence(method, level, checked, order, on_receipt)
    records.check_free(self, self.mock)
    local ticket = { id = 0, mock = self.mock, on_receipt = on_receipt, is_sequence = true }
    local how = self.is_virtual and "submit" or loop.how(self.loop, method.caller, level + 1, ticket)
    local value, facts = self.engine:call(method.core, how, checked, { method = "POST", path = "/", body = order }, nil,
        level + 1)
    if facts ~= nil or value == nil then return value, facts end
    self.tickets[value] = ticket
    value, facts = wait(self, value, ticket)
    while ticket.receipt ~= nil do
        approval.ask(self, ticket)
        value, facts = wait(self, ticket.id, ticket)
    end
    if ticket.refusal and value == nil and facts.code == "cancelled" then facts.detail = ticket.refusal end
    return value, facts
end

--- The same for options that name the tenant: by an engine of the pool.
---@param method auth0.Method
---@param level integer as error's, from the caller of this
---@param given table options
---@param named table|nil the loop that was named
---@param is_checked? boolean
---@return any value
---@return table|nil facts
function calls.pooled(method, level, given, named, is_checked)
    local ticket = ticket_of(method, nil, false)
    local how = loop.how(named, method.caller, level + 1, ticket)
    local checked_level = is_checked and level + 1 or nil
    local value, facts, engine = core.call(named, method.core, how, given, nil, nil, checked_level)
    if facts == nil and value ~= nil then
        local self = known[engine] or calls.of(engine, false, named)
        self.tickets[value] = ticket
        value, facts = wait(self, value, ticket)
        spare_ticket(ticket, how)
    elseif how == "wait" then
        spare = ticket
    end
    return value, facts
end

-- Brings sequences that were approved to their ends, where no thread does. What is raised meanwhile, as by a second
-- Ctrl-C, ends this.
local function finish_sequences(self)
    local good, had_news = true, true
    while good and not self.is_closed and self.engine:is_own() and self.engine:unfinished() > 0
        and (had_news or not self.is_virtual) do
        good, had_news = pcall(self.turn, self, 1)
    end
end

--- For the end of a wait by an error, which the caller is to see: so nothing here may raise another one.
---@param ticket auth0.Ticket
function Calls:drop(ticket)
    records.interrupt(self)
    if not ticket.id or self.tickets[ticket.id] ~= ticket then return end
    if ticket.mock then records.free(ticket.mock) end
    self.tickets[ticket.id] = nil
    pcall(self.engine.drop, self.engine, ticket.id)
    if ticket.is_sequence then finish_sequences(self) end
end

-- The thread ends the calls as soon as it hears of it, which may take milliseconds while it is at work.
local function wait_for_ends(self)
    local give_up = self.engine:now() + 2
    for _, ticket in pairs(self.tickets) do
        if ticket.is_sequence then give_up = self.engine:now() + 12 end -- what was begun is not left in the middle
    end
    while next(self.tickets) ~= nil and self.engine:now() < give_up do self:turn(0.05) end
end

-- Ends the calls that the thread has not ended: before libcurl 7.87 it hangs as long as a resolver does. What becomes
-- of a change that was sent will not be known here.
local function end_unheard(self)
    for id, ticket in pairs(self.tickets) do
        self.tickets[id] = nil
        ticket.facts = { code = ticket.is_read and "cancelled" or "unknown_outcome", attempts = 1, elapsed = 0,
            outcome = ticket.is_read and "none" or "unknown", cause = not ticket.is_read and "cancelled" or nil,
            detail = "the tenant was closed, and its thread did not end the call in time" }
        loop.finish(ticket)
    end
end

--- Ends what is under way, as cancelled.
function Calls:close()
    local ids = {}
    for id, ticket in pairs(self.tickets) do
        if not ticket.is_others then ids[#ids + 1] = id end
    end
    for _, id in ipairs(ids) do self.engine:cancel(id) end
    records.hand_on(self)
    finish_sequences(self)
    if not self.is_virtual then
        loop.forget(self)
        if ids[1] then wait_for_ends(self) end
        end_unheard(self)
    end
    self.is_closed = not self.is_virtual
    self.mock, self.token_function, self.on_event = nil, nil, nil
end

return calls
