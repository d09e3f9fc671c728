--- An engine's records: each is handed on to the call that it is about, or to the user's function that it is for.
local loop = require "auth0.loop"

local records = {}

-- Mocks that are computing an answer: their time stands still, so another call of them would wait for ever.
local answering = setmetatable({}, { __mode = "k" })

local function fail(self, id, fault)
    local ticket = self.tickets[id]
    self.tickets[id] = nil
    self.engine:drop(id)
    ticket.fault = { fault } -- it may be nil
    loop.finish(ticket)
end

local TOKEN_FUNCTION = "a token function"

local handlers = {}

function handlers.done(self, id, value, facts)
    local ticket = self.tickets[id]
    if not ticket then return end -- an error left it behind between `submit` and here
    self.tickets[id] = nil
    ticket.value, ticket.facts = value, facts
    loop.finish(ticket)
end

-- The coroutine that waits asks its caller for the approval.
function handlers.receipt(self, id, receipt)
    local ticket = self.tickets[id]
    if not ticket then return self.engine:drop(id) end
    ticket.receipt = receipt or false -- there was no memory for it
    loop.finish(ticket)
    ticket.loop = nil -- its end may come before that coroutine goes on, and does not wake it again
end

local function answer_of(self, mock, request)
    local before = answering[mock]
    answering[mock] = true
    local good, answer = loop.shield(self, mock.answer, mock, request)
    answering[mock] = before
    return good, answer
end

-- A request for a token that the engine makes itself: if its answer has a fault, all calls that wait for the token
-- fail.
local function answer_own(self, request)
    local good, answer = answer_of(self, self.mock, request)
    local fault = answer
    if good then good, fault = pcall(self.engine.reply, self.engine, 0, answer) end
    if good then return end
    for id in pairs(self.tickets) do fail(self, id, fault) end
    pcall(self.engine.reply, self.engine, 0, { how = "unreached" })
end

function handlers.exchange(self, id, request)
    if id == 0 then return answer_own(self, request) end
    local ticket, engine = self.tickets[id], self.engine
    if not ticket then return engine:drop(id) end
    local good, answer = answer_of(self, ticket.mock, request)
    local fault = answer
    if good then good, fault = pcall(engine.reply, engine, id, answer) end
    if not good and self.tickets[id] then fail(self, id, fault) end
end

-- Says why there is no token; nil if there is one.
local function refusal(good, token, second)
    if not good then return "the token function failed: " .. tostring(token) end
    if token == nil then return type(second) == "string" and second or "the token function returned none" end
    if type(token) ~= "string" then return ("the token function returned a %s, not a string"):format(type(token)) end
    if second == nil or (type(second) == "number" and second > 0) then return nil end
    return "the token function returned no number of seconds beside the token"
end

-- The tenant may be closed meanwhile.
local function answer_token_request(self, request, ...)
    if self.is_closed or not self.token_function then return end
    local words = refusal(...)
    if words then return self.engine:refuse_token(request, words) end
    local _, token, seconds = ...
    self.engine:give_token(request, token, seconds)
end

-- Runs the token function beside other coroutines, which go on meanwhile. The engine waits for it as long as for one
-- request.
local function ask_beside(self, request)
    loop.spawn(self, function()
        answer_token_request(self, request, loop.protect(self, function()
            self.token_thread = coroutine.running() -- which a loop may have made for it
            return self.token_function()
        end))
        self.token_thread = nil
    end)
end

function handlers.token(self, request)
    if self.is_heard then return ask_beside(self, request) end
    self.busy, self.token_request = TOKEN_FUNCTION, request
    answer_token_request(self, request, loop.shield(self, self.token_function))
    self.busy = nil
end

local function tell(self, event)
    if not loop.suspends(self) then
        self.busy = "on_event"
        local good = loop.shield(self, self.on_event, event)
        self.busy = nil
        return good
    end
    local good = loop.shield(self, function()
        self.event_thread = coroutine.running()
        self.on_event(event)
    end)
    self.event_thread = nil
    return good
end

function handlers.event(self, event)
    if not self.on_event then return end
    if not tell(self, event) then self.event_errors = self.event_errors + 1 end
end

--- Hands on all that there is to tell.
---@param self auth0.Calls
---@return boolean had_news
function records.hand_on(self)
    local engine, had_news = self.engine, false
    local news, one, two, three = engine:next()
    while news do
        had_news = true
        handlers[news](self, one, two, three)
        if self.is_closed then break end -- by a function of the user's
        news, one, two, three = engine:next()
    end
    return had_news
end

--- After an error the engine would wait for ever for an answer that the error prevented: it gets one. Raises nothing.
---@param self auth0.Calls
function records.interrupt(self)
    local engine = self.engine
    if self.busy == TOKEN_FUNCTION then
        pcall(engine.refuse_token, engine, self.token_request, "the token function was interrupted")
    end
    self.busy = nil
    if self.mock then pcall(engine.reply, engine, 0, { how = "unreached" }) end
end

--- An error ended the answer that the mock was computing.
---@param mock auth0.Mock
function records.free(mock)
    answering[mock] = nil
end

--- Raises where the running coroutine cannot make a call: it would wait for itself.
---@param self auth0.Calls
---@param mock auth0.Mock|nil that answers it
function records.check_free(self, mock)
    local busy, asking, told = self.busy, self.token_thread, self.event_thread
    if not busy and (asking or told) then
        local thread = coroutine.running()
        busy = thread and (asking == thread and TOKEN_FUNCTION or told == thread and "on_event")
    end
    if busy then
        error(("auth0: %s makes no call of its own tenant: it would wait for itself"):format(busy), 0)
    elseif mock and answering[mock] then
        error("auth0: this mock is still answering another call: it makes no call of its own, and does not yield", 0)
    end
end

return records
