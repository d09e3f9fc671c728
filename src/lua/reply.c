#include "lua/reply.h"

#include "lua/push.h"

static struct headers read_headers(lua_State *L, int index) {
    struct headers headers = {.bytes = 0};
    lua_getfield(L, index, "headers");
    if (lua_istable(L, -1))
        for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
            if (lua_type(L, -2) != LUA_TSTRING || !(lua_isstring(L, -1))) continue;
            lua_pushvalue(L, -1); /* a number is made a string in the copy */
            struct span line;
            lua_pushfstring(L, "%s: %s", lua_tostring(L, -3), lua_tostring(L, -1));
            line.at = lua_tolstring(L, -1, &line.size);
            (void)headers_take(&headers, line);
            lua_pop(L, 2);
        }
    lua_pop(L, 1);
    return headers;
}

static int complain(lua_State *L, const char *field, const char *wanted) {
    return luaL_error(L, "auth0: a mock's answer: %s: expected %s, got %s", field, wanted, luaL_typename(L, -1));
}

/* Pushes a field; raises where it is there and of another type. */
static bool get_field(lua_State *L, int index, const char *field, int type, const char *wanted) {
    lua_getfield(L, index, field);
    if (lua_isnil(L, -1)) return false;
    if (lua_type(L, -1) != type) complain(L, field, wanted);
    return true;
}

static enum attempt_how read_how(lua_State *L, int index) {
    static const struct {
        const char *name;
        enum attempt_how how;
    } ways[] = {{"answered", ATTEMPT_ANSWERED},
                {"lost", ATTEMPT_LOST},
                {"unreached", ATTEMPT_UNREACHED},
                {"untrusted", ATTEMPT_UNTRUSTED}};
    static const char wanted[] = "\"answered\", \"lost\", \"unreached\" or \"untrusted\"";
    if (!get_field(L, index, "how", LUA_TSTRING, wanted)) return ATTEMPT_ANSWERED;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(lua_tostring(L, -1), ways[i].name) == 0) return ways[i].how;
    complain(L, "how", wanted);
    return ATTEMPT_LOST;
}

struct replies_reply bind_reply_read(lua_State *L, int index, struct headers *headers) {
    struct replies_reply reply = {.headers = headers, .body = SPAN("")};
    *headers = read_headers(L, index);
    reply.end.how = read_how(L, index);
    reply.end.sent = reply.end.how == ATTEMPT_ANSWERED || reply.end.how == ATTEMPT_LOST;
    if (get_field(L, index, "status", LUA_TNUMBER, "a number")) reply.end.status = (int)lua_tointeger(L, -1);
    if (get_field(L, index, "after", LUA_TNUMBER, "a number of seconds"))
        reply.after = to_microseconds((double)lua_tonumber(L, -1));
    if (get_field(L, index, "body", LUA_TSTRING, "a string")) reply.body.at = lua_tolstring(L, -1, &reply.body.size);
    return reply;
}
