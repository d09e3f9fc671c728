/* An engine with a thread of its own, as Lua waits for it. Floor 2. */
#ifndef AUTH0_LUA_BELL_H
#define AUTH0_LUA_BELL_H

#include "compat.h"
#include "engine.h"

#pragma GCC visibility push(hidden)

/* The engine at 1, if it can be used here; raises where it cannot. Of lua_engine.c, for what follows. */
struct engine *bind_engine_check_own(lua_State *L);

/* Sets the methods in the table on top of the stack. */
void bind_bell_methods(lua_State *L);

#pragma GCC visibility pop

#endif
