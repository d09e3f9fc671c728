-- Breaks one place of a C file at a time.
--   mutate.lua FILE          lists the mutants: "NUMBER<tab>LINE<tab>what it becomes", or "without" what it was
--   mutate.lua FILE NUMBER   prints the file with that one
local path, wanted = arg[1], tonumber(arg[2])

-- Each is a pattern and what takes its place, for every occurrence in a line of code.
local swaps = {
    { "==", "!=" }, { "!=", "==" }, { "<=", "<" }, { ">=", ">" }, { " < ", " <= " }, { " > ", " >= " },
    { " < ", " >= " }, { " > ", " <= " }, { "&&", "||" }, { "||", "&&" }, { "%f[%w]true%f[%W]", "false" },
    { "%f[%w]false%f[%W]", "true" }, { "if %(!", "if (" }, { "if %(([^!])", "if (!%1" }, { " %+ ", " - " },
    { " %- ", " + " }, { " / ", " * " }, { " %* ", " / " }, { "%+%+", "--" }, { "%+= 1", "+= 2" }, { "%-= 1", "-= 2" },
    { "OUTCOME_NONE", "OUTCOME_UNKNOWN" }, { "OUTCOME_UNKNOWN", "OUTCOME_NONE" },
}

-- A little number becomes the next, a large one twice as much.
local function another(digits)
    local number = tonumber(digits)
    return ("%d"):format(number < 1000 and number + 1 or 2 * number)
end

-- A word of an enumeration becomes the next of its family.
local families = {
    { "OPERATION_CHECKING", "OPERATION_SETTLING", "OPERATION_CHANGING" },
    { "OPERATION_LINK", "OPERATION_UNLINK", "OPERATION_FREE" },
    { "OPERATION_READ", "OPERATION_CHANGE" },
    { "SEEN_NOT_LINKED", "SEEN_LINKED_ELSEWHERE", "SEEN_LINKED", "SEEN_UNREADABLE" },
    { "CODE_OK", "CODE_TIMEOUT", "CODE_CANCELLED", "CODE_CONFLICT", "CODE_NOT_FOUND", "CODE_RATE_LIMITED",
        "CODE_SERVER_ERROR", "CODE_UNAUTHORIZED", "CODE_UNKNOWN_OUTCOME", "CODE_CONNECTION_LOST" },
    { "ANSWER_USER_IDENTITIES", "ANSWER_IDENTITIES" },
    { "ATTEMPT_BODY_PROMISED", "ATTEMPT_BODY_OTHER" },
    { "TOKEN_LIFE_NONE", "TOKEN_LIFE_FETCHING", "TOKEN_LIFE_READY", "TOKEN_LIFE_REFRESHING", "TOKEN_LIFE_FAILED" },
    { "TOKEN_LIFE_ASKED_IN_PAUSE", "TOKEN_LIFE_ASKED_LATE", "TOKEN_LIFE_ASKED" },
    { "TOKEN_LIFE_USE", "TOKEN_LIFE_WAIT", "TOKEN_LIFE_REFUSE" },
    { "TOKEN_LIFE_UNAVAILABLE", "TOKEN_LIFE_DENIED" },
    { "QUEUE_OUT", "QUEUE_WAITING", "QUEUE_FOLLOWING", "QUEUE_RUNNING", "QUEUE_TOLD", "QUEUE_FAILED" },
    { "QUEUE_LATE", "QUEUE_GATE", "QUEUE_TOKEN", "QUEUE_UNCONNECTED" },
    { "QUEUE_TOKEN_THERE", "QUEUE_TOKEN_COMES", "QUEUE_TOKEN_REFUSED" },
    { "ATTEMPT_EXPIRED", "ATTEMPT_CANCELLED", "ATTEMPT_UNREACHED", "ATTEMPT_UNTRUSTED", "ATTEMPT_WITHHELD" },
}
for _, family in ipairs(families) do
    for i, word in ipairs(family) do
        table.insert(swaps, { "%f[%w]" .. word .. "%f[^%w_]", family[i % #family + 1] })
    end
end

local lines = {}
for line in io.lines(path) do table.insert(lines, line) end

-- What is no decision: comments, declarations, directives, tables of names.
local function is_code(line, is_comment)
    if is_comment or line:find("^%s*/%*") or line:find("^#") then return false end
    return line:find("^%s") or line:find("^enum") or line:find("^static const")
        or line:find("^static [%w_ *]+%b() { return") or line:find("^[%w_ *]+%b() { return")
end

local mutants = {}

local function add(number, line)
    table.insert(mutants, { number = number, line = line, text = line:match("^%s*(.-)%s*$") })
end

local function leave_out(number)
    table.insert(mutants, { number = number, line = "    ;", text = "without " .. lines[number]:match("^%s*(.-)%s*$") })
end

local function swap_each(number, line, pattern, with)
    local code = line:match("^(.-)%s*/%*") or line
    local from = 1
    while true do
        local first, last = code:find(pattern, from)
        if not first then return end
        local piece = code:sub(first, last)
        piece = type(with) == "function" and with(piece) or piece:gsub(pattern, with)
        add(number, line:sub(1, first - 1) .. piece .. line:sub(last + 1))
        from = last + 1
    end
end

local is_comment, is_names = false, false
for number, line in ipairs(lines) do
    if line:find("^%s*/%*") then is_comment = true end
    if line:find("names%[") or line:find("names%)?%[") then is_names = true end
    if not is_names and is_code(line, is_comment) then
        for _, swap in ipairs(swaps) do swap_each(number, line, swap[1], swap[2]) end
        if not line:find("NULL, %d") then swap_each(number, line, "%f[%w_]%d+%f[^%w_.]", another) end
        -- A statement that changes something is left out.
        if line:find("^%s+[%w_>.%-%*%(]+[^=!<>]*[%+%-]?= .*;$") and not line:find("^%s+[%w_]+ [%w_ *]+ =")
            and not line:find("^%s+%.") then
            leave_out(number)
        end
        if line:find("^%s+if %b() return .*;$") then leave_out(number) end
        if line:find("^%s+[%w_]+%b();$") then leave_out(number) end
    end
    if line:find("%*/") then is_comment = false end
    if line:find("^}") or line:find("};$") then is_names = false end
end

if wanted then
    lines[mutants[wanted].number] = mutants[wanted].line
    print(table.concat(lines, "\n"))
else
    for i, mutant in ipairs(mutants) do
        print(("%d\t%d\t%s"):format(i, mutant.number, mutant.text))
    end
end
