#include "lua_answered.h"

#include "lua_call.h"
#include "lua_engines.h"
#include "lua_push.h"

#include <ctype.h>
#include <stdlib.h>

static char answered_metatable, calls_by_engine; /* keys in the registry */

struct bind_answered {
    struct engine *engine;
    int last_id;
};

/* luaL_argerror does not return, but does not say so to a compiler. */
static _Noreturn void refuse(lua_State *L, int index, const char *what) {
    luaL_argerror(L, index, what);
    abort();
}

static struct bind_answered *check_engine(lua_State *L) {
    struct bind_answered *self = lua_touserdata(L, 1);
    compat_getref(L, &answered_metatable);
    if (self == NULL || !lua_getmetatable(L, 1) || !lua_rawequal(L, -1, -2)) refuse(L, 1, "expected an engine");
    lua_pop(L, 2);
    if (self->engine == NULL) luaL_error(L, "auth0: this engine is closed");
    return self;
}

/* Pushes the table id -> call of the engine at 1: those under way must not be collected. Nor must it outlive the
   engine: it is the value of a weak key. */
static void push_calls(lua_State *L) {
    compat_getref(L, &calls_by_engine);
    lua_pushvalue(L, 1);
    lua_rawget(L, -2);
    lua_remove(L, -2);
}

/* Pushes the call of an id; raises where there is none. */
static struct bind_call *check_call(lua_State *L, int index) {
    push_calls(L);
    lua_rawgeti(L, -1, (int)luaL_checkinteger(L, index));
    lua_remove(L, -2);
    struct bind_call *call = lua_touserdata(L, -1);
    if (call == NULL) refuse(L, index, "no call of that id is under way");
    return call;
}

static void drop_id(lua_State *L, int id) {
    push_calls(L);
    lua_pushnil(L);
    lua_rawseti(L, -2, id);
    lua_pop(L, 1);
}

/* engine:submit("link"|"unlink", options, level) -> id. Raises, at `level`, for options that cannot be used. */
static int method_submit(lua_State *L) {
    static const char *const goals[] = {"link", "unlink", NULL};
    struct bind_answered *self = check_engine(L);
    enum identity_goal goal = luaL_checkoption(L, 2, NULL, goals) == 0 ? IDENTITY_LINK : IDENTITY_UNLINK;
    struct transport transport;
    luaL_checktype(L, 3, LUA_TTABLE);
    int level = (int)luaL_optinteger(L, 4, 2); /* before anything else stands at 4 */
    bind_engines_check(L);
    struct bind_call *call = bind_call_new(L);
    int index = lua_gettop(L);
    bind_call_prepare(L, 3, call, goal, &transport, level);
    lua_settop(L, index);
    push_calls(L);
    lua_pushvalue(L, index);
    lua_rawseti(L, -2, ++self->last_id);
    call->id = self->last_id;
    engine_submit(self->engine, &call->call);
    lua_pushinteger(L, self->last_id);
    return 1;
}

/* Names in lower case; a header that is only suppressed (no value) is not sent, so is not told. */
static void push_headers(lua_State *L, const struct curl_slist *headers) {
    lua_newtable(L);
    for (; headers != NULL; headers = headers->next) {
        char name[64];
        const char *colon = strchr(headers->data, ':');
        size_t size = colon != NULL ? (size_t)(colon - headers->data) : sizeof name;
        if (size >= sizeof name || colon[1] == '\0') continue;
        for (size_t i = 0; i < size; i++) name[i] = (char)tolower((unsigned char)headers->data[i]);
        name[size] = '\0';
        lua_pushstring(L, colon + 1 + strspn(colon + 1, " "));
        lua_setfield(L, -2, name);
    }
}

static void push_request(lua_State *L, const struct call *call) {
    static const char *const methods[] = {"GET", "POST", "DELETE"};
    struct exchange_order order = call_exchange(call, call->action.request);
    lua_createtable(L, 0, 4);
    push_span(L, "method", span_of(methods[order.method]));
    push_span(L, "url", span_of(order.url));
    push_span(L, "body", order.body.at != NULL ? order.body : SPAN(""));
    push_headers(L, order.headers);
    lua_setfield(L, -2, "headers");
}

/* engine:next() -> "exchange", id, {method=, url=, headers=, body=}
                 -> "done", id, identities, receipt; or "done", id, nil, facts
                 -> nothing where there is no news */
