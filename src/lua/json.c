#include "lua/json.h"

#include "lua/class.h"
#include "lua/push.h"
#include "pure/numeral.h"

#include <math.h>

static char new_key, encode_key, protected_key; /* in the registry */
static char number_class;

/* ---- a number by its digits: one that a Lua number would change ---- */

static int number_tostring(lua_State *L) {
    lua_pushstring(L, bind_class_check(L, 1, &number_class, "expected a number by its digits"));
    return 1;
}

static int number_eq(lua_State *L) {
    const char *one = bind_class_test(L, 1, &number_class), *other = bind_class_test(L, 2, &number_class);
    lua_pushboolean(L, one != NULL && other != NULL && strcmp(one, other) == 0);
    return 1;
}

/* lua/auth0/json.lua knows such a number by what getmetatable returns. */
static void make_number_class(lua_State *L) {
    static const luaL_Reg events[] = {{"__tostring", number_tostring}, {"__eq", number_eq}, {NULL, NULL}};
    bind_class_make(L, &number_class, "auth0.number", NULL, NULL);
    compat_getref(L, &number_class);
    compat_setfuncs(L, events);
    push_string(L, "__metatable", "auth0.number");
    lua_pop(L, 1);
}

static void push_digits(lua_State *L, struct span digits) {
    memcpy(bind_class_new(L, &number_class, digits.size + 1), digits.at, digits.size);
}

/* ---- tokens into Lua values ---- */

/* Names of members that most answers have, in their order; and of receipts. */
static const struct span names[] = {{"connection", 10},     {"user_id", 7},      {"provider", 8},
                                    {"isSocial", 8},        {"profileData", 11}, {"email", 5},
                                    {"email_verified", 14}, {"name", 4},         {"picture", 7}};
static const char *const told_names[BIND_NAMES] = {[BIND_STATUS] = "status",         [BIND_ATTEMPTS] = "attempts",
                                                   [BIND_ELAPSED] = "elapsed",       [BIND_REQUEST_ID] = "request_id",
                                                   [BIND_TIMINGS] = "timings",       [BIND_DNS] = "dns",
                                                   [BIND_CONNECT] = "connect",       [BIND_TLS] = "tls",
                                                   [BIND_FIRST_BYTE] = "first_byte", [BIND_TOTAL] = "total"};

enum { NAMES = sizeof names / sizeof *names };

enum { UPVALUE_NULL = 1, UPVALUE_ARRAY_MT, UPVALUE_NAMES, UPVALUE_TOLD = UPVALUE_NAMES + NAMES };

static void push_integer_of(lua_State *L, struct span digits) {
    enum { DIGITS_MOST = 19 }; /* which 64 bits hold */
    bool is_negative = digits.at[0] == '-';
    uint64_t size = 0, most = is_negative ? -(uint64_t)COMPAT_INTEGER_LEAST : (uint64_t)COMPAT_INTEGER_MOST;
    for (size_t i = is_negative; i < digits.size && i < DIGITS_MOST + 1; i++)
        size = size * 10 + (uint64_t)(digits.at[i] - '0');
    if (digits.size - is_negative > DIGITS_MOST || size > most)
        push_digits(L, digits);
    else if (is_negative && size == 0)
        lua_pushnumber(L, (lua_Number)-0.0);
    else
        compat_pushinteger(L, is_negative ? -(int64_t)(size - 1) - 1 : (int64_t)size);
}

/* A Lua number where its text would have the same digits; else a number by its digits. */
static void push_decimal(lua_State *L, struct span digits) {
    char again[NUMERAL_MOST];
    double value = digits.size <= NUMERAL_MOST ? numeral_read(digits) : HUGE_VAL;
    if (isfinite(value) && span_equals(digits, (struct span){again, numeral_write(value, again)}))
        lua_pushnumber(L, (lua_Number)value);
    else
        push_digits(L, digits);
}

