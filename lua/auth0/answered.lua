--- Performs calls without a network: a mock answers each exchange, in a time that passes by itself. The decisions (what
--- is sent, how long it may take, what an end means) are the same as over the network: both are in C.
local answered = {}

--- What a mock is asked.
---@class auth0.Request
---@field method string
---@field url string
---@field headers table<string, string> names in lower case
---@field body string

--- What a mock answers.
---@class auth0.Answer
---@field how? "answered"|"lost"|"unreached"|"untrusted" default "answered"; "lost": sent, and no whole answer came
---@field status? integer
---@field headers? table<string, string>
---@field body? string
---@field after? number seconds until it is there; 0. math.huge: it never comes

--- An engine whose exchanges Lua answers: what `auth0.core`'s engine() makes. Its methods are in src/lua_answered.c.
---@class auth0.core.Engine
---@field submit fun(self: auth0.core.Engine, goal: string, options: table, level: integer): integer
---@field turn fun(self: auth0.core.Engine)
---@field next fun(self: auth0.core.Engine): string?, integer?, table?, table?
---@field reply fun(self: auth0.core.Engine, id: integer, answer: auth0.Answer)
---@field forget fun(self: auth0.core.Engine, id: integer)
---@field now fun(self: auth0.core.Engine): number seconds since it was made
---@field advance fun(self: auth0.core.Engine, seconds: number)

--- What the option `mock` takes.
---@class auth0.Mock
---@field engine auth0.core.Engine its time is the mock's
---@field answer fun(self: auth0.Mock, request: auth0.Request): auth0.Answer must not make a call of the same mock

-- Mocks that owe an answer: their time stands still, so another call would wait for ever.
local answering = setmetatable({}, { __mode = "k" })

-- What belongs to another call is what an error (a debug hook's) left behind between `submit` and here: nobody waits
-- for it any more.
local function drive(engine, mock, id)
    while true do
        engine:turn()
        local news, which, result, facts = engine:next()
        if not news then error("auth0: this mock's engine owes nothing: is it another mock's as well?", 0) end
        if which ~= id then
            if news == "exchange" then engine:forget(which) end
        elseif news == "done" then
            return result, facts
        else
            answering[mock] = true
            local answer = mock:answer(result)
            answering[mock] = nil
            engine:reply(which, answer)
        end
    end
end

--- One call, answered by a mock.
---@param goal "link"|"unlink"
---@param checked table options
---@param mock auth0.Mock
---@param level integer whose line is blamed for a mistake in the options, as error's, from the caller of this
---@return auth0.Identity[]? identities
---@return table facts
function answered.perform(goal, checked, mock, level)
    local engine = mock.engine
    if answering[mock] then
        error("auth0: this mock is still answering another call: it makes no call of its own, and does not yield", 0)
    end
    local id = engine:submit(goal, checked, level + 1)
    local done, result, facts = pcall(drive, engine, mock, id)
    if done then return result, facts end
    answering[mock] = nil
    pcall(engine.forget, engine, id) -- whatever failed, its words are the ones to read
    error(result, 0)
end

return answered
