--- Things of the tenant that have an id: roles, organizations and groups, which accounts have by it, and event streams.
local errors = require "auth0.mock.text.errors"
local json = require "auth0.mock.text.json"
local query = require "auth0.mock.text.query"
local schema = require "auth0.mock.text.schema"
local tokens = require "auth0.mock.model.tokens"

local registry = {}

local Registry = {}
local registry_mt = { __name = "auth0.mock.registry", __index = Registry }

---@param complete fun(entry): table  what a read shows
---@return table registry
function registry.new(complete)
    return setmetatable({ by_id = {}, complete = complete }, registry_mt)
end

---What is wrong with what a test names by id or in full.
---@param entry any
---@return string|nil message
function registry.refusal(entry)
    if type(entry) == "string" and entry ~= "" then
        return nil
    elseif not json.is_object(entry) or type(entry.id) ~= "string" or entry.id == "" then
        return "it needs an id, a string"
    end
    for _, name in ipairs { "name", "display_name", "description", "status" } do
        if entry[name] ~= nil and type(entry[name]) ~= "string" then
            return name .. " is a string"
        end
    end
    if entry.subscriptions ~= nil and (type(entry.subscriptions) ~= "table" or schema.strings(entry.subscriptions)) then
        return "subscriptions is an array of strings"
    end
end

---@param entry table with an id; one of the same id is replaced
---@return table|nil entry as a read shows it
---@return string|nil message
function Registry:add(entry)
    local message = type(entry) ~= "table" and "it needs an id, a string" or registry.refusal(entry)
    if message then
        return nil, message
    end
    self.by_id[entry.id] = self.complete(entry)
    return self.by_id[entry.id]
end

---The ids of what a seed names by id or in full. What is not known yet is made.
---@param list any[]|nil
---@return string[]|nil ids
function Registry:named(list)
    local ids = list and {}
    for i, entry in ipairs(list or {}) do
        if type(entry) == "table" then
            self:add(entry)
        elseif not self.by_id[entry] then
            self:add({ id = entry })
        end
        ids[i] = type(entry) == "table" and entry.id or entry
    end
    return ids
end

---@param ids string[]|nil
---@return table[] entries
function Registry:all(ids)
    local list = json.array({})
    for i, id in ipairs(ids or {}) do
        list[i] = self.by_id[id]
    end
    return list
end

---@return table[] entries all of them
function Registry:every()
    local list = {}
    for _, entry in pairs(self.by_id) do
        list[#list + 1] = entry
    end
    return list
end

---A list with more at its end, and nothing twice.
---@param list string[]|nil
---@param more string[]
---@return string[] joined a new list
function registry.joined(list, more)
    local joined, known = {}, {}
    for _, part in ipairs { list or {}, more } do
        for _, id in ipairs(part) do
            joined[#joined + 1] = not known[id] and id or nil
            known[id] = true
        end
    end
    return joined
end

---A list without some of it.
---@param list any[]|nil
---@param gone any[]
---@param key_of (fun(entry: any): string)|nil what makes two entries one; without it, they are ids
---@return any[] rest a new list
function registry.without(list, gone, key_of)
    local rest, known = json.array({}), {}
    for _, entry in ipairs(gone) do
        known[key_of and key_of(entry) or entry] = true
    end
    for _, entry in ipairs(list or {}) do
        rest[#rest + 1] = not known[key_of and key_of(entry) or entry] and entry or nil
    end
    return rest
end

---The body of a request that gives something to accounts or takes it, once the caller may do so.
---@param call table
---@param properties table<string, table>
---@param required string the property that must be there
---@param ... string scopes
---@return table|nil body
---@return auth0.mock.answer|nil refusal
function registry.asked(call, properties, required, ...)
    local refusal = tokens.need(call.caller, ...)
    if refusal then
        return nil, refusal
    end
    return schema.body(call.request, properties, { required = { required } })
end

---The same where the request's path names the account.
---@param call table
---@param properties table<string, table>
---@param required string the property that must be there
---@param ... string scopes
---@return table|nil body
---@return table|nil account
---@return auth0.mock.answer|nil refusal
function registry.asked_of_account(call, properties, required, ...)
    local body, refusal = registry.asked(call, properties, required, ...)
    local account = not refusal and call.world.users:find(call.params.id) or nil
    if not refusal and not account then
        refusal = errors.answer("inexistent_user")
    end
    return body, account, refusal
end

---What a list of the tenant is asked for, once the caller may read it and the query is good.
---@param call table
---@param rules table<string, table>
---@param ... string scopes
---@return table|nil values of the query
---@return auth0.mock.answer|nil refusal
function registry.of_tenant(call, rules, ...)
    local refusal = tokens.need(call.caller, ...)
    if refusal then
        return nil, refusal
    end
    return query.read(call.request, rules)
end

---The same of a list that an account has, whose path names it.
---@param call table
---@param rules table<string, table>
---@param ... string scopes
---@return table|nil account
---@return table|nil values of the query
---@return auth0.mock.answer|nil refusal
function registry.of_account(call, rules, ...)
    local values, refusal = registry.of_tenant(call, rules, ...)
    local account = call.world.users:find(call.params.id)
    if not refusal and not account then
        refusal = errors.answer("inexistent_user")
    end
    return account, values, refusal
end

return registry
