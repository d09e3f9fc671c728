--- auth0-accounts report: a page and a table about a journal, in which nothing that others chose is more than text.
local cjson = require "cjson"
local command = require "support.command"
local core = require "auth0_accounts.core"
local csv = require "auth0_accounts.csv"
local process = require "support.process"
local tenant = require "support.tenant"

local BEGUN = 1796040000

local applied, folder, journal

local function file(name)
    return folder .. "/" .. name
end

local function run(...)
    return command.run(nil, { ... }, {})
end

local function assert_done(told)
    assert.same({ 0, "" }, { told.code, told.err })
    return told.out
end

-- A journal as apply leaves it, of a plan over made-up accounts.
setup(function()
    applied = command.new_name()
    folder = applied
    tenant.run("mkdir -m 700 " .. folder)
    assert_done(run("mock", file "users", "--accounts", "60"))
    assert_done(run("--mock", file "users", "plan", file "users", "-o", file "plan", "--trust-connection",
        "google-oauth2", "--trust-connection", "github", "--quiet"))
    assert_done(run("--mock", file "users", "apply", file "plan", "-j", file "journal", "--approve",
        core.sha256_file(file "plan"), "--quiet"))
end)

-- In the place of what apply wrote: so many lines, each with one outcome.
local function fill(rows)
    local db = core.open(journal, {})
    for _, name in ipairs { "run", "line", "intent", "outcome", "wait" } do db:exec("DELETE FROM " .. name) end
    db:prepare("INSERT INTO run VALUES (1, 'abc', 'apply', ?, ?, 'done')"):run(BEGUN, BEGUN + 600)
    local line = db:prepare "INSERT INTO line VALUES (?, ?, ?, ?, ?, NULL)"
    local outcome = db:prepare("INSERT INTO outcome VALUES (NULL, ?1, NULL, ?2, 1, ?3, ?4, 3, ?5, ?6, ?7, NULL, NULL)")
    for i, row in ipairs(rows) do
        line:run(i, i, row.primary or "auth0|" .. i, row.secondary or "github|" .. i, row.state or "made")
        outcome:run(i, row.kind or "merge", BEGUN + (row.at or i), row.elapsed or 0.5, row.made or "true", row.code,
            row.message)
    end
    db:close()
end

local function page()
    assert_done(run("report", journal, "-o", file "report.html"))
    return process.read(file "report.html")
end

local function assert_says(text, words)
    assert.truthy(text:find(words, 1, true), words .. " is not in " .. text)
end

before_each(function()
    folder = command.new_name()
    tenant.run(("cp -pR %s %s"):format(applied, folder))
    journal = file "journal"
end)

after_each(function() tenant.run("rm -r " .. folder) end)

teardown(function() tenant.run("rm -r " .. applied) end)

-- Elements that have no end.
local void = { meta = true, br = true, rect = true }

