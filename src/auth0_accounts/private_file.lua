--- Files that this user alone can read. Each appears whole under its name, or not at all: until then it has no name.
--- Where the file system has no nameless files, it has another name beside its own.
local auth0_core = require "auth0.core"
local database = require "auth0_accounts.database"
local regular = require "auth0_accounts.regular"
local stop = require "auth0_accounts.stop"

local private_file = {}

local TAKEN = "%s: is there already: give another name%s"

--- Refuses a name that is taken.
---@param path string
---@param hint? string what else to do
function private_file.check(path, hint)
    if regular.is(path) == nil then return end
    stop.raise(stop.USAGE, TAKEN, path, hint or "")
end

local NAMES = 100

--- Makes a file beside another one, which is to take its place. No file that is there is touched.
---@param path string of the other one
---@param text string
---@return string|nil beside its path
---@return string|nil fault
function private_file.make_beside(path, text)
    local made, fault
    for i = 1, NAMES do
        local beside = ("%s.new%s"):format(path, i > 1 and i or "")
        made, fault = auth0_core.make_private_file(beside, text)
        if made then return beside end
        if regular.is(beside) == nil then break end
    end
    return nil, fault
end

-- ---- what takes the place of a file, without SQLite too ----

local function put(beside, path)
    local good, fault = os.rename(beside, path)
    if not good then os.remove(beside) end
    return good, fault
end

--- Puts a text in the place of what the file holds, or leaves it as it is.
---@param path string
---@param text string
---@return true|nil is_replaced
---@return string|nil fault
function private_file.replace(path, text)
    local beside, fault = private_file.make_beside(path, text)
    if not beside then return nil, fault end
    return put(beside, path)
end

local function write_all(handle, parts)
    local good, fault = true, nil
    for part in parts do
        if good then good, fault = handle:write(part) end
    end
    local closed, closing = handle:close()
    if not good or not closed then return nil, fault or closing end
    return true
end

--- The same, part by part, for what may be long.
---@param path string
---@param parts fun(): string|nil
---@return true|nil is_replaced
---@return string|nil fault
function private_file.replace_by(path, parts)
    local beside, fault = private_file.make_beside(path, "")
    local handle = beside and io.open(beside, "wb")
    if not handle then return nil, fault end
    local made
    made, fault = write_all(handle, parts)
    if made then return put(beside, path) end
    os.remove(beside)
    return nil, fault
end

-- ---- a file that grows, and may leave one of its name as it is ----

local PrivateFile = {}
local private_file_mt = { __name = "auth0_accounts.private_file", __index = PrivateFile }

local NOT_WRITTEN = "%s: cannot be written (%s); it was not made"
local NOT_KEPT = "%s: cannot be kept in a temporary file (%s): set TMPDIR to a folder with more room"

local function fail(self, fault)
    self:abandon()
    stop.raise(stop.FAILED, self.sentence, self.path, fault)
end

local function open_beside(self, folder, path)
    local fault
    self.nameless = self.core.nameless(folder)
    if self.nameless then
        self.beside = self.nameless:path()
    else
        self.beside, fault = private_file.make_beside(path, "")
    end
    if not self.beside then fail(self, fault) end
    self.handle, fault = io.open(self.beside, "r+b")
    if not self.handle then fail(self, fault) end
    self.handle:setvbuf("full", 65536)
    return self
end

--- Begins a file. Refuses a name that is taken, before anything is done.
---@param path string
---@param overwrites? boolean another file of that name is replaced at the end
---@param hint? string what else to do where the name is taken
---@return auth0_accounts.PrivateFile
function private_file.create(path, overwrites, hint)
    local self = setmetatable({ core = database.core(), path = path, overwrites = overwrites, hint = hint or "",
        sentence = NOT_WRITTEN }, private_file_mt)
    if not overwrites then private_file.check(path, hint) end
    return open_beside(self, path:match "^(.*/)[^/]*$" or ".", path)
end

--- Begins a file that is read by this process alone, and abandoned then.
---@param folder string
---@param name string as messages call it
---@return auth0_accounts.PrivateFile
function private_file.temporary(folder, name)
    local core = database.core()
    local self = setmetatable({ core = core, path = name, sentence = NOT_KEPT }, private_file_mt)
    local word = core.sha256(("%s %s %.9f"):format(tostring(self), os.time(), os.clock())):sub(1, 12)
    return open_beside(self, folder, ("%s/auth0-accounts.%s"):format(folder, word))
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

--- Of a temporary one: what was written can be read now.
---@return string path until it is abandoned
function PrivateFile:end_writing()
    close(self)
    return self.beside
end

--- Brings it to the disk, and puts it in its place.
---@return string sha256
function PrivateFile:finish()
    close(self)
    local digest, fault = self.core.sha256_file(self.beside)
    if not digest then fail(self, fault) end
    local good, why, is_taken
    if self.nameless then
        good, why, is_taken = self.nameless:place(self.path, self.overwrites)
    else
        good, why, is_taken = self.core.place(self.beside, self.path, self.overwrites)
    end
    if good then
        if self.nameless then self.nameless:close() end
        return digest
    end
    if not is_taken then fail(self, why) end
    self:abandon()
    stop.raise(stop.USAGE, TAKEN, self.path, self.hint)
end

--- Removes it as long as it is not in its place.
function PrivateFile:abandon()
    if self.handle then self.handle:close() end
    self.handle = nil
    if self.nameless then
        self.nameless:close()
    elseif self.beside then
        os.remove(self.beside)
    end
end

return private_file
