--- How far the reading of an export has come: a line at the bottom of a terminal, which is written over.
local printable = require "auth0_accounts.printable"
local terminal = require "auth0_accounts.terminal"

local watch = {}

---@class auth0_accounts.Watch
local Watch = {}
local watch_mt = { __name = "auth0_accounts.watch", __index = Watch }

---@param world auth0_accounts.World
---@param is_quiet boolean|nil
---@return auth0_accounts.Watch
function watch.new(world, is_quiet)
    return setmetatable({ err = world.err, width = not is_quiet and terminal.width(world) or nil }, watch_mt)
end

--- Says what is done now.
---@param what string
---@param done number
---@param total number 0: it is not known
function Watch:say(what, done, total)
    if not self.width then return end
    local share = total > 0 and (" %d %%"):format(math.floor(100 * done / total)) or ""
    local text = printable.line(what .. share):sub(1, self.width - 1)
    self.err:write("\r", text, (" "):rep(#(self.text or "") - #text))
    self.err:flush()
    self.text = text
end

--- Removes the line.
function Watch:finish()
    if self.text then self.err:write("\r", (" "):rep(#self.text), "\r") end
    self.text = nil
end

return watch