static void push_text(lua_State *L, struct json_value string) {
    struct span bytes = json_bytes(string);
    if (string.token->is_raw) {
        lua_pushlstring(L, bytes.at, bytes.size);
        return;
    }
    char few[512], *to = few;
    if (bytes.size > sizeof few) to = compat_newuserdata(L, bytes.size);
    lua_pushlstring(L, to, json_string(string, to, bytes.size));
    if (to != few) lua_remove(L, -2);
}

/* The search begins at `place`, which becomes that of the next name. */
static void push_name(lua_State *L, struct json_value name, int *place) {
    struct span bytes = json_bytes(name);
    for (int left = NAMES; left > 0 && name.token->is_raw; left--) {
        int at = *place;
        *place = at + 1 < NAMES ? at + 1 : 0;
        if (!span_equals(names[at], bytes)) continue;
        lua_pushvalue(L, lua_upvalueindex(UPVALUE_NAMES + at));
        return;
    }
    push_text(L, name);
}

static void push_value(lua_State *L, struct json_value value, bool is_exact);

static void push_array(lua_State *L, struct json_value array, bool is_exact) {
    int i = 0;
    luaL_checkstack(L, 4, "an answer");
    lua_createtable(L, (int)array.token->size, 0);
    for (struct json_walk walk = json_walk(array); json_next(&walk);) {
        push_value(L, walk.value, is_exact);
        lua_rawseti(L, -2, ++i);
    }
    lua_pushvalue(L, lua_upvalueindex(UPVALUE_ARRAY_MT));
    lua_setmetatable(L, -2);
}

static bool is_metadata(struct json_value name) {
    return json_string_is(name, SPAN("user_metadata")) || json_string_is(name, SPAN("app_metadata"));
}

/* Below metadata every value is given as it is. Elsewhere a member that is null is absent, even if the object had the
   same name before; and a user_id is a string. */
static void push_object(lua_State *L, struct json_value object, bool is_exact) {
    luaL_checkstack(L, 4, "an answer");
    int place = 0;
    lua_createtable(L, 0, (int)object.token->size);
    for (struct json_walk walk = json_walk(object); json_next(&walk);) {
        push_name(L, walk.name, &place);
        if (!is_exact && json_kind(walk.value) == JSON_NULL)
            lua_pushnil(L);
        else if (!is_exact && json_is_integer(walk.value) && json_string_is(walk.name, SPAN("user_id")))
            lua_pushlstring(L, json_bytes(walk.value).at, json_bytes(walk.value).size);
        else
            push_value(L, walk.value, is_exact || is_metadata(walk.name));
        lua_rawset(L, -3);
    }
}

/* The recursion ends with JSON_DEPTH. */
static void push_value(lua_State *L, struct json_value value, bool is_exact) {
    switch (json_kind(value)) {
    case JSON_NULL: lua_pushvalue(L, lua_upvalueindex(UPVALUE_NULL)); return;
    case JSON_FALSE:
    case JSON_TRUE: lua_pushboolean(L, json_kind(value) == JSON_TRUE); return;
    case JSON_NUMBER: (json_is_integer(value) ? push_integer_of : push_decimal)(L, json_bytes(value)); return;
    case JSON_STRING: push_text(L, value); return;
    case JSON_ARRAY: push_array(L, value, is_exact); return;
    case JSON_OBJECT: push_object(L, value, is_exact);
    }
}

struct job {
    bind_json_pusher *push;
    const void *what;
};

static int do_job(lua_State *L) {
    const struct job *job = lua_touserdata(L, 1);
    job->push(L, job->what);
    return lua_gettop(L) - 1;
}

bool bind_json_protect(lua_State *L, bind_json_pusher *push, const void *what, int values) {
    struct job job = {push, what};
    compat_getref(L, &protected_key);
    lua_pushlightuserdata(L, &job);
    if (lua_pcall(L, 1, values, 0) == 0) return true;
    lua_pop(L, 1);
    return false;
}

