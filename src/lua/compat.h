/* Lua 5.1 to 5.5 and LuaJIT from one source: the only place that tests LUA_VERSION_NUM. */
#ifndef AUTH0_LUA_COMPAT_H
#define AUTH0_LUA_COMPAT_H

#include <lauxlib.h>
#include <lua.h>

#if LUA_VERSION_NUM >= 502 || defined(LUA_GCISRUNNING) /* LuaJIT 2.1 has this piece of 5.2 */
#define compat_setfuncs(L, functions) luaL_setfuncs(L, functions, 0)
#else
#define compat_setfuncs(L, functions) luaL_register(L, NULL, functions)
#endif

/* Raises under another Lua than it was built for, where that has all the functions and loads it. */
#if LUA_VERSION_NUM >= 502
#define compat_checkversion(L) luaL_checkversion(L)
#else
#define compat_checkversion(L) (void)(L)
#endif

#if LUA_VERSION_NUM >= 503
#define compat_isinteger(L, index) lua_isinteger(L, index)
#define compat_tointeger(L, index) ((long long)lua_tointeger(L, index))
#define compat_pushinteger(L, value) lua_pushinteger(L, (lua_Integer)(value))
#define COMPAT_INTEGER_MOST LUA_MAXINTEGER
#define COMPAT_INTEGER_LEAST LUA_MININTEGER
#else
#define compat_tointeger(L, index) ((long long)lua_tonumber(L, index))
#define compat_pushinteger(L, value) lua_pushnumber(L, (lua_Number)(value))
#define COMPAT_INTEGER_MOST 9007199254740992 /* up to here each one is a double of its own */
#define COMPAT_INTEGER_LEAST (-9007199254740992)

/* Every number is a float: one that is whole is an integer. */
static inline int compat_isinteger(lua_State *L, int index) {
    lua_Number value = lua_tonumber(L, index);
    return lua_type(L, index) == LUA_TNUMBER && value >= COMPAT_INTEGER_LEAST && value <= COMPAT_INTEGER_MOST &&
           value == (lua_Number)(long long)value;
}
#endif

#if LUA_VERSION_NUM >= 502
#define compat_rawlen(L, index) lua_rawlen(L, index)
#else
#define compat_rawlen(L, index) lua_objlen(L, index)
#endif

#if LUA_VERSION_NUM >= 504
#define compat_newuserdata(L, size) lua_newuserdatauv(L, size, 0)
#else
#define compat_newuserdata(L, size) lua_newuserdata(L, size)
#endif

/* The registry's value under the address of a static object: a key that no other code can have. The second takes the
   value from the top of the stack. */
#if LUA_VERSION_NUM >= 502
#define compat_getref(L, key) (void)lua_rawgetp(L, LUA_REGISTRYINDEX, key)
#define compat_setref(L, key) lua_rawsetp(L, LUA_REGISTRYINDEX, key)
#else
static inline void compat_getref(lua_State *L, void *key) {
    lua_pushlightuserdata(L, key);
    lua_rawget(L, LUA_REGISTRYINDEX);
}

static inline void compat_setref(lua_State *L, void *key) {
    lua_pushlightuserdata(L, key);
    lua_insert(L, -2);
    lua_rawset(L, LUA_REGISTRYINDEX);
}
#endif

/* Where lua.c sets its hook when the user presses Ctrl-C. 5.1 does not tell which thread that is: it is known where it
   was the one that loaded the module. */
#if LUA_VERSION_NUM >= 502
static inline void compat_keepmain(lua_State *L) { (void)L; }

static inline lua_State *compat_mainthread(lua_State *L) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    lua_State *main = lua_tothread(L, -1);
    lua_pop(L, 1);
    return main;
}
#else
static char compat_main_key;

static inline void compat_keepmain(lua_State *L) {
    if (lua_pushthread(L) == 1)
        compat_setref(L, &compat_main_key);
    else
        lua_pop(L, 1);
}

static inline lua_State *compat_mainthread(lua_State *L) {
    compat_getref(L, &compat_main_key);
    lua_State *main = lua_tothread(L, -1);
    lua_pop(L, 1);
    return main != NULL ? main : L;
}
#endif

#endif
