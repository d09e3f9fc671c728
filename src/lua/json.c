#include "lua/json.h"

static char encode_key, decode_key, protected_key;

static int decode(lua_State *L);

/* With the instance on top of the stack. */
static void keep_function(lua_State *L, const char *name, void *key) {
    lua_getfield(L, -1, name);
    compat_setref(L, key);
}

static void configure(lua_State *L, const char *name) {
    lua_getfield(L, -1, name);
    lua_pushboolean(L, 0);
    lua_call(L, 1, 0);
}

void bind_json_init(lua_State *L) {
    lua_getglobal(L, "require");
    lua_pushliteral(L, "cjson");
    int status = lua_pcall(L, 1, 1, 0);
    if (status == LUA_ERRMEM) lua_error(L);
    if (status != 0)
        luaL_error(
            L,
            "auth0 needs lua-cjson: install it with `luarocks install lua-cjson`, or Debian's package lua-cjson (%s)",
            lua_tostring(L, -1));
    if (!lua_istable(L, -1)) luaL_error(L, "auth0 needs lua-cjson; what is installed as cjson is another module");
    lua_getfield(L, -1, "new");
    if (!lua_isfunction(L, -1))
        luaL_error(L, "auth0 needs lua-cjson 2.1 or newer; what is installed as cjson has no new()");
    lua_call(L, 0, 1);
    configure(L, "decode_invalid_numbers");
    configure(L, "encode_invalid_numbers");
    keep_function(L, "encode", &encode_key);
    keep_function(L, "decode", &decode_key);
    lua_pushcfunction(L, decode); /* now: in 5.1 it takes memory */
    compat_setref(L, &protected_key);
    lua_getfield(L, -1, "null");
    lua_replace(L, -3);
    lua_pop(L, 1);
}

void bind_json_encode(lua_State *L) {
    compat_getref(L, &encode_key);
    lua_insert(L, -2);
    lua_call(L, 1, 1);
}

/* With a light userdata, the span: what it takes to make it a string may fail as well. */
static int decode(lua_State *L) {
    const struct span *text = lua_touserdata(L, 1);
    compat_getref(L, &decode_key);
    lua_pushlstring(L, text->at, text->size);
    lua_call(L, 1, 1);
    return 1;
}

bool bind_json_decode(lua_State *L, struct span text) {
    compat_getref(L, &protected_key);
    lua_pushlightuserdata(L, &text);
    if (lua_pcall(L, 1, 1, 0) == 0) return true;
    lua_pop(L, 1);
    return false;
}
