--- A file from wherever the tenant keeps it: another host, which gets no token. It is fetched in parts (Range of HTTP),
--- each with its own tries and deadline: memory does not grow with the file, and a connection that ends costs one part.
local call = require "auth0.tenant.call"
local calls = require "auth0.calls"
local core = require "auth0.core"
local failure = require "auth0.failure"
local options = require "auth0.options"

local download = {}

-- Of the tenant it takes the limits alone.
local fetch = calls.method("tenant:export", "download", options.specify(core.options, "tenant"), true)

local PART = 1048576 -- bytes
local FRESH = 45 -- seconds of the 60 for which a link is valid

local function fail(self, format, ...)
    local _, _, what = failure.make("bad_response", { outcome = "none", attempts = 0, elapsed = 0 },
        "tenant:export: " .. format, ...)
    what.domain = self.domain
    error(what, 0)
end

-- Each has its connections and its memory; where another export is fetching a part there, its turn comes later.
local function close_others(self, host)
    for other, its in pairs(self.hosts) do
        if other ~= host and next(its.tickets) == nil then
            self.hosts[other] = nil
            its:close()
            its.engine:close()
        end
    end
end

-- The calls that go to a host. A mock answers for all hosts.
local function calls_to(self, host)
    if self.mock then return self.calls end
    close_others(self, host)
    if not self.hosts[host] then
        local transport = { domain = host }
        for name, value in pairs(self.transport) do transport[name] = value end
        self.hosts[host] = calls.of(core.engine(transport, 1), false, self.calls.loop)
        self.hosts[host].on_event = self.calls.on_event
    end
    return self.hosts[host]
end

local function is_ipv4(name)
    local count = 0
    for number in (name .. "."):gmatch "(%d*)%." do
        if not number:find "^%d%d?%d?$" or number:find "^0." or tonumber(number) > 255 then return false end
        count = count + 1
    end
    return count == 4
end

local function is_name(name)
    local last
    for label in (name .. "."):gmatch "([^.]*)%." do
        if not label:find "^%w[%w-]*$" or label:find "%-$" or #label > 63 then return false end
        last = label
    end
    if not last or #name > 253 then return false end
    local is_numeric = last:find "^%d+$" or last:find "^0x%x*$"
    return not is_numeric or is_ipv4(name)
end

-- What the core takes for a host: it would raise for another, as for a mistake of the caller's.
local function is_host(host)
    local name, port = host:match "^([^:]+)(.*)$"
    local address = host:match "^%[([%x:.]+)%]"
    if address then name, port = address, host:sub(#address + 3) end
    if not name or port ~= "" and not port:find "^:[1-9]%d?%d?%d?%d?$" then return false end
    if port ~= "" and tonumber(port:sub(2)) > 65535 then return false end
    if address then return #address <= 45 and address:find ":.*:" ~= nil end
    return is_name(name)
end

local function locate(file)
    local now = file.tenant.calls.engine:now()
    if file.location and now - file.since < FRESH then return end
    file.location, file.since = file.find(), now
    file.host, file.path = file.location:match "^https://([%w.:%[%]-]+)(/[\33\34\36-\126]*)$"
    file.host = file.host and file.host:lower()
    if not file.host or not is_host(file.host) then
        fail(file.tenant, "the tenant names no file that can be downloaded")
    end
end

-- One part, or what went wrong.
local function ask(file)
    locate(file)
    local range = not file.is_whole and ("bytes=%.0f-%.0f"):format(file.at, file.at + PART - 1) or nil
    return calls_to(file.tenant, file.host):perform(fetch, 1, file.limits, { domain = file.host, path = file.path,
        range = range, max_response = 2 * PART, telemetry = false }, nil, true)
end

-- A part whose link was too old may be had with a new one.
local function ask_again(file)
    local part, facts = ask(file)
    if part or (facts.status ~= 403 and facts.status ~= 404) then return part, facts end
    file.location = nil
    return ask(file)
end

-- How long the file is, where this is a part of it; nil: this is all of it.
local function size_of(file, facts, part)
    if facts.status == 200 then return nil end
    if facts.status ~= 206 then
        fail(file.tenant, "%s sends status %d instead of a part of the file", file.host, facts.status)
    end
    local first, last, size = (facts.content_range or ""):match "^bytes (%d+)%-(%d+)/(%d+)$"
    first, last, size = tonumber(first), tonumber(last), tonumber(size)
    if first ~= file.at or last ~= math.min(file.at + PART, size) - 1 then
        fail(file.tenant, "%s sends another part of the file than was asked for", file.host)
    elseif #part ~= last - first + 1 then
        fail(file.tenant, "%s sends a part of the file that is not as long as it says", file.host)
    end
    return size
end

-- Of an empty file there is no part: 416. That it is empty is seen when it is asked for as a whole.
local function ask_for_empty(file)
    file.is_whole = true
    local part, facts = ask_again(file)
    if part and (facts.status ~= 200 or part ~= "") then
        fail(file.tenant, "%s sends no parts of a file that is not empty", file.host)
    end
    return part, facts
end

local function check_same(file, size, etag)
    if file.size and (size ~= file.size or etag ~= file.etag) then
        fail(file.tenant, "the file is another one than it was when it was begun")
    end
    file.size, file.etag = size, etag
end

local function next_part(file)
    if file.is_over then return nil end
    local part, facts = ask_again(file)
    if not part and facts.status == 416 and file.at == 0 then part, facts = ask_for_empty(file) end
    if not part then
        local _, _, what = failure.of_call("tenant:export", file.host, facts, true)
        error(what, 0)
    end
    local size = size_of(file, facts, part)
    if not size and file.at > 0 then fail(file.tenant, "%s sends no parts of files any more", file.host) end
    check_same(file, size or #part, facts.etag)
    file.at = file.at + #part
    file.is_over = file.at >= file.size
    if #part == 0 and not file.is_over then fail(file.tenant, "%s sends an empty part of the file", file.host) end
    return part
end

--- The file's bytes, part after part. Raises the failure.
---@param tenant auth0.Tenant
---@param find fun(): string a new link to the file
---@param checked table options of the export
---@return fun(): string|nil
function download.parts(tenant, find, checked)
    local limits = call.limits(checked)
    for name, value in pairs(tenant.limits) do limits[name] = limits[name] or value end
    limits.user_agent = tenant.transport.user_agent
    local file = { tenant = tenant, find = find, limits = limits, at = 0 }
    return function() return (next_part(file)) end
end

return download
