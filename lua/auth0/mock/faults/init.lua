--- Faults on demand. A request asks for one in a header: `fault=NAME;key=value`; or a test arms one for requests to
--- come (see armed.lua). What happens to the answer is decided here; what happens to the connection is written into
--- `answer.transport` for the front door to obey.
local json = require "auth0.mock.text.json"
local errors = require "auth0.mock.text.errors"
local nearest = require "auth0.nearest"
local shape = require "auth0.mock.model.shape"

local faults = {}

---@class auth0.mock.transport
---@field delay number|nil seconds to wait before anything is sent
---@field kill "reset"|"close"|nil end the TCP connection, with RST or FIN, and send nothing
---@field missing integer|nil content-length promises this many bytes more than are sent; then the connection ends
---@field drip table|nil {bytes = of one piece, pause = seconds between two}: the body comes in pieces
---@field close_after number|nil seconds after the answer at which the idle connection is closed

---@class auth0.mock.fault
---@field name string
---@field commits boolean|"late" whether the request is carried out; "late": `seconds` after it was answered, or was not
---@field shape fun(answer, fault) changes the answer
---@field own_seconds boolean|nil `seconds` is no wait before the answer

local function html(answer, fault)
    answer.status = fault.status or 502
    answer.headers["content-type"] = "text/html"
    answer.body = "<html><head><title>" .. answer.status .. "</title></head><body>"
        .. "<center><h1>Bad gateway</h1></center></body></html>\n"
end

local function kill(answer, fault)
    answer.transport.kill = fault.kind == "fin" and "close" or "reset"
end

--- A fault that finds nothing to spoil says so: no test passes by a fault that did nothing.
local function nothing_to_change(answer, fault)
    local refusal = errors.make(500, "The fault found nothing in the answer that it could change: " .. fault.name)
    answer.status, answer.body = refusal.status, refusal.body
end

local change_in

--- Whether something was changed in an object, or below those of its keys that hold accounts and identities.
local function change_object(object, change)
    local is_changed = change(object)
    for _, name in ipairs { "users", "identities", "profileData" } do
        is_changed = change_in(object[name], change) or is_changed
    end
    return is_changed
end

function change_in(value, change)
    local is_changed = false
    for _, object in ipairs(json.is_array(value) and value or { value }) do
        if json.is_object(object) then
            is_changed = change_object(object, change) or is_changed
        end
    end
    return is_changed
end

local function change_all(answer, fault, change)
    local value = json.decode(answer.body)
    if change_in(value, change) then
        answer.body = json.encode(value)
    else
        nothing_to_change(answer, fault)
    end
end

--- Wrong types as they are seen in the wild, and one that is not.
local wrong = {
    numbers = function(answer)
        answer.body = "[1,2,3]"
    end,
    user_id = function(answer, fault)
        change_all(answer, fault, function(object)
            -- An account has no provider of its own, and keeps its user_id.
            local is_identity = shape.is_identity(object)
            if is_identity then
                object.user_id = json.decode(shape.id_text(object.user_id):match("^[1-9]%d*$") or "1015500000000001")
            end
            return is_identity
        end)
    end,
    email_verified = function(answer, fault)
        change_all(answer, fault, function(object)
            local profile = shape.is_identity(object) and object.profileData
            if json.is_object(profile) and profile.email_verified == nil then
                profile.email_verified = false
            end
            local is_flag = type(object.email_verified) == "boolean"
            object.email_verified = is_flag and tostring(object.email_verified) or object.email_verified
            return is_flag
        end)
    end,
}

local function redirect(answer, fault)
    answer.status, answer.body = fault.status or 302, ""
    answer.headers.location = ("https://%s/redirected"):format(fault.host or "localhost")
end

local function padded(answer, fault)
    local missing, last = (fault.bytes or 2097152) - #answer.body, answer.body:match("[%]}]$")
    if not last then
        nothing_to_change(answer, fault)
    elseif missing > 0 then
        answer.body = answer.body:sub(1, -2) .. (" "):rep(missing) .. last
    end
end

