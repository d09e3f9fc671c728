--- auth0_accounts.core.finder: two accounts in an answer of users-by-email.
local core = require "auth0_accounts.core"

local finder = core.finder()

local PRIMARY = '{"user_id":"auth0|1","email":"Ann\\u0040x.y","email_verified":true,"blocked":false,'
    .. '"created_at":"2020","identities":[{"provider":"auth0","user_id":"1"},'
    .. '{"provider":"google-oauth2","user_id":115015401343387192604},7],"user_metadata":{"b":1,"a":[]},'
    .. '"app_metadata":null}'

describe("a finder", function()
    it("tells of both accounts what a plan has of them, and their text", function()
        local one, other = finder:of('[{"user_id":"x|1"}, ' .. PRIMARY:gsub(",", " ,\n")
            .. ',{"user_id":"y|2","created_at":{},"email_verified":1}]', "auth0|1", "y|2")
        assert.same({ "Ann@x.y", true, false, "2020", PRIMARY }, { one.email, one.email_verified, one.blocked,
            one.created_at, one.text })
        assert.same({ "auth0|1", "google-oauth2|115015401343387192604" }, one.identities)
        assert.same({ user_metadata = core.digest '{"a":[],"b":1}', app_metadata = core.digest "{}" }, one.digests)
        assert.is_nil(other.email)
        assert.same({ "table", "table", 0 }, { type(other.created_at), type(other.email_verified), #other.identities })
    end)

    it("tells nil of one that is not there, and the last of several", function()
        local one, other = finder:of('[{"user_id":"x|1","email":"a"},{"user_id":"x|1","email":"b"}]', "y|2", "x|1")
        assert.is_nil(one)
        assert.equal("b", other.email)
        assert.same({ n = 2 }, { n = select("#", finder:of("[]", "y|2", "x|1")) })
    end)

    it("tells false of what is no list of accounts", function()
        for _, text in ipairs { "", "{}", "[1]", "[{}]", '[{"user_id":7}]', '[{"user_id":"x|1"}', "[null]" } do
            assert.same({ false }, { finder:of(text, "x|1", "y|2") })
        end
    end)

    it("tells false where a merge takes an account as no profile: it nests too deeply, or has too much", function()
        local auth0, mock = require "auth0", require("auth0.mock").new()
        local tenant = auth0.tenant { mock = mock, domain = mock.domain, token = mock:token { kind = "machine" } }
        local function of(metadata)
            return (finder:of(('[{"user_id":"auth0|1","user_metadata":{"a":%s}}]'):format(metadata), "auth0|1", "y|2"))
        end
        local function takes(account)
            tenant:preview("auth0|1", "auth0|2", { proof = "operator", checks = {}, profiles = {
                primary = account.text, secondary = '{"user_id":"auth0|2"}' } })
        end
        local function nested(depth) return ("["):rep(depth) .. ("]"):rep(depth) end
        takes(of(nested(60)))
        assert.is_false(of(nested(61)))
        takes(of("[" .. ("1,"):rep(65528) .. "1]"))
        assert.is_false(of("[" .. ("1,"):rep(65530) .. "1]"))
        assert.is_table(of "1")
        tenant:close()
    end)
end)