static int method_next(lua_State *L) {
    struct bind_answered *self = check_engine(L);
    struct engine_record record;
    if (!engine_next(self->engine, &record)) return 0;
    struct bind_call *call = (struct bind_call *)(void *)record.call; /* its first member */
    lua_pushstring(L, record.kind == ENGINE_EXCHANGE ? "exchange" : "done");
    lua_pushinteger(L, call->id);
    if (record.kind == ENGINE_EXCHANGE) {
        push_request(L, record.call);
        return 3;
    }
    push_calls(L);
    lua_rawgeti(L, -1, call->id); /* keeps it while its result is made */
    lua_insert(L, 2);
    lua_pop(L, 1);
    drop_id(L, call->id);
    int results = bind_call_push(L, call);
    bind_call_drop(call);
    return 2 + results;
}

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

/* engine:reply(id, {how=, status=, headers=, body=, after=}). `how`: "answered" (the default), "lost", "unreached",
   "untrusted"; `after`: seconds until it is there, math.huge for never. */
static int method_reply(lua_State *L) {
    struct bind_answered *self = check_engine(L);
    luaL_checktype(L, 3, LUA_TTABLE);
    struct bind_call *call = check_call(L, 2);
    struct headers headers = read_headers(L, 3);
    struct engine_reply reply = {.headers = &headers, .body = SPAN("")};
    reply.end.how = read_how(L, 3);
    reply.end.sent = reply.end.how == ATTEMPT_ANSWERED || reply.end.how == ATTEMPT_LOST;
    if (get_field(L, 3, "status", LUA_TNUMBER, "a number")) reply.end.status = (int)lua_tointeger(L, -1);
    if (get_field(L, 3, "after", LUA_TNUMBER, "a number of seconds"))
        reply.after = to_microseconds((double)lua_tonumber(L, -1));
    if (get_field(L, 3, "body", LUA_TSTRING, "a string")) reply.body.at = lua_tolstring(L, -1, &reply.body.size);
    if (!engine_reply(self->engine, &call->call, &reply)) luaL_error(L, "auth0: this call waits for no answer");
    return 0;
}

/* engine:forget(id): takes a call back without a word. */
static int method_forget(lua_State *L) {
    (void)check_engine(L);
    struct bind_call *call = check_call(L, 2);
    drop_id(L, call->id);
    bind_call_drop(call);
    return 0;
}

/* engine:turn() */
static int method_turn(lua_State *L) {
    engine_turn(check_engine(L)->engine, 0);
    return 0;
}

/* engine:now() -> seconds since it was made */
static int method_now(lua_State *L) {
    lua_pushnumber(L, (lua_Number)engine_now(check_engine(L)->engine) / 1e6);
    return 1;
}

/* engine:advance(seconds) */
static int method_advance(lua_State *L) {
    struct bind_answered *self = check_engine(L);
    double seconds = (double)luaL_checknumber(L, 2);
    luaL_argcheck(L, seconds >= 0 && seconds < 1e9, 2, "expected seconds from 0 to 10^9");
    engine_advance(self->engine, to_microseconds(seconds));
    return 0;
}

static int on_gc(lua_State *L) {
    struct bind_answered *self = lua_touserdata(L, 1);
    if (self->engine != NULL) engine_close(self->engine);
    self->engine = NULL;
    return 0;
}

void bind_answered_init(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"submit", method_submit}, {"next", method_next}, {"reply", method_reply},     {"forget", method_forget},
        {"turn", method_turn},     {"now", method_now},   {"advance", method_advance}, {NULL, NULL},
    };
    lua_createtable(L, 0, 3);
    lua_newtable(L);
    compat_setfuncs(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, on_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    compat_setref(L, &answered_metatable);
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    compat_setref(L, &calls_by_engine);
}

int bind_answered_new(lua_State *L) {
    lua_settop(L, 0);
    struct bind_answered *self = compat_newuserdata(L, sizeof *self);
    *self = (struct bind_answered){.last_id = 0};
    compat_getref(L, &answered_metatable);
    lua_setmetatable(L, 1);
    compat_getref(L, &calls_by_engine);
    lua_pushvalue(L, 1);
    lua_newtable(L);
    lua_rawset(L, -3);
    lua_settop(L, 1);
    self->engine = engine_open_answered();
    if (self->engine == NULL) return luaL_error(L, "auth0: not enough memory for an engine");
    return 1;
}
