--- How far a run has come: a line at the bottom of a terminal, which is written over; elsewhere a line now and then.
local printable = require "auth0_accounts.printable"
local terminal = require "auth0_accounts.terminal"

local progress = {}

local PERIOD = 30 -- seconds between two lines where there is no terminal
local WINDOW = 30 -- seconds over which the rate is taken
local MARGIN = 3 -- columns: a terminal writes ^C where the line ends

---@class auth0_accounts.Progress
---@field verb string the command
---@field total integer
---@field done integer
---@field counts table<string, integer> of the lines that did not come out as they should, by word
---@field throttle number|false|nil lines a second that --throttle-file lets begin
local Progress = {}
local progress_mt = { __name = "auth0_accounts.progress", __index = Progress }

---@param world auth0_accounts.World
---@param verb string
---@param total integer
---@param is_quiet boolean|nil
---@return auth0_accounts.Progress
function progress.new(world, verb, total, is_quiet)
    return setmetatable({ err = world.err, width = not is_quiet and terminal.width(world) or nil, verb = verb,
        total = total, is_quiet = is_quiet, done = 0, counts = {}, samples = {} }, progress_mt)
end

--- A line has come to its end.
---@param word string
function Progress:count(word)
    self.done = self.done + 1
    self.counts[word] = (self.counts[word] or 0) + 1
end

--- An event of the tenant's: why it waits.
---@param event auth0.Event
function Progress:hear(event)
    if event.kind == "wait" or event.kind == "retry" then
        self.wait = { bucket = event.bucket, code = event.kind == "retry" and event.code, seconds = event.wait }
    elseif event.kind == "request" then
        self.wait = nil
    end
end

-- ---- the words ----

---@param number number
---@return string of its whole part: "1,234,567"
function progress.whole(number)
    local digits = ("%.0f"):format(number)
    local left = #digits % 3
    local text = digits:sub(1, left) .. digits:sub(left + 1):gsub("%d%d%d", ",%0")
    return (text:gsub("^,", ""))
end

---@param seconds number
---@return string "2 h 13 min", "4 min", "12 s"
function progress.span(seconds)
    if seconds < 60 then return ("%.0f s"):format(seconds) end
    if seconds < 3600 then return ("%d min"):format(math.floor(seconds / 60)) end
    return ("%d h %d min"):format(math.floor(seconds / 3600), math.floor(seconds % 3600 / 60))
end

local function rate_of(self)
    local first, last = self.samples[1], self.samples[#self.samples]
    if not first or last.at <= first.at then return nil end
    return (last.done - first.done) / (last.at - first.at)
end

-- Of the buckets that the run draws from, the one with the smallest share left.
local function bucket_of(buckets)
    local name, share
    for _, each in ipairs { "read", "write", "delete" } do
        local bucket = buckets[each]
        if bucket and (not share or bucket.left / bucket.limit < share) then
            name, share = each, bucket.left / bucket.limit
        end
    end
    return name and ("%s %.0f/%.0f"):format(name, math.max(0, buckets[name].left), buckets[name].limit)
end

local function wait_of(wait)
    if not wait then return nil end
    local seconds = wait.seconds and (" %.1f s"):format(wait.seconds) or ""
    if wait.code then return ("tries again%s after %s"):format(seconds, wait.code) end
    if wait.bucket == "token" then return ("waits%s for a token"):format(seconds) end
    return ("waits%s for the %s limit"):format(seconds, tostring(wait.bucket))
end

local shown = { "failed", "unknown", "refused", "missing", "elsewhere", "changed", "conflicts" } -- in this order

local function parts_of(self, buckets)
    local rate = rate_of(self)
    local parts = { ("%s: %s of %s"):format(self.verb, progress.whole(self.done), progress.whole(self.total)) }
    if rate then parts[#parts + 1] = ("%.1f/s"):format(rate) end
    if rate and rate > 0 then
        parts[#parts + 1] = "ETA " .. progress.span(math.max(0, self.total - self.done) / rate)
    end
    for _, word in ipairs(shown) do
        if self.counts[word] then parts[#parts + 1] = word .. " " .. progress.whole(self.counts[word]) end
    end
    if self.throttle then parts[#parts + 1] = ("throttle %.14g/s"):format(self.throttle) end
    parts[#parts + 1] = bucket_of(buckets)
    parts[#parts + 1] = wait_of(self.wait)
    return parts
end

--- All of it, or as many parts as fit.
---@param buckets table<string, auth0.StatsBucket>
---@param width? integer
---@return string
function Progress:text(buckets, width)
    local text
    for _, part in ipairs(parts_of(self, buckets)) do
        local longer = text and text .. "  " .. part or part
        if text and width and #longer > width then break end
        text = longer
    end
    return text
end

-- ---- showing it ----

local CLEAR = "\r\27[K"

local function sample(self, now)
    local samples = self.samples
    samples[#samples + 1] = { at = now, done = self.done }
    while samples[2] and now - samples[2].at > WINDOW do table.remove(samples, 1) end
end

--- Looks how it stands, several times a second.
---@param now number seconds
---@param stats auth0.Stats
---@param is_asked? boolean the user asked for a line
function Progress:tick(now, stats, is_asked)
    sample(self, now)
    self.told_at = self.told_at or now
    if is_asked then
        self:say(self:text(stats.buckets))
    elseif self.is_quiet then
        return
    elseif self.width then
        self.err:write(CLEAR, self:text(stats.buckets, self.width - MARGIN))
        self.err:flush()
        self.is_shown = true
    elseif now - self.told_at >= PERIOD then
        self.told_at = now
        self:say(self:text(stats.buckets))
    end
end

--- Takes the line off the terminal: something else is to be written there.
function Progress:clear()
    if self.is_shown then self.err:write(CLEAR) end
    self.is_shown = false
end

--- A line that stays.
---@param text string
function Progress:say(text)
    self:clear()
    self.err:write("auth0-accounts: ", printable.line(text), "\n")
    self.err:flush()
end

return progress
