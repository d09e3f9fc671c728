/* An engine with a thread of its own, as Lua waits for it. */
#ifndef AUTH0_LUA_BELL_H
#define AUTH0_LUA_BELL_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* Adds its methods to those of engines; after bind_engine_init. */
void bind_bell_init(lua_State *L);

#pragma GCC visibility pop

#endif