local function assert_well_formed(text)
    local open = {}
    for closing, name, rest in text:gsub("<style>.-</style>", ""):gsub("^<!DOCTYPE html>", "")
        :gmatch "<(/?)([%w]+)([^<>]*)>" do
        if closing == "/" then assert.equal(name, table.remove(open))
        elseif not void[name] then open[#open + 1] = name end
        assert.is_nil(rest:find "%son%w+=", rest)
    end
    assert.same({}, open)
end

describe("the page of auth0-accounts report", function()
    it("is made of a journal that apply left: whole, and for its user alone", function()
        local text = page()
        assert_well_formed(text)
        assert_says(text, "<h1>Links of tenant.test</h1>")
        assert_says(text, "<dt>in the plan</dt>")
        assert.equal("600\n", (tenant.run("stat -c %a " .. file "report.html")))
        assert_done(run("report", journal, "-o", file "report.html"))
    end)

    it("asks for nothing and runs nothing", function()
        local text = page()
        assert_says(text, [[<meta http-equiv="Content-Security-Policy" content="default-src 'none'; ]]
            .. [[style-src 'unsafe-inline'">]])
        for _, words in ipairs { "<script", "://", "javascript:", "<link", "<img", "@import", "url(" } do
            assert.is_nil(text:find(words, 1, true), words)
        end
    end)

    it("shows what others chose as text", function()
        fill { { primary = "auth0|<script>alert(1)</script>", secondary = "github|\"'><b>\226\128\174x", made = "false",
            state = "refused", code = "<i>", message = "tenant:merge: a </td> &amp; \27[2J" } }
        local text = page()
        assert_well_formed(text)
        assert_says(text, "auth0|&lt;script&gt;alert(1)&lt;/script&gt;")
        assert_says(text, "github|&quot;&#39;&gt;&lt;b&gt;\\u{202e}x")
        assert_says(text, ">a &lt;/td&gt; &amp;amp; \\x1b[2J<")
        assert.is_nil(text:find "[%z\1-\9\11-\31\127]")
    end)

    it("counts links by what became of them", function()
        fill { {}, {}, { state = "undone" }, { state = "refused", made = "false", code = "stale" },
            { state = "waiting" }, { state = "unknown", made = "unknown" }, { state = "begun", made = "unknown" } }
        local text = page()
        for name, count in pairs { ["in the plan"] = 7, made = 2, ["taken back"] = 1, refused = 1,
            ["not known yet"] = 2, ["not begun"] = 1 } do
            assert.truthy(text:find(('<dd class="[a-z]*">%d</dd><dt>%s</dt>'):format(count, name))
                or text:find(("<dd>%d</dd><dt>%s</dt>"):format(count, name)), name)
        end
    end)

    it("draws them over time: at most 60 bars, the tallest as high as the chart", function()
        local rows = {}
        for i = 1, 300 do rows[i] = { at = i < 100 and 5 or i, made = i % 10 == 0 and "false" or "true" } end
        fill(rows)
        local text = page()
        assert_says(text, "Links in each 5 s; the tallest bar is 99")
        assert_says(text, "2026-11-30 12:00:05: 90 made, 0 taken back, 9 not made")
        local _, bars = text:gsub("<g>", "")
        assert.equal(60, bars)
        assert_says(text, 'y="0.00" width=".8"')
    end)

    it("says what the runs waited for, how often and how long", function()
        fill { {} }
        assert_says(page(), "<h2>Waits</h2><p>None.</p>")
        local db = core.open(journal, {})
        local insert = db:prepare "INSERT INTO wait VALUES (?, ?, ?, ?)"
        for number, rows in ipairs { { { "write", 3, 100 }, { "throttle", 2, 0.5 }, { "<i>", 1, 1 } },
            { { "write", 1, 32.4 }, { "rate_limited", 1, 12 }, { "token", 2, 0.25 }, { "unreachable", 7, 61 } } } do
            for _, row in ipairs(rows) do insert:run(number, row[1], row[2], row[3]) end
        end
        db:close()
        local text, at = page(), 0
        assert_well_formed(text)
        for _, row in ipairs { { "the write limit", "4", "2 min 12 s" },
            { "the next try, after unreachable", "7", "1 min 1 s" },
            { "a rate limit, after status 429", "1", "12 s" },
            { "the next try, after &lt;i&gt;", "1", "1 s" }, { "the throttle file", "2", "0.5 s" },
            { "a token", "2", "0.25 s" } } do
            local words = ('data-head="For">%s</td><td class="number" data-head="Times">%s</td>'
                .. '<td class="number" data-head="In all">%s</td>'):format(row[1], row[2], row[3])
            at = assert(text:find(words, at + 1, true), words)
        end
    end)

    it("tells the smallest times as a millisecond", function()
        fill { { at = 1, elapsed = 1e-6 }, { at = 2, elapsed = 1e-6 }, { at = 3, elapsed = 0 } }
        local text = page()
        assert_says(text, "half of them at most 0.001 s, 95 in 100 at most 0.001 s, the longest 0.001 s")
        assert_says(text, "Links in each second;")
    end)

    it("says how long links took, and which took longest, whatever time it took to take them back", function()
        fill { { elapsed = 1 }, { elapsed = 3, primary = "auth0|slow" },
            { kind = "undo", elapsed = 50, state = "undone", primary = "auth0|back" } }
        local text = page()
        assert_says(text, "<p>2 s on average, half of them at most 3 s, 95 in 100 at most 3 s, the longest 3 s.")
        assert_says(text, "auth0|slow")
        assert.is_nil(text:find("auth0|back", 1, true))
    end)

    it("lists failures by kind and the slowest", function()
        fill { { at = 1, elapsed = 1 }, { at = 2, elapsed = 2 }, { at = 65, elapsed = 61.5, primary = "auth0|slow" },
            { at = 66, made = "false", code = "stale", state = "refused", message = "the primary has changed" },
            { at = 67, made = "false", code = "stale", state = "refused", message = "the primary has changed" },
            { at = 68, made = "false", code = "guarded", state = "refused" } }
        local text = page()
        assert_says(text, '<td class="" data-head="Kind">stale</td><td class="" data-head="Of">merge</td>'
            .. '<td class="number" data-head="Times">2</td>')
        local slow, guarded = text:find("auth0|slow", 1, true), text:find(">guarded<", 1, true)
        assert.is_true(guarded < slow)
        assert_says(text, '<td class="number" data-head="Line">3</td>'
            .. '<td class="number" data-head="Took">1 min 2 s</td>')
        assert_says(text, "half of them at most 2 s")
    end)

    it("is made of a journal in which nothing was begun", function()
        fill {}
        local text = page()
        assert_well_formed(text)
        assert.is_nil(text:find("<h2>Waits", 1, true) or text:find("<h2>What was not made", 1, true))
    end)
end)

describe("a file that auth0-accounts replaces", function()
    it("may have a name that is no UTF-8, with --json, too", function()
        local told = run("report", journal, "-o", file "\255.html", "--json")
        assert_done(told)
        assert.truthy(cjson.decode(told.out).output:find("\\xff.html", 1, true))
        os.remove(file "\255.html")
    end)

    it("costs no other file of that folder", function()
        local beside = file "report.html.new"
        for _, path in ipairs { beside, beside .. "2" } do
            local other = assert(io.open(path, "w"))
            other:write "another person's"
            other:close()
        end
        for _ = 1, 2 do assert_done(run("report", journal, "-o", file "report.html", "--csv", file "report.csv")) end
        assert.equal("another person's", process.read(beside))
        assert.equal("another person's", process.read(beside .. "2"))
        assert.is_nil(io.open(beside .. "3"))
        os.remove(beside)
        os.remove(beside .. "2")
    end)
end)

describe("the table of auth0-accounts report --csv", function()
    it("has a row for each link, with what its accounts held before and after", function()
        assert_done(run("report", journal, "--csv", file "report.csv"))
        local lines = {}
        for line in process.read(file "report.csv"):gmatch "[^\n]+" do lines[#lines + 1] = line end
        assert.equal("line,state,primary,secondary,secondary_email,primary_before,primary_written,secondary_before",
            lines[1])
        assert.truthy(lines[2]:find('^1,made,[%w-]+|%w+,github|%w+,[^,]+@example.com,{},"{""user_metadata""'), lines[2])
        assert.equal(cjson.decode(run("report", journal, "--csv", file "report.csv", "--json").out).lines.made,
            #lines - 1)
        assert.equal("600\n", (tenant.run("stat -c %a " .. file "report.csv")))
    end)

    it("has JSON in which no character turns text, or hides", function()
        local db = core.open(journal, {})
        db:prepare("UPDATE intent SET receipt = replace(receipt, '@example.com', ?)"):run "@\226\128\174example.com"
        db:prepare("UPDATE outcome SET receipt = replace(receipt, '@example.com', ?)"):run "@\226\128\174example.com"
        db:close()
        assert_done(run("report", journal, "--csv", file "report.csv"))
        assert_says(process.read(file "report.csv"), [[{""email"":""]])
        assert_says(process.read(file "report.csv"), [[@\u202eexample.com""]])
    end)

    it("keeps a spreadsheet from taking a text for a formula", function()
        for _, first in ipairs { "=", "+", "-", "@", "\t", "\r" } do
            assert.truthy(csv.line(first .. "1"):find("^\"?'" .. "%" .. first), first)
        end
        assert.equal("1,\"a \"\"b\"\", c\",,x\n", csv.line(1, 'a "b", c', nil, "x"))
        assert.equal("'\0=1,a;\0'=1\n", csv.line("\0=1", "a;\0=1"))
        fill { { primary = '=HYPERLINK("x")|1' } }
        assert_done(run("report", journal, "--csv", file "report.csv"))
        assert_says(process.read(file "report.csv"), [["'=HYPERLINK(""x"")|1"]])
    end)
end)

describe("auth0-accounts report", function()
    it("writes over an earlier report, and over no other file: not over the journal", function()
        for _, option in ipairs { "-o", "--csv" } do
            for _, name in ipairs { "journal", "plan", "users" } do
                local text = process.read(file(name))
                local told = run("report", journal, option, file(name))
                assert.equal(2, told.code)
                assert_says(told.err, name .. ": is there already, and is no earlier report")
                assert.equal(text, process.read(file(name)))
            end
            assert_done(run("report", journal, option, file "report"))
            assert_done(run("report", journal, option, file "report"))
            os.remove(file "report")
        end
        assert.equal(2, run("report", journal, "-o", file "x", "--csv", file "x").code)
        local made = process.file ""
        assert_done(run("report", journal, "-o", made))
        os.remove(made)
    end)

    local function edited(sql)
        local db = core.open(journal, {})
        db:exec(sql)
        db:close()
    end

    it("refuses a journal that was edited, where a time or a count is none", function()
        for _, change in ipairs { "outcome SET at = 'x'", "outcome SET at = 1e300", "outcome SET elapsed = x'ff'",
            "outcome SET requests = ''", "run SET begun_at = 9223372036854775807", "run SET ended_at = -1",
            "wait SET seconds = 9e999", "wait SET count = 'x'" } do
            tenant.run(("cp -p %s %s"):format(applied .. "/journal", journal))
            edited("INSERT OR IGNORE INTO wait VALUES (1, 'read', 1, 1); UPDATE " .. change)
            local told = run("report", journal, "-o", file "x")
            assert.equal(2, told.code, told.err)
            assert_says(told.err, "was edited: what should be a time or a count is none")
        end
    end)

    it("is made of one whose receipts were edited, and of a plan that says nothing of its source", function()
        for _, receipt in ipairs { "5", "{", '{"secondary_was":5,"before":true}', '{"secondary_was":{"email":{}}}' } do
            edited(("UPDATE intent SET receipt = '%s'; UPDATE outcome SET receipt = NULL"):format(receipt))
            edited [[UPDATE journal SET header = '{"source":5}']]
            assert_done(run("report", journal, "-o", file "x.html", "--csv", file "x.csv"))
        end
    end)

    it("says what it cannot read or write", function()
        local told = run("report", journal)
        assert.equal(2, told.code)
        assert_says(told.err, "report takes -o FILE, --csv FILE, or both")
        told = run("report", file "none", "-o", file "x")
        assert.equal(2, told.code)
        assert_says(told.err, "there is no such journal")
        told = run("report", file "plan", "-o", file "x")
        assert.equal(2, told.code)
        told = run("report", journal, "-o", file "none/x")
        assert.equal(1, told.code)
        assert_says(told.err, "none/x: cannot be written (No such file or directory)")
    end)
end)
