--- Every fault at every point of a call: what the caller was told, beside what the tenant did. A cell is one call on
--- accounts of its own, so that all of them go at once and each is judged by itself.
local auth0 = require "auth0"
local process = require "support.process"
local tenant = require "support.tenant"

local json = tenant.json
local matrix = {}

--- What a fault leaves behind: "done" (the answer says so), "refused" (it was not done, and the answer says so),
--- "unclear". A whole answer that tells a lie is none of these: no client can see through it.
matrix.faults = {
    { "delay;seconds=0.05", "done" },
    { "reset-before", "unclear" },
    { "reset-before;kind=fin", "unclear" },
    { "reset-after", "unclear" },
    { "reset-after;kind=fin", "unclear" },
    { "truncated", "unclear" },
    { "html", "unclear" },
    { "html;status=200", "unclear" },
    { "html;status=403", "refused" },
    { "html;status=429", "refused" },
    { "html-after", "unclear" },
    { "html-after;status=504", "unclear" },
    { "empty", "unclear" },
    { "status;status=200", "unclear" },
    { "status;status=204", "unclear" },
    { "status;status=400", "refused" },
    { "status;status=401", "refused" },
    { "status;status=403", "refused" },
    { "status;status=404", "refused" },
    { "status;status=408", "unclear" },
    { "status;status=409", "refused" },
    { "status;status=413", "refused" },
    { "status;status=429", "refused" },
    { "status;status=500", "unclear" },
    { "status;status=503", "unclear" },
    { "status-after;status=408", "unclear" },
    { "status-after;status=503", "unclear" },
    { "text", "unclear" },
    { "text;status=401", "refused" },
    { "text-after;status=502", "unclear" },
    { "no-error-code", "done" },
    { "late;seconds=0.3", "unclear" },
    { "late;seconds=0.3;kind=fin", "unclear" },
    { "late;seconds=0.3;status=503", "unclear" },
    { "drip;seconds=0.05;bytes=64", "done" },
    { "redirect", "refused" },
    { "redirect;status=308", "refused" },
    { "not-array", "unclear" },
    { "wrong-types;kind=numbers", "unclear" },
    { "wrong-types;kind=user_id", "done" },
    { "wrong-types;kind=email_verified", "done" },
    { "broken-json", "unclear" },
    { "broken-gzip", "unclear" },
    { "large", "unclear" },
    { "large;bytes=1000", "done" },
    { "idle-close", "done" },
}

--- Some of them, where there is no time for all.
matrix.few = { ["delay;seconds=0.05"] = true, ["reset-before"] = true, ["reset-after"] = true, ["broken-json"] = true,
    ["status;status=404"] = true, ["status;status=409"] = true, ["status-after;status=503"] = true,
    ["late;seconds=0.3"] = true }

local goals = {
    link = { method = "POST", kind = "link" },
    unlink = { method = "DELETE", kind = "unlink" },
    update_user = { method = "PATCH", kind = "update" },
}

--- `strikes`: how many tries of the change suffer the fault; `held`: the fault takes longer than the deadline leaves;
--- `read`, `reads`: what the reads that settle suffer, and how many of them.
local ALL = 1000
matrix.modes = {
    alone = { attempts = 1, strikes = 1 },
    once = { attempts = 3, strikes = 1 },
    always = { attempts = 3, strikes = ALL },
    answering = { attempts = 3, strikes = 1, deadline = 0.5, held = true },
    read_once = { attempts = 3, strikes = 1, reads = 1 },
    read_always = { attempts = 3, strikes = 1, reads = ALL },
    reading = { attempts = 3, strikes = 1, deadline = 0.5, read = "delay;seconds=0.8", reads = ALL },
    pausing = { attempts = 5, strikes = ALL, deadline = 0.6 },
}

--- Where no read will tell, there are reads until the deadline: it leaves time for some.
local function patience(cell)
    return cell.mode.reads and not cell.is_readable and 4 or nil
end

local MOST = 40 -- at once
local COUNTED = 1000000