void bind_json_push_value(lua_State *L, struct json_value value) { push_value(L, value, false); }

void bind_json_push_name(lua_State *L, enum bind_name name) {
    lua_pushvalue(L, lua_upvalueindex(UPVALUE_TOLD + (int)name));
}

static void push_one(lua_State *L, const void *value) { push_value(L, *(const struct json_value *)value, false); }

bool bind_json_push(lua_State *L, struct json_value value) { return bind_json_protect(L, push_one, &value, 1); }

/* ---- lua-cjson ---- */

/* Pushes the encode function of a lua-cjson instance of our own: the settings of other code do not reach it, nor do
   ours reach other code. */
static void push_new_encode(lua_State *L) {
    compat_getref(L, &new_key);
    lua_call(L, 0, 1);
    lua_getfield(L, -1, "encode");
    lua_remove(L, -2);
}

/* The instance is taken out of the registry while it is in use: Lua 5.1 and LuaJIT may run a finalizer before they have
   copied the text out of its buffer, and a link that the finalizer makes needs another instance. */
void bind_json_encode(lua_State *L) {
    compat_getref(L, &encode_key);
    if (lua_isfunction(L, -1)) {
        lua_pushboolean(L, 0);
        compat_setref(L, &encode_key);
    } else {
        lua_pop(L, 1);
        push_new_encode(L);
    }
    lua_pushvalue(L, -1);
    lua_pushvalue(L, -3);
    lua_call(L, 1, 1);
    lua_replace(L, -3);
    compat_setref(L, &encode_key);
}

/* Pushes an instance of our own, and keeps lua-cjson's `new` for further ones. */
static void push_cjson(lua_State *L) {
    lua_getglobal(L, "require");
    lua_pushliteral(L, "cjson");
    int status = lua_pcall(L, 1, 1, 0);
    if (status == LUA_ERRMEM) lua_error(L);
    if (status != 0)
        luaL_error(L,
                   "auth0: lua-cjson cannot be loaded: install it with \"apt-get install lua-cjson\" or \"luarocks "
                   "--lua-version %s install lua-cjson\"\n%s",
                   &LUA_VERSION[sizeof "Lua " - 1], lua_tostring(L, -1));
    if (!lua_istable(L, -1)) luaL_error(L, "auth0 needs lua-cjson; what is installed as cjson is another module");
    lua_getfield(L, -1, "new");
    if (!lua_isfunction(L, -1))
        luaL_error(L, "auth0 needs lua-cjson 2.1 or newer; what is installed as cjson has no new()");
    lua_pushvalue(L, -1);
    compat_setref(L, &new_key);
    lua_call(L, 0, 1);
    lua_remove(L, -2);
}

/* core[name] = cjson[name] */
static void lend(lua_State *L, int core, int cjson, const char *name) {
    lua_getfield(L, cjson, name);
    lua_setfield(L, core, name);
}

void bind_json_init(lua_State *L) {
    int core = lua_gettop(L), cjson = core + 1;
    make_number_class(L);
    push_cjson(L);
    lua_getfield(L, cjson, "encode");
    compat_setref(L, &encode_key);
    lend(L, core, cjson, "empty_array_mt");
    lend(L, core, cjson, "empty_array");
    lend(L, core, cjson, "null");
    lua_getfield(L, core, "null");
    lua_getfield(L, cjson, "array_mt");
    if (!lua_istable(L, -1)) {
        lua_pop(L, 1);
        lua_createtable(L, 0, 1);
        push_string(L, "__name", "auth0.array");
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, core, "array_mt");
    for (int i = 0; i < NAMES; i++) lua_pushlstring(L, names[i].at, names[i].size);
    for (int i = 0; i < BIND_NAMES; i++) lua_pushstring(L, told_names[i]);
    lua_pushcclosure(L, do_job, UPVALUE_ARRAY_MT + NAMES + BIND_NAMES); /* now: it takes memory */
    compat_setref(L, &protected_key);
    lua_settop(L, core);
}
