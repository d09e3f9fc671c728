--- Bodies that run side by side, however a loop runs them: how many are left, and what the first of them raised.
local group = {}

---@class auth0.Group
---@field task fun() what is to be run, `count` times
---@field left integer
---@field result fun(): boolean, any true; or false, and what the first raised

---@param count integer
---@param body fun(number: integer) from 1 to `count`
---@param protect fun(body: fun()): boolean, any calls it as pcall does; it may wait in the loop's way
---@param on_fault fun(number: integer) told at once when one raises
---@param on_end? fun() told when the last has ended
---@return auth0.Group
function group.new(count, body, protect, on_fault, on_end)
    local self, begun, fault = { left = count }, 0, nil
    function self.task()
        begun = begun + 1
        local number = begun
        local good, raised = protect(function() body(number) end)
        self.left = self.left - 1
        if not good then
            fault = fault or { raised } -- it may be nil
            on_fault(number)
        end
        if self.left == 0 and on_end then on_end() end
    end
    function self.result()
        if fault then return false, fault[1] end
        return true
    end
    return self
end

return group
