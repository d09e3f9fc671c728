/* Classes of userdata: each is named by the address of a static object, under which its metatable stands in the
   registry. */
#ifndef AUTH0_LUA_CLASS_H
#define AUTH0_LUA_CLASS_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* Makes a class. `methods` may be NULL, as may `on_gc`, which must be safe to run twice. No Lua code sees or replaces
   the metatable. */
void bind_class_make(lua_State *L, void *key, const char *name, const luaL_Reg *methods, lua_CFunction on_gc);

/* Adds methods to a class. */
void bind_class_extend(lua_State *L, void *key, const luaL_Reg *methods);

/* Pushes a new userdata, zeroed: from here on the collector frees what it comes to own. */
void *bind_class_new(lua_State *L, void *key, size_t size);

/* The userdata at `index`; NULL where it is none of the class. */
void *bind_class_test(lua_State *L, int index, void *key);

/* The same, but raises, with `expected` ("expected an engine"), where it is of another class. */
void *bind_class_check(lua_State *L, int index, void *key, const char *expected);

/* The userdata in the registry under `key`, of which a Lua state has one. */
void *bind_class_kept(lua_State *L, void *key);

/* Raises, in the name of `caller` ("auth0.link"): "; <so>" says what that means ("nothing was sent"). */
_Noreturn void bind_class_raise_memory(lua_State *L, const char *caller, const char *so);

#pragma GCC visibility pop

#endif
