--- What the specs of apply share: a mock with three groups of accounts, their plan, and the journal that apply makes.
local accounts_core = require "auth0_accounts.core"
local assert = require "luassert"
local command = require "support.command"
local journals = require "auth0_accounts.journal"
local mock_tenant = require "auth0.mock"
local mocked = require "support.mocked"
local plans = require "support.plans"

local applying = { LINK = { method = "POST", template = "/api/v2/users/{id}/identities" } }

---@class support.applying.case of the spec that runs
---@field mock auth0.mock.Tenant
---@field plan string name of its file
---@field digest string
---@field journal string name
---@field mapping string name
local case = {}
applying.case = case

function applying.run(...)
    return command.run(case.mock, { "apply", case.plan, "-j", case.journal, ... })
end

function applying.apply(...)
    return applying.run("--approve", case.digest, ...)
end

function applying.assert_told(told, code, out, err)
    assert.equal(code, told.code, told.out .. told.err)
    assert.truthy(not out or told.out:find(out, 1, true), told.out)
    assert.truthy(err and told.err:find(err, 1, true) or not err and told.err == "", told.err)
end

function applying.seed(sizes, options)
    case.mock = mock_tenant.new()
    if case.plan then os.remove(case.plan) end
    case.plan, case.digest = plans.of_mock(case.mock, sizes, options)
end

function applying.arm(order, words)
    words = words or {}
    for name, value in pairs(applying.LINK) do words[name] = words[name] or value end
    words.fault = order
    case.mock:arm(words)
end

function applying.links()
    local count = 0
    for _, change in ipairs(case.mock:changes()) do count = count + (change.kind == "link" and 1 or 0) end
    return count
end

function applying.as_client(body)
    local own = mocked.with_token(case.mock, case.mock:token { kind = "machine" })
    body(own)
    own:close()
end

-- Edits an account by the model, as another client would.
function applying.edit(id, change)
    change(case.mock.model.world.users:find(id))
end

function applying.states()
    local opened = journals.open(case.journal)
    local counts = opened:counts()
    opened:close()
    return counts
end

-- What a query finds in the journal.
function applying.ask(sql)
    local db = assert(accounts_core.open(case.journal))
    local rows = {}
    for one, other in db:prepare(sql):rows() do rows[#rows + 1] = other == nil and one or { one, other } end
    db:close()
    return rows
end

--- For before_each.
function applying.start()
    applying.seed { 2, 3, 2 }
    case.journal, case.mapping = command.new_name(), command.new_name()
end

--- For after_each.
function applying.finish()
    for _, name in ipairs { case.plan, case.journal, case.journal .. "-wal", case.mapping, case.mapping .. ".new" } do
        os.remove(name)
    end
    case.plan = nil
end

return applying