--- The fault, so slow that the deadline comes first.
local function held(fault)
    local name = fault:match("^[^;]+")
    local rest = fault:gsub(";seconds=[%d.]+", ""):sub(#name + 1)
    return name .. ";seconds=0.8" .. rest
end

--- What is armed for a cell: its fault, then an order that strikes nothing and counts.
local function arm(orders, cell, method, fault, times)
    local watch = { from = #orders + 1, count = COUNTED }
    if fault and times > 0 then
        orders[#orders + 1] = { fault = fault, method = method, id = cell.primary, count = times }
        watch.count = watch.count + times
    end
    orders[#orders + 1] = { fault = "delay;seconds=0", method = method, id = cell.primary, count = COUNTED,
        probability = 0 }
    watch.to = #orders
    return watch
end

local function seed(accounts, cell)
    local id = cell.primary:match("|(.*)$")
    if cell.goal == "unlink" then
        accounts[#accounts + 1] = { email = id .. "@example.com", email_verified = true, identities = {
            { provider = "auth0", user_id = id }, { provider = "google-oauth2", user_id = id, isSocial = true } } }
        return
    end
    accounts[#accounts + 1] = { user_id = cell.primary, email = id .. "@example.com", email_verified = true }
    if cell.goal == "link" then accounts[#accounts + 1] = { user_id = cell.secondary } end
end

local function wish_tokens(wishes, cell)
    if cell.who == "machine" then return end
    wishes[#wishes + 1] = { kind = "user", sub = cell.primary,
        scope = "update:current_user_identities update:current_user_metadata" }
    wishes[#wishes + 1] = { kind = "id", sub = cell.secondary }
end

local function take_tokens(tokens, cells)
    local position = 0
    for _, cell in ipairs(cells) do
        if cell.who == "user" then
            cell.token, cell.link_with = tokens[position + 1], cell.goal == "link" and tokens[position + 2] or nil
            position = position + 2
        end
    end
end

--- HTTP/1.1: there a connection that dies takes one exchange with it, not its neighbours.
local function open(token)
    return auth0.tenant { domain = tenant.domain, resolve = { tenant.resolve }, ca_file = tenant.ca, proxy = false,
        http_version = "1.1", token = token }
end

local function call(one, cell, options)
    options.attempts = options.attempts or cell.mode.attempts
    options.deadline = options.deadline or cell.mode.deadline or patience(cell)
    if cell.goal == "update_user" then
        cell.value, cell.message, cell.facts = one:update_user(cell.primary, { user_metadata = { seen = true } },
            options)
    elseif cell.link_with then
        options.link_with = cell.link_with
        cell.value, cell.message, cell.facts = one:link(cell.primary, nil, options)
    else
        cell.value, cell.message, cell.facts = one[cell.goal](one, cell.primary, cell.secondary, options)
    end
end

local function number_cells(cells)
    for i, cell in ipairs(cells) do
        local id = ("%d"):format(1000000 + i)
        cell.primary, cell.secondary = "auth0|" .. id, "google-oauth2|" .. id
    end
end

local function prepare(cells)
    local accounts, wishes, orders = {}, {}, {}
    number_cells(cells)
    for _, cell in ipairs(cells) do
        local mode, goal = cell.mode, goals[cell.goal]
        seed(accounts, cell)
        wish_tokens(wishes, cell)
        cell.changes_seen = arm(orders, cell, goal.method, mode.held and held(cell.fault) or cell.fault, mode.strikes)
        cell.reads_seen = arm(orders, cell, "GET", cell.read or mode.read, mode.reads or 0)
    end
    tenant.reset(accounts)
    for first = 1, #orders, 5000 do
        local part = json.array({})
        for i = first, math.min(first + 4999, #orders) do part[#part + 1] = orders[i] end
        tenant.control("POST", "/_tenant/arm", part)
    end
    take_tokens(wishes[1] and tenant.control("POST", "/_tenant/token", json.array(wishes)) or {}, cells)
end

local function received(watch, armed)
    local left = 0
    for i = watch.from, watch.to do left = left + armed[i].left end
    return watch.count - left
end

--- What the tenant's own record says became of each cell.
local function look(cells)
    local armed = tenant.control("GET", "/_tenant/armed")
    local changes = {}
    for _, change in ipairs(tenant.record().changes) do
        local list = changes[change.primary] or {}
        changes[change.primary] = list
        list[#list + 1] = change
    end
    for _, cell in ipairs(cells) do
        cell.tries, cell.reads = received(cell.changes_seen, armed), received(cell.reads_seen, armed)
        cell.changes = changes[cell.primary] or {}
    end
end

--- Of some rows others would suffer, which share the engine: a refusal for a limit closes its gate, and a connection
--- that ends while it is idle may end under the next change, whose outcome is unknown then, and rightly.
local function strikes_others(fault)
    return fault:find("429", 1, true) ~= nil or fault == "idle-close"
end

---@param cells table[] {fault, class, goal, who, mode, read, is_readable}: more is written into each
function matrix.run(cells)
    prepare(cells)
    local machine, order, hurried = tenant.token { kind = "machine" }, {}, {}
    for _, cell in ipairs(cells) do
        -- Those with little time come when the connections are there.
        table.insert(cell.mode.deadline and hurried or order, cell)
    end
    for _, cell in ipairs(hurried) do order[#order + 1] = cell end
    local together = open(machine)
    auth0.each(order, MOST, function(cell)
        local is_apart = cell.token or strikes_others(cell.fault) or cell.read and strikes_others(cell.read)
        local one = is_apart and open(cell.token or machine) or together
        call(one, cell, {})
        if is_apart then one:close() end
    end)
    together:close()
    process.sleep(1) -- what comes late has come
    look(cells)
end

--- A call whose deadline comes while it waits for its turn: a limit that the call before it met has closed the gate.
---@return table cell
function matrix.wait(goal, who)
    local cell = { goal = goal, who = who, mode = { attempts = 1, strikes = 1 }, fault = "status;status=429" }
    prepare { cell }
    local one = open(cell.token or tenant.token { kind = "machine" })
    call(one, cell, {})
    call(one, cell, { deadline = 0.3 })
    one:close()
    look { cell }
    return cell
end

---@return string word what the caller was told
function matrix.told(cell)
    local facts = cell.facts
    if cell.value then return facts.already and "already" or "done" end
    if facts.outcome == "none" then return "no: " .. facts.code end
    return "?: " .. facts.cause .. (facts.last_seen and ", " .. facts.last_seen or "")
end

---@return string word what the tenant's record holds
function matrix.recorded(cell)
    if #cell.changes == 0 then return "-" end
    return cell.changes[1].fault == "late" and "late" or "+"
end

--- Whether the caller could have found out what became of it.
local function is_knowable(cell)
    local mode, facts = cell.mode, cell.facts
    if mode.deadline then return false end -- out of time
    if cell.class ~= "unclear" then return true end
    local can_read = cell.goal ~= "update_user" and cell.who == "machine"
    if not can_read then return cell.goal == "update_user" and mode.strikes < mode.attempts end
    if cell.read then return cell.is_readable end
    -- It was not there when it was read, which does not prove that it never will be; and no try was left.
    local is_absent = facts.last_seen == (cell.goal == "link" and "not_linked" or "linked")
    local is_there = cell.changes[1] and cell.changes[1].fault ~= "late"
    return not (is_absent and not is_there and mode.strikes >= mode.attempts)
end

---@return string|nil fault what of it is not true
function matrix.judge(cell)
    local facts, mode, kind = cell.facts, cell.mode, goals[cell.goal].kind
    local is_there = #cell.changes > 0
    for _, change in ipairs(cell.changes) do
        if change.kind ~= kind then return "the tenant recorded a " .. change.kind end
    end
    if cell.value and not is_there then return "told success, and it is not there" end
    if not cell.value and facts.outcome == "none" and is_there then return "told none, and it was changed" end
    if not cell.value and facts.outcome == "unknown" and is_knowable(cell) then
        return "told unknown, and it could be known"
    end
    if cell.class == "done" and not mode.deadline and not cell.value then return "a success was told as none" end
    if kind ~= "update" and #cell.changes > 1 then return "it was done twice" end
    if cell.tries > mode.attempts then return "more tries than were allowed" end
    local sent = cell.tries + cell.reads
    if sent > facts.attempts then return ("%d exchanges, and %d were received"):format(facts.attempts, sent) end
    local is_hurried = mode.deadline or patience(cell)
    if not is_hurried and sent < facts.attempts then return "an exchange was counted that was not received" end
end

--- Prints a table: rows of `rows`, columns {title, cell of a row}.
function matrix.print(title, rows, columns)
    local lines, line = { "", title }, { ("%-32s"):format("") }
    for _, column in ipairs(columns) do line[#line + 1] = ("%-35s"):format(column[1]) end
    lines[#lines + 1] = table.concat(line)
    for _, row in ipairs(rows) do
        line = { ("%-32s"):format(row) }
        for _, column in ipairs(columns) do
            local cell = column[2](row)
            line[#line + 1] = ("%-35s"):format(matrix.told(cell) .. " / " .. matrix.recorded(cell))
        end
        lines[#lines + 1] = (table.concat(line):gsub("%s+$", ""))
    end
    io.stdout:write(table.concat(lines, "\n"), "\n")
    io.stdout:flush()
end

return matrix
