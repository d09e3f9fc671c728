--- What POST and PATCH of an account may write: the rules that both have in common (CreateUserRequestContent and
--- UpdateUserRequestContent of the OpenAPI file).
local metadata = require "auth0.mock.model.metadata"

local user_fields = {}

local function email(text)
    local name, host = text:match("^([%w!#$%%&'*+/=?^_`{|}~.-]+)@([%w-]+%.[%w.-]+)$")
    if not name or (name .. "." .. host):find("..", 1, true) or name:find("^%.") or name:find("%.$")
        or host:find("%.$") then
        return "Object didn't pass validation for format email: " .. text
    end
end

local function uri(text)
    if not text:find("^%a[%w+.-]*:[^%s]+$") then
        return "Object didn't pass validation for format strict-uri: " .. text
    end
end

---@param text "string"|"string null" the types of a text: a PATCH may say null
---@return table<string, table> rules for schema.body
function user_fields.rules(text)
    local flag = { types = "boolean" }
    return {
        connection = { types = "string", least = 1 },
        email = { types = text, valid = email },
        phone_number = { types = text, pattern = "^%+%d+$", says = "^\\+[0-9]{1,15}$", most = 16 },
        picture = { types = text, valid = uri },
        username = { types = text, least = 1, most = 128 },
        password = { types = text, least = 1 },
        given_name = { types = text, least = 1, most = 150 }, family_name = { types = text, least = 1, most = 150 },
        name = { types = text, least = 1, most = 300 }, nickname = { types = text, least = 1, most = 300 },
        blocked = flag, email_verified = flag, phone_verified = flag, verify_email = flag,
        user_metadata = { types = "object", valid = metadata.check },
        app_metadata = { types = "object", valid = metadata.check_app },
    }
end

return user_fields