local function cut(answer)
    answer.body = answer.body:sub(1, math.max(1, math.floor(#answer.body / 2)))
end

local function garbage(answer)
    answer.headers["content-encoding"] = "gzip"
    answer.body = "\31\139\8\0" .. ("not gzip at all "):rep(4)
end

local function refuse(answer, fault)
    local refusal = errors.make(fault.status or 503, "The fault that was asked for.", fault.kind)
    answer.status, answer.body = refusal.status, refusal.body
end

local function text(answer, fault)
    answer.status = fault.status or 500
    answer.headers["content-type"] = "text/plain; charset=utf-8"
    answer.body = answer.status == 401 and "Unauthorized" or "upstream connect error or disconnect/reset before headers"
end

--- The body as it is, without the one key that clients like to lean on.
local function no_error_code(answer)
    local body = json.decode(answer.body)
    if json.is_object(body) and body.errorCode ~= nil then
        body.errorCode = nil
        answer.body = json.encode(body)
    end
end

local function late(answer, fault)
    if fault.status then
        refuse(answer, fault)
    else
        kill(answer, fault)
    end
end

local function drip(answer, fault)
    local bytes = math.max(1, math.floor(fault.bytes or 16))
    local pieces = math.max(1, math.ceil(#answer.body / bytes))
    answer.transport.drip = { bytes = bytes, pause = (fault.seconds or 1) / pieces }
end

local known = {
    ["delay"] = { commits = true, shape = function() end, seconds = 1 },
    ["reset-before"] = { commits = false, shape = kill },
    ["reset-after"] = { commits = true, shape = kill },
    ["truncated"] = { commits = true, shape = function(answer) answer.transport.missing = 64 end },
    ["html"] = { commits = false, shape = html },
    ["html-after"] = { commits = true, shape = html },
    ["empty"] = { commits = true, shape = function(answer) answer.body = "" end },
    ["status"] = { commits = false, shape = refuse },
    ["status-after"] = { commits = true, shape = refuse },
    ["text"] = { commits = false, shape = text },
    ["text-after"] = { commits = true, shape = text },
    ["no-error-code"] = { commits = true, shape = no_error_code },
    ["late"] = { commits = "late", own_seconds = true, shape = late },
    ["drip"] = { commits = true, own_seconds = true, shape = drip },
    ["redirect"] = { commits = false, shape = redirect },
    ["not-array"] = { commits = true, shape = function(answer)
        answer.body = '{"identities":' .. answer.body .. "}"
    end },
    ["wrong-types"] = { commits = true, shape = function(answer, fault)
        wrong[fault.kind or "numbers"](answer, fault)
    end },
    ["broken-json"] = { commits = true, shape = cut },
    ["broken-gzip"] = { commits = true, shape = garbage },
    ["large"] = { commits = true, shape = padded },
    ["idle-close"] = { commits = true, own_seconds = true, shape = function(answer, fault)
        answer.transport.close_after = fault.seconds or 0.05
    end },
}

--- Reads a number between two others; LuaJIT's tonumber takes inf and nan, which are not.
local function number(least, most, is_whole)
    return function(word)
        local value = tonumber(word)
        local is_good = value and value >= least and value <= most and not (is_whole and value % 1 ~= 0)
        return is_good and value or nil
    end
end

--- What a fault may be told, with how each is read.
local keys = { seconds = number(0, 86400), status = number(200, 599, true), bytes = number(0, 67108864, true),
    kind = function(word) return word end }

---@return string names of all that there are
function faults.names()
    return table.concat(json.keys(known), ", ")
end

local function begin(name)
    local entry = known[name]
    if not entry then
        return nil, ("there is no fault %s%s; there are %s"):format(name, nearest.hint(name, known), faults.names())
    end
    return { name = name, commits = entry.commits, shape = entry.shape, delay = entry.seconds,
        own_seconds = entry.own_seconds }
end

--- What is wrong with a key of a fault, or nil.
local function set(fault, key, value)
    if not keys[key] then
        return ("a fault has no %s; its keys are %s"):format(key, table.concat(json.keys(keys), ", "))
    end
    fault[key] = keys[key](value)
    local is_bad = fault[key] == nil or key == "kind" and fault.name == "wrong-types" and not wrong[value]
    return is_bad and ("%s cannot be %s"):format(key, value) or nil
end

---@param words string "fault=NAME;key=value"
---@return auth0.mock.fault|nil fault nil when it cannot be understood
---@return string|nil message
function faults.parse(words)
    local fault, message
    for part in words:gmatch("[^;]+") do
        local key, value = part:match("^%s*([%w_]+)=(%S+)%s*$")
        if not key then
            return nil, "a fault is NAME;key=value"
        elseif fault then
            message = set(fault, key, value)
        else
            fault, message = begin(key == "fault" and value or part)
        end
        if message then
            return nil, message
        end
    end
    return fault
end

---The fault that a request asks for. A correlation id that does not begin with `fault=` is only a correlation id.
---@param headers table<string, string>
---@return auth0.mock.fault|nil fault
---@return auth0.mock.answer|nil refusal 500 for a fault that cannot be understood: no test passes by a misspelling
function faults.wanted(headers)
    local words = headers["x-tenant-fault"] or headers["x-correlation-id"] or ""
    if words:sub(1, 6) ~= "fault=" then
        return nil
    end
    local fault = faults.parse(words)
    if not fault then
        return nil, errors.make(500, "This is no fault that the tenant knows: " .. words)
    end
    return fault
end

---Shapes the answer. `seconds` is a wait before it, except for idle-close, which waits after the answer; for late,
---which commits that much later; and for drip, which takes that long.
---@param fault auth0.mock.fault
---@param answer auth0.mock.answer what the request would have got
---@param host string|nil where the request was sent
---@return auth0.mock.answer
function faults.shape(fault, answer, host)
    answer.transport = {}
    fault.host = host
    if not fault.own_seconds then
        answer.transport.delay = fault.seconds or fault.delay
    end
    fault.shape(answer, fault)
    return answer
end

return faults
