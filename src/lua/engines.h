/* The hidden engines behind auth0.link: one for each transport profile, a few kept, the least recently used closed.
   Floor 2. */
#ifndef AUTH0_LUA_ENGINES_H
#define AUTH0_LUA_ENGINES_H

#include "engine/engine.h"
#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* Makes the (empty) set and its metatable; at most once per Lua state. */
void bind_engines_init(lua_State *L);

/* The engine of a profile, made where there is none. NULL where that fails. It lives until the next call of this or
   bind_engines_close. */
struct engine *bind_engines_get(lua_State *L, const struct profile *profile);

/* Raises where no call can be made: in a finalizer that runs after ours, in a debug hook that runs during a call. */
void bind_engines_check(lua_State *L);

/* While a call is under way its engine must not be closed. */
void bind_engines_busy(lua_State *L, bool is_busy);

/* Closes all of them; raises as bind_engines_check does. */
void bind_engines_close(lua_State *L);

#pragma GCC visibility pop

#endif
