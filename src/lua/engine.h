/* An engine as Lua holds it: calls in, records out. One over the network for a tenant, one that Lua answers for
   auth0.mock. Floor 2. */
#ifndef AUTH0_LUA_ENGINE_H
#define AUTH0_LUA_ENGINE_H

#include "engine/engine.h"
#include "lua/compat.h"

#pragma GCC visibility push(hidden)

void bind_engine_init(lua_State *L);

/* The engine at 1; raises where it cannot be used here: closed, made before a fork, or none. */
struct engine *bind_engine_self(lua_State *L);

/* Pushes the table of their methods, for what stands above. */
void bind_engine_push_methods(lua_State *L);

/* engine(options) -> userdata; without options, its exchanges are handed out */
int bind_engine_new(lua_State *L);

/* core.profile */
int bind_engine_profile(lua_State *L);

#pragma GCC visibility pop

#endif
