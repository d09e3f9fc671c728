#include "lua/class.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void bind_class_make(lua_State *L, void *key, const char *name, const luaL_Reg *methods, lua_CFunction on_gc) {
    lua_createtable(L, 0, 4);
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_newtable(L);
    if (methods != NULL) compat_setfuncs(L, methods);
    lua_setfield(L, -2, "__index");
    if (on_gc != NULL) {
        lua_pushcfunction(L, on_gc);
        lua_setfield(L, -2, "__gc");
    }
    compat_setref(L, key);
}

void bind_class_extend(lua_State *L, void *key, const luaL_Reg *methods) {
    compat_getref(L, key);
    lua_getfield(L, -1, "__index");
    compat_setfuncs(L, methods);
    lua_pop(L, 2);
}

void *bind_class_new(lua_State *L, void *key, size_t size) {
    void *self = compat_newuserdata(L, size);
    memset(self, 0, size);
    compat_getref(L, key);
    lua_setmetatable(L, -2);
    return self;
}

void *bind_class_test(lua_State *L, int index, void *key) {
    void *self = lua_touserdata(L, index);
    if (self == NULL || !lua_getmetatable(L, index)) return NULL;
    compat_getref(L, key);
    bool is_one = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return is_one ? self : NULL;
}

void *bind_class_check(lua_State *L, int index, void *key, const char *expected) {
    void *self = bind_class_test(L, index, key);
    if (self == NULL) luaL_argerror(L, index, expected);
    return self;
}

void *bind_class_kept(lua_State *L, void *key) {
    compat_getref(L, key);
    void *self = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return self;
}

void bind_class_raise_memory(lua_State *L, const char *caller, const char *so) {
    luaL_error(L, "%s: not enough memory; %s", caller, so);
    abort(); /* luaL_error does not return, but does not say so to a compiler */
}
