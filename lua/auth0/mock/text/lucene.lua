--- The part of Lucene's query syntax that user search is used with: field:value, "quoted", prefix* and w?ldcards,
--- ranges, _exists_:field, AND, OR, NOT, -, +, and brackets. As in Lucene these words do not bind like operators: a
--- query is a list of clauses that must match, must not match, or should.
local json = require "auth0.mock.text.json"

local lucene = {}

--- Compared without regard to case; all else is compared as it stands. Of email, name and nickname this is published.
local folded = { email = true, name = true, nickname = true, given_name = true, family_name = true, username = true }

--- What a term without a field is looked for in.
local plain_fields = { "email", "name", "nickname", "given_name", "family_name", "username", "user_id" }

local function fail(what)
    error({ lucene = what }, 0)
end

--- All values that a path leads to: through arrays, every item counts.
local function gather(value, path, into)
    if value == nil or value == json.null then
        return into
    elseif json.is_array(value) then
        for _, item in ipairs(value) do
            gather(item, path, into)
        end
    elseif path == nil then
        into[#into + 1] = json.digits(value) or (type(value) ~= "table" and tostring(value)) or nil
    elseif json.is_object(value) then
        local name, rest = path:match("^([^.]+)%.?(.*)$")
        gather(value[name], rest ~= "" and rest or nil, into)
    end
    return into
end

---@param account table
---@param path string "identities.connection"
---@return string[] values
function lucene.values(account, path)
    return gather(account, path, {})
end

--- A term in pieces: texts, ONE for a question mark, MANY for stars; escaped ones stand for themselves.
local ONE, MANY = {}, {}

local function pieces_of(text)
    local pieces, at = {}, 1
    while at <= #text do
        local character = text:sub(at, at)
        if character == "\\" then
            at = at + 1
            pieces[#pieces + 1] = at <= #text and text:sub(at, at) or nil
        elseif character == "*" then
            pieces[#pieces + 1] = pieces[#pieces] ~= MANY and MANY or nil
        else
            pieces[#pieces + 1] = character == "?" and ONE or character
        end
        at = at + 1
    end
    return pieces
end

--- Goes back to the last star only: never more steps than the lengths' product.
local function fits(value, pieces)
    local at, piece, star, from = 1, 1, nil, nil
    while at <= #value do
        local wanted = pieces[piece]
        if wanted == MANY then
            star, from = piece, at
            piece = piece + 1
        elseif wanted == ONE or wanted == value:sub(at, at) then
            at, piece = at + 1, piece + 1
        elseif star then
            from = from + 1
            at, piece = from, star + 1
        else
            return false
        end
    end
    if pieces[piece] == MANY then
        piece = piece + 1
    end
    return pieces[piece] == nil
end

local function term(field, text)
    local fields = field and { field } or plain_fields
    local as_is, in_lower = pieces_of(text), pieces_of(text:lower())
    return function(account)
        for _, path in ipairs(fields) do
            local is_folded = folded[path:match("[^.]+$")]
            for _, value in ipairs(lucene.values(account, path)) do
                if is_folded and fits(value:lower(), in_lower) or not is_folded and fits(value, as_is) then
                    return true
                end
            end
        end
        return false
    end
end

--- Numbers are compared as numbers, all else as text: dates are written so that this is their order.
local function is_before(a, b)
    if tonumber(a) and tonumber(b) then
        return tonumber(a) < tonumber(b)
    end
    return a < b
end

local function range(field, low, high, with_low, with_high)
    return function(account)
        for _, value in ipairs(lucene.values(account, field)) do
            local above = low == "*" or is_before(low, value) or with_low and low == value
            local below = high == "*" or is_before(value, high) or with_high and high == value
            if above and below then
                return true
            end
        end
        return false
    end
end

local function exists(field)
    return function(account)
        return lucene.values(account, field)[1] ~= nil
    end
end

local read_any

--- A quoted text has no wildcards; an unquoted one ends at a space or a bracket.
local function read_value(reader)
    local quoted, after = reader.text:match('^"([^"\\]*)"()', reader.at)
    if not quoted then
        quoted, after = reader.text:match('^"(.-[^\\])"()', reader.at)
    end
    if quoted then
        reader.at = after
        return (quoted:gsub("\\(.)", "%1"):gsub("[\\*?]", "\\%0"))
    end
    local from = reader.at
    while reader.text:find('^[^%s()"]', reader.at) do
        reader.at = reader.at + (reader.text:sub(reader.at, reader.at) == "\\" and 2 or 1)
    end
    if reader.at == from then
        fail("a term was expected at byte " .. from)
    end
    return reader.text:sub(from, reader.at - 1)
end

local function read_term(reader)
    local field, after = reader.text:match("^([%w_][%w_.%-]*):()", reader.at)
    if not field then
        return term(nil, read_value(reader))
    end
    reader.at = after
    local open, low, high, close, stop = reader.text:match("^([%[{])%s*(%S+)%s+TO%s+([^%s%]}]+)%s*([%]}])()", after)
    if open then
        reader.at = stop
        return range(field, (low:gsub('"', "")), (high:gsub('"', "")), open == "[", close == "]")
    elseif field == "_exists_" then
        return exists(read_value(reader))
    end
    return term(field, read_value(reader))
end

local function skip(reader)
    reader.at = reader.text:find("%S", reader.at) or #reader.text + 1
end

--- Takes a word, or one of two signs, when it comes next.
local function take(reader, pattern)
    skip(reader)
    local after = reader.text:match("^" .. pattern .. "()", reader.at)
    reader.at = after or reader.at
    return after ~= nil
end

local function read_operand(reader)
    if take(reader, "%(") then
        local inner = read_any(reader)
        return take(reader, "%)") and inner or fail("a bracket is not closed")
    end
    if reader.text:find("^[-+!]", reader.at) then
        fail("a second sign at byte " .. reader.at)
    end
    return read_term(reader)
end

--- {occurs = "must", "must_not" or "should", matches = function}
local function read_clause(reader)
    local occurs = "should"
    if take(reader, "NOT%f[%W]") or take(reader, "[-!]") then
        occurs = "must_not"
    elseif take(reader, "%+") then
        occurs = "must"
    end
    return { occurs = occurs, matches = read_operand(reader) }
end

local function require_clause(clause)
    if clause.occurs == "should" then
        clause.occurs = "must"
    end
end

--- AND makes the clauses beside it ones that must match; OR, and nothing, leave them as they are.
local function read_clauses(reader)
    local clauses = { read_clause(reader) }
    skip(reader)
    while reader.at <= #reader.text and not reader.text:find("^%)", reader.at) do
        local joins = take(reader, "AND%f[%W]") or take(reader, "&&")
        if not joins and not take(reader, "OR%f[%W]") then
            take(reader, "||")
        end
        local clause = read_clause(reader)
        if joins then
            require_clause(clauses[#clauses])
            require_clause(clause)
        end
        clauses[#clauses + 1] = clause
        skip(reader)
    end
    return clauses
end

--- Where nothing must match, one that should has to; where there are only clauses that must not, all else matches.
function read_any(reader)
    local clauses = read_clauses(reader)
    return function(account)
        local has_must, has_should, fits_should = false, false, false
        for _, clause in ipairs(clauses) do
            if clause.occurs == "should" then
                has_should, fits_should = true, fits_should or clause.matches(account)
            elseif clause.matches(account) ~= (clause.occurs == "must") then
                return false
            end
            has_must = has_must or clause.occurs == "must"
        end
        return has_must or fits_should or not has_should
    end
end

---@param text string
---@return (fun(account: table): boolean)|nil matches
---@return string|nil message
function lucene.compile(text)
    local reader = { text = text, at = 1 }
    local good, matches = pcall(read_any, reader)
    if not good then
        return nil, type(matches) == "table" and matches.lucene or error(matches, 0)
    elseif reader.at <= #text then
        return nil, "a bracket that opens nothing at byte " .. reader.at
    end
    return matches
end

return lucene
