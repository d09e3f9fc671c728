#include "lua/bell.h"

#include "lua/engine.h"

static int refuse(lua_State *L, const char *words) {
    lua_pushnil(L);
    lua_pushstring(L, words);
    return 2;
}

static struct bell *check_bell(lua_State *L) {
    struct bell *bell = engine_bell(bind_engine_check(L, 1)->engine);
    if (bell == NULL) luaL_error(L, "auth0: this engine has no thread");
    return bell;
}

/* engine:descriptor() -> integer: readable when there is news, unless a Unix socket hears of it */
static int method_descriptor(lua_State *L) {
    lua_pushinteger(L, bell_descriptor(check_bell(L)));
    return 1;
}

/* engine:hush(): before `next` is asked for all that there is */
static int method_hush(lua_State *L) {
    bell_hush(check_bell(L));
    return 0;
}

/* engine:bell_open() -> path of a Unix socket to connect to; or nil, words */
static int method_bell_open(lua_State *L) {
    char path[BELL_PATH];
    const char *fault = bell_offer(check_bell(L), path);
    if (fault != NULL) return refuse(L, fault);
    lua_pushstring(L, path);
    return 1;
}

/* engine:bell_accept() -> true: from here on each ring is one byte on that socket; or nil, words */
static int method_bell_accept(lua_State *L) {
    const char *fault = bell_take(check_bell(L));
    if (fault != NULL) return refuse(L, fault);
    lua_pushboolean(L, 1);
    return 1;
}

/* engine:bell_close(): back to the descriptor */
static int method_bell_close(lua_State *L) {
    bell_withdraw(check_bell(L));
    return 0;
}

void bind_bell_init(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"descriptor", method_descriptor}, {"hush", method_hush},
        {"bell_open", method_bell_open},   {"bell_accept", method_bell_accept},
        {"bell_close", method_bell_close}, {NULL, NULL},
    };
    bind_engine_extend(L, methods);
}
