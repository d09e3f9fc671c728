--- auth0-accounts --dry-run: what is printed, parsed back, is the request that is sent without it.
local cjson = require "cjson"
local command = require "support.command"
local markdown = require "support.markdown"
local mock_tenant = require "auth0.mock"
local process = require "support.process"
local tenant = require "support.tenant"

local PRIMARY, SECONDARY = "auth0|507f1f77bcf86cd799439020", "google-oauth2|115015401343387192604"

-- What follows the "|" of an id.
local hostile = { "1", "a'; touch pwned #", "$(touch pwned)", "`touch pwned`", '"quoted"\\', "{{auth0_token}}",
    "{{{x}}}", ":id", "@/etc/passwd", "%7C%00", "?q=1&r=2#f", "-rf", "!!", "a b|c", "{a,b}[1-3]*", "--request",
    "\\'", "~/x;&|<>", "\195\169",
    "\226\128\174kcatta", "\194\155\194\155", "\243\160\129\129tag", "$AUTH0_TOKEN", "a\\nb" }

local cases = {}
for _, rest in ipairs(hostile) do
    cases[#cases + 1] = { "link", PRIMARY, "auth0|" .. rest }
    cases[#cases + 1] = { "link", "auth0|" .. rest, SECONDARY }
    cases[#cases + 1] = { "unlink", PRIMARY, "github|" .. rest }
    cases[#cases + 1] = { "show", "auth0|" .. rest }
end
cases[#cases + 1] = { "link", PRIMARY, SECONDARY, "--connection-id", "con_'1", "--correlation-id", "it's\"1\";$(id)" }

local mock

local function with(list, ...)
    local all = {}
    for i, word in ipairs(list) do all[i] = word end
    for _, word in ipairs { ... } do all[#all + 1] = word end
    return all
end

-- The first request that the command really sends; its token as the environment had it.
local function sent(case)
    local seen
    local answer = mock.answer
    mock.answer = function(self, request)
        seen = seen or request
        return answer(self, request)
    end
    command.run(mock, case[1] == "unlink" and with(case, "--no-check") or case)
    mock.answer = answer
    return seen
end

local function printed(case, form)
    local told = command.run(mock, with(case, "--dry-run", "--as", form), { AUTH0_DOMAIN = mock.domain })
    assert.same({ 0, "" }, { told.code, told.err }, case[2] .. " " .. (case[3] or ""))
    return told.out
end

local function assert_same(case, request, parsed)
    local about = table.concat(case, " ")
    assert.equal(request.method, parsed.method, about)
    if parsed.url then assert.equal(request.url, parsed.url, about) end
    assert.same(request.body ~= "" and cjson.decode(request.body) or nil,
        parsed.body and cjson.decode(parsed.body), about)
    if not parsed.headers then return end
    local headers = {}
    for name, value in pairs(request.headers) do headers[name] = value end
    headers.authorization = nil
    assert.same(headers, parsed.headers, about)
end

-- ---- parsers ----

-- If an id became a command, there would be none to run, and no home to run it on: this shell finds no program.
local SCRIPT = [[
PATH=/nowhere HOME=/nowhere
export PATH HOME
readonly PATH HOME
%s() { for word; do printf '%%s\0' "$word"; done; printf '\001\0'; }
AUTH0_TOKEN=the-token
%s]]

-- The arguments that a command gets from a shell, each time that it is called.
local function calls_of(text, shell, name)
    local script = process.file(SCRIPT:format(name, text))
    local folder = command.new_name()
    local output = process.file ""
    local _, status = tenant.run(("mkdir %s && cd %s && %s %s >%s 2>&1; code=$?; rmdir %s && (exit $code)")
        :format(folder, folder, shell, script, output, folder))
    local calls, words, told = {}, {}, process.read(output)
    for word in told:gmatch "([^%z]*)%z" do
        if word == "\1" then calls[#calls + 1], words = words, {} else words[#words + 1] = word end
    end
    os.remove(script)
    os.remove(output)
    assert.equal(0, status, told)
    return calls
end

-- What is printed for all cases, one after another.
local function all_printed(form)
    local texts = {}
    for i, case in ipairs(cases) do texts[i] = printed(case, form) end
    return table.concat(texts)
end

-- curl's, as far as they are used.
local function of_curl(words)
    local parsed, i = { headers = {} }, 1
    local function value()
        i = i + 1
        return words[i - 1]
    end
    while words[i] do
        local word = value()
        if word == "--request" then parsed.method = value()
        elseif word == "--data-raw" or word == "--data" then parsed.body = value()
        elseif word == "--header" then
            local name, text = value():match "^([^:]*): (.*)$"
            parsed.headers[name:lower()] = text
        elseif word == "--cacert" or word == "--resolve" then
            parsed.way = parsed.way or {}
            parsed.way[#parsed.way + 1] = word .. " " .. value()
        elseif word ~= "--globoff" and word ~= "--path-as-is" then
            assert.truthy(word:find "^https://", word)
            parsed.url = word
        end
    end
    parsed.token, parsed.headers.authorization = parsed.headers.authorization, nil
    return parsed
end

local function of_http(text)
    local head, body = text:match "^(.-\n)\n(.*)$"
    local method, path, lines = head:match "^(%u+) (%S+) HTTP/1%.1\n(.*)$"
    local parsed = { method = method, headers = {} }
    for name, value in lines:gmatch "([^\n:]+): ([^\n]*)\n" do parsed.headers[name] = value end
    parsed.url = "https://" .. parsed.headers.host .. path
    parsed.token = parsed.headers.authorization
    local size = tonumber(parsed.headers["content-length"] or 0)
    assert.equal(size + (size > 0 and 1 or 0), #body)
    if size > 0 then parsed.body = body:sub(1, size) end
    for _, name in ipairs { "host", "authorization", "content-length" } do parsed.headers[name] = nil end
    return parsed
end

-- As Postman puts a request together: a variable's value in the place of its name.
local function of_item(item, variables)
    local function filled(text) return (text:gsub("{{([%w_]+)}}", variables)) end
    local url = item.request.url
    local parsed = { method = item.request.method, headers = {}, url = filled(url.raw) }
    assert.equal(parsed.url, filled(("%s://%s/%s"):format(url.protocol, table.concat(url.host, "."),
        table.concat(url.path, "/"))))
    for _, header in ipairs(item.request.header) do parsed.headers[header.key:lower()] = filled(header.value) end
    parsed.token, parsed.headers.authorization = parsed.headers.authorization, nil
    if item.request.body then parsed.body = filled(item.request.body.raw) end
    return parsed
end

local function of_postman(text)
    local collection = cjson.decode(text)
    assert.equal("https://schema.getpostman.com/json/collection/v2.1.0/collection.json", collection.info.schema)
    assert.equal("auth0_token", collection.variable[1].key)
    assert.equal(1, #collection.item)
    return of_item(collection.item[1], { auth0_token = "the-token" })
end

local function of_auth0_cli(words)
    assert.equal("api", words[1])
    local parsed, i = { method = words[2]:upper(), url = "https://%s/api/v2/" .. words[3]:gsub("%%", "%%%%") }, 4
    while words[i] do
        if words[i] == "--tenant" then parsed.url = parsed.url:format(words[i + 1])
        elseif words[i] == "--data" then parsed.body = words[i + 1]
        else assert.equal("--force", words[i]) end
        i = i + (words[i] == "--force" and 1 or 2)
    end
    return parsed
end

describe("what auth0-accounts --dry-run prints", function()
    before_each(function() mock = mock_tenant.new() end)

    for _, shell in ipairs { "sh", "bash" } do
        it("as curl is one command of " .. shell .. ", which sends what is sent without it", function()
            local calls = calls_of(all_printed "curl", shell, "curl")
            assert.equal(#cases, #calls)
            for i, case in ipairs(cases) do
                local parsed = of_curl(calls[i])
                assert.equal("Bearer the-token", parsed.token)
                assert_same(case, sent(case), parsed)
            end
        end)
    end

    it("as http is a message that says what is sent without it", function()
        for _, case in ipairs(cases) do
            local parsed = of_http(printed(case, "http"))
            assert.equal("Bearer $AUTH0_TOKEN", parsed.token)
            assert_same(case, sent(case), parsed)
        end
    end)

    it("as postman is a collection that sends what is sent without it", function()
        for _, case in ipairs(cases) do
            local parsed = of_postman(printed(case, "postman"))
            assert.equal("Bearer the-token", parsed.token)
            assert_same(case, sent(case), parsed)
        end
    end)

    it("as auth0-cli is one command of sh, which asks for what is sent without it", function()
        local calls = calls_of(all_printed "auth0-cli", "sh", "auth0")
        assert.equal(#cases, #calls)
        for i, case in ipairs(cases) do assert_same(case, sent(case), of_auth0_cli(calls[i])) end
    end)

    it("shows a terminal nothing that it would obey or hide", function()
        for _, form in ipairs { "curl", "http", "postman", "auth0-cli" } do
            for _, case in ipairs(cases) do
                local text = printed(case, form)
                for _, bytes in ipairs { "[%z\1-\9\11-\31\127]", "\194[\128-\159]", "\226\128\174", "\243\160" } do
                    assert.is_nil(text:find(bytes), text)
                end
            end
        end
    end)

    it("as postman is refused where a header would be filled with the token, and not sent as it is", function()
        local case = { "show", PRIMARY, "--correlation-id", "{{auth0_token}}", "--dry-run", "--as", "postman" }
        local told = command.run(mock, case)
        assert.same({ 2, "" }, { told.code, told.out })
        assert.truthy(told.err:find("x-correlation-id holds \"{{\"", 1, true), told.err)
    end)

    it("is curl's form where none is named, and asks the tenant nothing", function()
        local case = { "link", PRIMARY, SECONDARY, "--dry-run" }
        assert.equal(printed({ "link", PRIMARY, SECONDARY }, "curl"), command.run(mock, case).out)
        assert.same({}, mock:requests())
    end)

    it("of an id with control characters is nothing: no form could write them", function()
        for _, rest in ipairs { "a\nb", "\tx", "\27[2J", "\127" } do
            for _, case in ipairs { { "link", PRIMARY, "auth0|" .. rest }, { "link", "auth0|" .. rest, SECONDARY },
                { "unlink", PRIMARY, "auth0|" .. rest }, { "show", "auth0|" .. rest } } do
                local told = command.run(mock, with(case, "--dry-run"))
                assert.same({ 2, "" }, { told.code, told.out }, told.err)
                assert.is_nil(told.err:find "[%z\1-\9\11-\31\127]", told.err)
            end
        end
    end)

    it("as curl takes the same way to the tenant", function()
        local case = { "link", PRIMARY, SECONDARY, "--ca-file", "it's $(mine).pem", "--resolve",
            "tenant.test:443:127.0.0.1", "--resolve", "tenant.test:80:[::1]" }
        local parsed = of_curl(calls_of(printed(case, "curl"), "sh", "curl")[1])
        assert.same({ "--cacert it's $(mine).pem", "--resolve tenant.test:443:127.0.0.1",
            "--resolve tenant.test:80:[::1]" }, parsed.way)
    end)

    it("has the members of a body in one order", function()
        local text = printed({ "link", PRIMARY, SECONDARY, "--connection-id", "con_0123456789abcdef" }, "http")
        assert.truthy(text:find('{"connection_id":"con_0123456789abcdef","provider":"google-oauth2","user_id":', 1,
            true), text)
    end)
end)

-- ---- the request of doc/from-curl.md ----

describe("the link of doc/from-curl.md is what auth0-accounts prints", function()
    local blocks = {}
    setup(function()
        for _, block in ipairs(markdown.blocks(process.read "doc/from-curl.md")) do
            blocks[block.language] = blocks[block.language] or block.code
        end
        mock = mock_tenant.new { domain = "acme.eu.auth0.com" }
    end)

    -- The API takes the id with its provider and without.
    local function essence(parsed)
        local body = cjson.decode(parsed.body)
        if not body.user_id:find("|", 1, true) then body.user_id = body.provider .. "|" .. body.user_id end
        return { parsed.method, parsed.url, body, parsed.token, parsed.headers["content-type"] }
    end

    it("for curl", function()
        local ours = of_curl(calls_of(printed({ "link", PRIMARY, SECONDARY }, "curl"), "sh", "curl")[1])
        assert.same(essence(of_curl(calls_of(blocks.sh, "sh", "curl")[1])), essence(ours))
    end)

    it("for Postman", function()
        local variables = { auth0_domain = "acme.eu.auth0.com", auth0_token = "the-token" }
        local ours = of_postman(printed({ "link", PRIMARY, SECONDARY }, "postman"))
        assert.same(essence(of_item(cjson.decode(blocks.json), variables)), essence(ours))
    end)

    it("for Chilkat's PostJson3", function()
        local body = {}
        for name, value in blocks.csharp:gmatch 'json%.UpdateString%("([^"]*)", "([^"]*)"%)' do body[name] = value end
        local url, kind = blocks.csharp:match 'PostJson3%(%s*"([^"]*)",%s*"([^"]*)"'
        local theirs = { method = "POST", url = url, body = cjson.encode(body), token = "Bearer $AUTH0_TOKEN",
            headers = { ["content-type"] = kind } }
        assert.same(essence(theirs), essence(of_http(printed({ "link", PRIMARY, SECONDARY }, "http"))))
    end)
end)

-- ---- of a merge ----

describe("of a merge, --dry-run prints", function()
    local merge = { "merge", PRIMARY, SECONDARY, "--proof", "operator" }
    local everything = with(merge, "--user-metadata", "deep", "--carry", "roles", "--revoke", "--reset-password")

    before_each(function()
        mock = mock_tenant.new()
        local role = mock:add_role { id = "rol_1", name = "reader" }
        mock:add_user { user_id = PRIMARY, connection = "Username-Password-Authentication" }
        mock:add_user { user_id = SECONDARY, connection = "google-oauth2", roles = { role.id },
            user_metadata = { theme = "dark", note = "it's $(mine) {{auth0_token}}" } }
    end)

    -- The requests of a merge that change something.
    local function changes(case)
        local seen, answer = {}, mock.answer
        mock.answer = function(self, request)
            if request.method ~= "GET" then seen[#seen + 1] = request end
            return answer(self, request)
        end
        local told = command.run(mock, case)
        mock.answer = answer
        assert.equal(0, told.code, told.err)
        return seen
    end

    local function dry(case, form)
        local told = command.run(mock, with(case, "--dry-run", "--as", form))
        assert.same({ 0, "" }, { told.code, told.err })
        return told.out
    end

    for name, case in pairs { ["what it writes and the link"] = merge, ["all that it would change"] = everything } do
        it(name .. ", as they are sent without it", function()
            local of_curls = calls_of(dry(case, "curl"), "sh", "curl")
            local of_clis = calls_of(dry(case, "auth0-cli"), "sh", "auth0")
            local items = cjson.decode(dry(case, "postman")).item
            local messages = {}
            for message in (dry(case, "http") .. "\n###\n\n"):gmatch "(.-)\n###\n\n" do
                messages[#messages + 1] = message
            end
            assert.same({}, mock:changes())
            local receipt = command.new_name()
            local seen = changes(with(case, "--receipt", receipt))
            os.remove(receipt)
            assert.is_true(#seen >= 2)
            assert.same({ #seen, #seen, #seen, #seen }, { #of_curls, #of_clis, #items, #messages })
            for i, request in ipairs(seen) do
                assert_same(case, request, of_curl(of_curls[i]))
                assert_same(case, request, of_auth0_cli(of_clis[i]))
                assert_same(case, request, of_item(items[i], { auth0_token = "the-token" }))
                assert_same(case, request, of_http(messages[i]))
            end
        end)
    end

    it("what the tenant's refusals leave of it, as without it", function()
        local token = mock:token { kind = "machine", scope = "read:users update:users" }
        local environment = { AUTH0_DOMAIN = mock.domain, AUTH0_TOKEN = token }
        local receipt = command.new_name()
        local dry_told = command.run(mock, with(merge, "--dry-run"), environment)
        local told = command.run(mock, with(merge, "--receipt", receipt), environment)
        assert.equal(1, told.code)
        assert.same({ told.code, told.err }, { dry_told.code, dry_told.err })
    end)

    it("the reasons against it, where there are some", function()
        mock:add_user { user_id = "github|3", connection = "github", blocked = true }
        local told = command.run(mock, { "merge", PRIMARY, "github|3", "--proof", "operator", "--dry-run" })
        assert.same({ 1, "" }, { told.code, told.out })
        assert.truthy(told.err:find("blocked", 1, true), told.err)
    end)

    it("nothing where there is nothing to change, or no account", function()
        local receipt = command.new_name()
        changes(with(merge, "--receipt", receipt))
        os.remove(receipt)
        local told = command.run(mock, with(merge, "--dry-run"))
        assert.same({ 0, "", "there is nothing to change\n" }, { told.code, told.out, told.err })
        told = command.run(mock, { "merge", PRIMARY, "github|9", "--proof", "operator", "--dry-run" })
        assert.same({ 1, "" }, { told.code, told.out })
        assert.truthy(told.err:find("github|9", 1, true), told.err)
    end)
end)
