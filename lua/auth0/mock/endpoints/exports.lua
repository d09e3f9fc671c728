--- Export jobs: POST /api/v2/jobs/users-exports, GET /api/v2/jobs/{id}, and the file. A job goes on by the clock; what
--- it exports is what was there when it was asked for.
local errors = require "auth0.mock.text.errors"
local export_file = require "auth0.mock.text.export_file"
local gzip = require "auth0.mock.text.gzip"
local registry = require "auth0.mock.model.registry"
local schema = require "auth0.mock.text.schema"
local timestamp = require "auth0.mock.text.timestamp"
local tokens = require "auth0.mock.model.tokens"
local user_view = require "auth0.mock.model.user_view"
local users = require "auth0.mock.model.users"
local wire = require "auth0.mock.text.wire"

local exports = {}

---@return table exports jobs by id, links to their files
function exports.new()
    return { jobs = {}, links = {} }
end

local formats = { json = true, csv = true }
local properties = {
    connection_id = { types = "string", pattern = "^con_" .. ("%w"):rep(16) .. "$", says = "^con_[A-Za-z0-9]{16}$" },
    format = { types = "string", known = function(value) return formats[value] end },
    limit = { types = "integer", minimum = 1 },
    fields = { types = "array", valid = schema.items({
        name = { types = "string", most = 100 }, export_as = { types = "string", most = 100 },
    }, { "name" }) },
}

--- CSV has columns, 30 of them at most, and none for a whole object.
local function csv_fault(fields)
    if #fields > 30 then
        return ("Array is too long (%d), maximum 30"):format(#fields)
    end
    for _, field in ipairs(fields) do
        if field.name == "user_metadata" or field.name == "app_metadata" then
            return "CSV has no column for a whole object: " .. field.name
        end
    end
end

local function text_of(world, body, connection)
    local accounts = {}
    for account in world.users:each() do
        if not connection or account.identities[1].connection == connection.name then
            accounts[#accounts + 1] = user_view.account(account, { numbers = world.settings.numeric_user_ids })
            if #accounts == body.limit then
                break
            end
        end
    end
    return export_file.write(accounts, body.format or "csv", body.fields), #accounts
end

local function view(job, status)
    return { id = job.id, type = "users_export", status = status, format = job.format, limit = job.limit,
        fields = job.fields, connection_id = job.connection_id, connection = job.connection,
        created_at = timestamp.text(job.created) }
end

---POST /api/v2/jobs/users-exports: 200, not 201.
---@param call table
---@return auth0.mock.answer
function exports.create(call)
    local world = call.world
    local refusal = tokens.need(call.caller, "read:users")
    local body
    if not refusal then
        body, refusal = schema.body(call.request, properties, { may_be_empty = true })
    end
    if refusal then
        return refusal
    end
    local connection = world.connections.by_id[body.connection_id or ""]
    local fault = body.format ~= "json" and csv_fault(body.fields or {})
    if body.connection_id and not connection then
        return errors.answer("inexistent_connection")
    elseif fault then
        return errors.answer("invalid_body", ("Payload validation error: '%s' on property fields."):format(fault))
    end
    local job = { id = "job_" .. users.hexadecimal(world.random, 16), created = world.now(), limit = body.limit,
        format = body.format or "csv", fields = body.fields, connection_id = body.connection_id,
        connection = connection and connection.name or "" }
    job.text, job.count = text_of(world, body, connection)
    world.exports.jobs[job.id] = job
    return wire.answer(200, view(job, "pending"))
end

--- A job that is not forgotten yet.
local function find(world, id)
    local job = world.exports.jobs[id]
    if job and world.now() >= job.created + world.settings.export_kept then
        world.exports.jobs[id] = nil
        return nil
    end
    return job
end

--- A link of its own for each time that the job was asked for.
local function new_link(world, job)
    for link, entry in pairs(world.exports.links) do
        if entry.until_when <= world.now() then
            world.exports.links[link] = nil
        end
    end
    local link = users.hexadecimal(world.random, 32)
    world.exports.links[link] = { job = job.id, until_when = world.now() + world.settings.export_link }
    return ("%sexports/%s/%s.%s%s"):format(world.issuer, link, job.id, job.format,
        world.settings.export_gzip and ".gz" or "")
end

---GET /api/v2/jobs/{id}
---@param call table
---@return auth0.mock.answer
function exports.read(call)
    local world, settings = call.world, call.world.settings
    local _, refusal = registry.of_tenant(call, {}, "create:users", "read:users")
    local job = find(world, call.params.job)
    if refusal or not job then
        return refusal or errors.answer("no_job")
    end
    local done = world.now() - job.created - settings.export_pending
    if done < 0 then
        return wire.answer(200, view(job, "pending"))
    end
    local shown = view(job, done < settings.export_processing and "processing" or "completed")
    if shown.status == "processing" then
        shown.percentage_done = math.floor(done / settings.export_processing * 100)
        shown.time_left_seconds = math.ceil(settings.export_processing - done)
    else
        shown.percentage_done, shown.time_left_seconds = 100, 0
        shown.location = new_link(world, job)
        shown.summary = { total = job.count, failed = 0, updated = 0, inserted = 0 }
    end
    return wire.answer(200, shown)
end

--- A part of the file, as storages send it: the range that the header asks for.
local function cut(answer, header)
    local first, last = (header or ""):match("^bytes=(%d+)%-(%d+)$")
    if not first then
        return answer
    end
    local size = #answer.body
    first, last = tonumber(first), math.min(tonumber(last), size - 1)
    if first >= size or last < first then
        answer.status, answer.body = 416, ""
        answer.headers["content-range"] = ("bytes */%.0f"):format(size)
        return answer
    end
    answer.status, answer.body = 206, answer.body:sub(first + 1, last + 1)
    answer.headers["content-range"] = ("bytes %.0f-%.0f/%.0f"):format(first, last, size)
    return answer
end

---The file, for every caller that has the link, while the link is valid.
---@param call table
---@return auth0.mock.answer
function exports.download(call)
    local world = call.world
    local link = world.exports.links[call.params.link]
    local job = link and find(world, link.job)
    if not job or world.now() >= link.until_when then
        local answer = wire.answer(403)
        answer.headers["content-type"] = "application/xml"
        answer.body = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code>'
            .. "<Message>Request has expired</Message></Error>"
        return answer
    end
    local answer = wire.answer(200)
    answer.body = job.text
    if world.settings.export_gzip then
        job.packed = job.packed or gzip.pack(job.text, world.deflate)
        answer.body, answer.headers["content-type"] = job.packed, "application/gzip"
    else
        answer.headers["content-type"] = job.format == "csv" and "text/csv" or "application/x-ndjson"
    end
    answer.headers["accept-ranges"], answer.headers.etag = "bytes", ('"%s"'):format(job.id)
    return cut(answer, call.request.headers.range)
end

return exports
