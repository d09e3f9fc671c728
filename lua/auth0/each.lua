--- auth0.each: calls a function for every item, several at a time.
local core = require "auth0.core"
local loop = require "auth0.loop"

local each = {}

-- Of the results of pairs and ipairs only the function arrives here, without the table: a call followed by further
-- arguments is cut to its first result.
local wants_arguments = { [next] = "pairs", [(pairs {})] = "pairs", [(ipairs {})] = "ipairs" }

local function check(items, count, fn)
    local kind = type(items)
    if kind == "table" and rawget(items, "each") == each.run then
        error("auth0.each: is called with a dot, not with a colon", 3)
    end
    if kind ~= "table" and kind ~= "function" then
        error(("auth0.each: expected an array of items or an iterator function, got a %s"):format(kind), 3)
    elseif wants_arguments[items] then
        error(("auth0.each: the function of %s wants arguments: give the array itself, or a function that gives the "
            .. "next item at each call"):format(wants_arguments[items]), 3)
    elseif type(count) ~= "number" or count < 1 or count ~= math.floor(count) or count > 10000 then
        error("auth0.each: how many at a time? expected a whole number from 1 to 10000", 3)
    elseif type(fn) ~= "function" then
        error(("auth0.each: expected a function, got a %s"):format(type(fn)), 3)
    end
end

local function source(items)
    if type(items) == "function" then return items end
    local position = 0
    return function()
        position = position + 1
        return items[position]
    end
end

local function wake_all(state)
    local queue = state.queue
    state.queue = {}
    for _, ticket in ipairs(queue) do loop.finish(ticket) end
end

-- Only one task at a time asks for the next item: an iterator may itself wait, for the next page of a list.
local function next_item(state)
    while state.is_taking do
        local ticket = {}
        state.queue[#state.queue + 1] = ticket
        loop.wait(nil, ticket)
    end
    if state.is_over then return nil end
    state.is_taking = true
    local item, taken = state.take(), state.taken + 1
    state.is_taking = false
    if item == nil then state.is_over = true end
    if state.queue[1] then wake_all(state) end
    if state.is_over then return nil end
    state.taken = taken
    return item, taken
end

local LONGEST = 128 -- bytes of an item that a message shows

-- An account's id may be shown; any other text might be a secret, or a row that holds one.
local function is_id(item)
    return type(item) == "string" and #item <= LONGEST and not item:find "[%s,;]" and not core.id_fault(item)
end

-- Adds to an error that is text which item it was.
local function name_item(fault, failed)
    if type(fault) ~= "string" or not failed.index then return fault end
    local shown = is_id(failed.item) and (", %q"):format(failed.item) or ""
    return ("%s (item %d of auth0.each%s)"):format(fault, failed.index, shown)
end

--- Calls `fn(item, index)` for each item, at most `count` of them at a time. While one call of `fn` waits for a tenant,
--- the others go on.
---
--- After the first error no new items are begun; those that are under way come to their end, then it is raised. If it
--- is a string, the number of its item is added, and the item if that is an account's id. Only `fn` itself lets the
--- others go on: a coroutine that it makes, and an auth0.each inside of it, wait on the spot.
---
--- `are_others()` says whether other items are under way or may still begin: for an item that looks after the others.
---@param items any[]|fun(): any an array, or an iterator, whose nil is the end
---@param count integer
---@param fn fun(item: any, index: integer, are_others: fun(): boolean)
---@return integer done
function each.run(items, count, fn)
    check(items, count, fn)
    local state = { take = source(items), taken = 0, done = 0, under_way = 0, queue = {} }
    local items_of, indexes, failed = {}, {}, nil -- by the number of the task
    local function are_others() return state.under_way > 1 or not state.is_over end
    local function task(number)
        while true do
            local item, index = next_item(state)
            if item == nil then return end
            items_of[number], indexes[number] = item, index
            state.under_way = state.under_way + 1
            fn(item, index, are_others)
            indexes[number] = nil
            state.done, state.under_way = state.done + 1, state.under_way - 1
        end
    end
    local good, fault = loop.together(count, task, function(number)
        failed = failed or { item = items_of[number], index = indexes[number] }
        if indexes[number] then state.under_way = state.under_way - 1 end
        state.is_over, state.is_taking = true, false
        wake_all(state)
    end)
    if not good then error(name_item(fault, failed), 0) end
    return state.done
end

return each
