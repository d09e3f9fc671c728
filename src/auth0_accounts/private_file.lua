--- A file that its user alone can read, and that appears whole under its name or not at all.
local auth0_core = require "auth0.core"
local core = require("auth0_accounts.database").core()
local stop = require "auth0_accounts.stop"

local PrivateFile = {}
local private_file_mt = { __name = "auth0_accounts.private_file", __index = PrivateFile }

local private_file = {}

local TAKEN = "%s: is there already: give another name%s"

local function fail(self, fault)
    self:abandon()
    stop.raise(stop.FAILED, "%s: cannot be written (%s); it was not made", self.path, fault)
end

--- Refuses a name that is taken.
---@param path string
---@param hint? string what else to do
function private_file.check(path, hint)
    local handle = io.open(path, "rb")
    if not handle then return end
    handle:close()
    stop.raise(stop.USAGE, TAKEN, path, hint or "")
end

local count = 0

local function unused_word()
    count = count + 1
    return core.sha256(("%s %s %.9f %d"):format(tostring({}), os.time(), os.clock(), count)):sub(1, 12)
end

--- A name of which no other process thinks.
---@param folder string
---@return string path
function private_file.name_in(folder)
    return ("%s/auth0-accounts.%s"):format(folder, unused_word())
end

--- Begins a file. Refuses a name that is taken, before anything is done.
---@param path string
---@param overwrites? boolean another file of that name is replaced at the end
---@param hint? string what else to do where the name is taken
---@return auth0_accounts.PrivateFile
function private_file.create(path, overwrites, hint)
    local self = setmetatable({ path = path, overwrites = overwrites, hint = hint or "",
        beside = ("%s.%s.new"):format(path, unused_word()) }, private_file_mt)
    if not overwrites then private_file.check(path, hint) end
    local made, fault = auth0_core.make_private_file(self.beside, "")
    if not made then stop.raise(stop.FAILED, "%s: cannot be made (%s)", path, fault) end
    self.handle, fault = io.open(self.beside, "r+b")
    if not self.handle then fail(self, fault) end
    self.handle:setvbuf("full", 65536)
    return self
end

---@param text string
function PrivateFile:write(text)
    local good, fault = self.handle:write(text)
    if not good then fail(self, fault) end
end

--- Replaces the first bytes.
---@param text string
function PrivateFile:rewrite(text)
    local good, fault = self.handle:seek("set", 0)
    if not good then fail(self, fault) end
    self:write(text)
end

local function close(self)
    local handle = self.handle
    self.handle = nil
    local good, fault = handle:flush()
    local closed, other = handle:close()
    if not (good and closed) then fail(self, fault or other) end
end

--- Brings it to the disk, and puts it in its place.
---@return string sha256
function PrivateFile:finish()
    close(self)
    local digest, fault = core.sha256_file(self.beside)
    if not digest then fail(self, fault) end
    local good, why, is_taken = core.place(self.beside, self.path, self.overwrites)
    if good then return digest end
    if not is_taken then fail(self, why) end
    self:abandon()
    stop.raise(stop.USAGE, TAKEN, self.path, self.hint)
end

--- Removes it as long as it is not in its place.
function PrivateFile:abandon()
    if self.handle then self.handle:close() end
    self.handle = nil
    os.remove(self.beside)
end

return private_file
