-- The end of a call, fetched while memory runs out, at each allocation in turn: where that raises, the next fetch has
-- it. Returns how many raised.
local arm, disarm = ...
local auth0, core = require "auth0", require "auth0.core"

local real, at, raised, is_answered = core.engine(), 0, 0, false

local function next_record()
    if not is_answered then return real:next() end
    arm(at)
    local good, news, one, two, three = pcall(real.next, real)
    disarm()
    if good and news then is_answered = false end
    if good then return news, one, two, three end
    raised = raised + 1
    assert(real:pending() == 1, "nothing is pending")
    is_answered = false
    return real:next()
end

local function answer()
    at, is_answered = at + 1, true
    return { status = 500 }
end

local own = auth0.tenant { domain = "acme.test", token = "t", attempts = 1,
    mock = { engine = real, domain = "acme.test", answer = answer } }
own.calls.engine = setmetatable({ next = function() return next_record() end },
    { __index = function(_, name) return function(_, ...) return real[name](real, ...) end end })

local before
repeat
    before = raised
    local _, _, failure = own:user("auth0|1")
    assert(failure.status == 500, failure.message)
until at > 30 and raised == before
return raised
