--- auth0-accounts report
local regular = require "auth0_accounts.regular"
local stop = require "auth0_accounts.stop"

local report = { needs_tenant = false,
    summary = "Makes a page about a journal: totals, links over time, waits, failures, the slowest links." }

function report.define(parser)
    parser:argument("journal", "The file that apply made."):argname "JOURNAL"
    parser:option("-o --output", "File for the page; an earlier report's is replaced."):argname "FILE"
    parser:option("--csv", "File for a table: each link, what its accounts held before, and what was "
        .. "written."):argname "FILE"
end

function report.fault(given)
    if not given.output and not given.csv then return "report takes -o FILE, --csv FILE, or both" end
    if given.output == given.csv then return "-o and --csv need a file each" end
end

-- What the files of an earlier report begin with, of which no other file does: that one is not written over.
local BEGINNINGS = { output = '<!DOCTYPE html>\n<html lang="en"><head><meta name="generator" content="auth0-accounts">',
    csv = "line,state,primary,secondary," }

local function check_place(path, beginning)
    local file = path and regular.check(path) and io.open(path, "rb")
    if not file then return end
    local text = file:read(#beginning)
    file:close()
    if text and text ~= beginning then
        stop.raise(stop.USAGE, "%s: is there already, and is no earlier report: give another name", path)
    end
end

local function check(path, is_written, fault)
    if not is_written then stop.raise(stop.FAILED, "%s: cannot be written (%s)", path, fault) end
end

local function make(journal, given)
    for name, beginning in pairs(BEGINNINGS) do check_place(given[name], beginning) end
    local files, reports = require "auth0_accounts.private_file", "auth0_accounts.report."
    if given.output then
        local figures, page = require(reports .. "figures"), require(reports .. "page")
        check(given.output, files.replace(given.output, page.of(figures.of(journal), os.time())))
    end
    if given.csv then
        check(given.csv, files.replace_by(given.csv, require(reports .. "before_after").parts(journal)))
    end
    return { domain = journal.domain, plan = journal.plan, lines = journal:counts(), output = given.output,
        csv = given.csv }
end

function report.call(_, given)
    local journal = require("auth0_accounts.journal").open(given.journal)
    local good, value = pcall(make, journal, given)
    journal:close()
    if not good then error(value, 0) end
    return value
end

function report.tell(said, value)
    said:value(value)
    for _, path in ipairs { value.output or value.csv, value.output and value.csv } do
        said:lines { path .. ": made" }
    end
end

return report
