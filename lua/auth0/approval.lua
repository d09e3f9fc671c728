--- A sequence shows its caller the receipt before it changes anything: on_receipt runs in the caller's own coroutine.
local loop = require "auth0.loop"

local approval = {}

-- Why on_receipt does not approve: it returned false, or what functions return that have failed, nil and a message.
local function refusal_of(verdict, words)
    if verdict == false then return "on_receipt returned false" end
    return verdict == nil and words ~= nil and "on_receipt returned nil, " .. tostring(words) or nil
end

-- Whether on_receipt approves. What it raises is raised in the name of the call, which then does not go on. It may
-- wait: meanwhile the call may come to its end without it.
local function is_approved(self, ticket, receipt)
    local good, verdict = loop.protect(self, function() return refusal_of(ticket.on_receipt(receipt)) end,
        ticket)
    ticket.refusal = good and verdict or nil
    if good then return verdict == nil end
    if self.tickets[ticket.id] == ticket then
        self.tickets[ticket.id] = nil
        self.engine:drop(ticket.id)
    end
    error(verdict, 0)
end

--- Lets the engine go on with a sequence that waits for its approval, or ends it.
---@param self auth0.Calls
---@param ticket auth0.Ticket
function approval.ask(self, ticket)
    local receipt = ticket.receipt
    ticket.receipt = nil
    if self.tickets[ticket.id] ~= ticket then return end
    ticket.is_done = false
    local approved = receipt and is_approved(self, ticket, receipt)
    if self.tickets[ticket.id] ~= ticket then return end
    if approved then return self.engine:approve(ticket.id) end
    self.engine:cancel(ticket.id)
end

return approval
