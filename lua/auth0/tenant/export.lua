--- All accounts, or those of a connection: a job of the tenant's, whose file is read row by row.
local body = require "auth0.tenant.body"
local call = require "auth0.tenant.call"
local download = require "auth0.tenant.download"
local failure = require "auth0.failure"
local json = require "auth0.json"
local loop = require "auth0.loop"
local paths = require "auth0.tenant.paths"
local rows = require "auth0.tenant.rows"

local exports = {}

local export = call.method { caller = "tenant:export", is_read = true, own = {
    format = "export_format", connection_id = "string", fields = "export_fields", limit = "whole",
    on_progress = "function", timeout = "pause", raw = "flag",
} }

local FIRST_PAUSE, LONGEST_PAUSE = 1, 10 -- seconds between two looks at the job

local function ask(self, given, request, level)
    local value, _, what = call.request(self, export, given, request, level + 1)
    if value == nil then error(what, 0) end
    return value
end

local function fail(self, code, format, ...)
    local _, _, what = failure.make(code, { outcome = "none", attempts = 0, elapsed = 0 },
        "tenant:export: " .. format, ...)
    what.domain = self.domain
    error(what, 0)
end

-- Begins the job. Done twice it would make two jobs, which does no harm.
local function begin(self, given)
    local text = body.text { format = given.format or "json", connection_id = given.connection_id,
        fields = given.fields and json.array(given.fields), limit = given.limit }
    return ask(self, given, { method = "POST", path = "/api/v2/jobs/users-exports", body = text, promise = "object",
        idempotent = true }, 3)
end

local function look(self, given, id)
    local path = paths.path { "api", "v2", "jobs", id }
    local job = ask(self, given, { method = "GET", path = path, promise = "object" }, 4)
    if job.status == "failed" then fail(self, "server_error", "the job failed at the tenant") end
    return job
end

-- Waits until the job is done.
local function wait(self, given, id)
    local engine, pause = self.calls.engine, FIRST_PAUSE
    local give_up = engine:now() + (given.timeout or 3600)
    local job = look(self, given, id)
    while job.status ~= "completed" do
        if given.on_progress then given.on_progress(tonumber(job.percentage_done) or 0, job) end
        if engine:now() + pause > give_up then
            fail(self, "timeout", "the job was not done within %g s", given.timeout or 3600)
        end
        loop.sleep(self.calls, pause)
        pause = math.min(pause * 1.5, LONGEST_PAUSE)
        job = look(self, given, id)
    end
    if given.on_progress then given.on_progress(100, job) end
end

-- The id of a job is put into paths, so its form is checked. A message never shows it.
local function is_id(id)
    return type(id) == "string" and #id <= 64 and id:find "^[%w_-]+$" ~= nil
end

local function open(self, given)
    local job = begin(self, given)
    if not is_id(job.id) then fail(self, "bad_response", "the tenant's job has no id that can be one") end
    wait(self, given, job.id)
    local lines = rows.lines(download.parts(self, function()
        local location = look(self, given, job.id).location
        return type(location) == "string" and location or ""
    end, given), function() loop.give_way(self.calls) end)
    if given.format == "csv" then return rows.records(lines) end
    return given.raw and rows.texts(lines) or rows.values(lines)
end

-- The tenant leaves the column empty, and says nothing.
local function check_columns(given, level)
    for _, field in ipairs(given.format == "csv" and given.fields or {}) do
        if field.name == "identities" then
            error('tenant:export: fields: "identities" comes out blank in CSV: ask for format = "json", or for a part '
                .. 'of it, such as "identities[0].connection"', level + 1)
        end
    end
end

---@class auth0.ExportOptions: auth0.Defaults
---@field format? "json"|"csv" "json": rows are tables. "csv": rows are texts as the tenant wrote them, the first with
---the names; a line break in quotes ends none. Auth0 puts a ' before each text, so that no spreadsheet takes it for a
---formula
---@field connection_id? string accounts of that connection; of all
---@field fields? string|(string|table)[] a name, or an array of names: "user_id", or
---{ name = "identities[0].connection", export_as = "connection" }
---@field raw? boolean "json": rows are texts as well, whatever they hold
---@field limit? integer rows
---@field on_progress? fun(percentage: number, job: table)
---@field timeout? number seconds until the job has to be done; 3600

--- Exports accounts (read:users), and reads them row by row, in constant memory. Nothing is sent before the first row
--- is asked for. The tenant's job may take long; meanwhile this waits, within auth0.each as other calls do.
---
---     for user in tenant:export { fields = { "user_id", "email", "identities" } } do print(user.user_id) end
---
--- A failure is raised: its table, whose tostring is the message.
---@param given? auth0.ExportOptions
---@return fun(): table|string|nil iterator
function exports:export(given)
    local checked = call.options(self, export, given, 2)
    check_columns(checked, 2)
    local next_row
    return function()
        next_row = next_row or open(self, checked)
        return next_row()
    end
end

return exports
