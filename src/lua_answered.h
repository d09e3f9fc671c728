/* An engine whose exchanges Lua answers, as an object: what auth0.mock.tenant stands on. Floor 2. */
#ifndef AUTH0_LUA_ANSWERED_H
#define AUTH0_LUA_ANSWERED_H

#include "compat.h"

#pragma GCC visibility push(hidden)

void bind_answered_init(lua_State *L);

/* core.engine(): pushes a new one. Its methods are with their functions. */
int bind_answered_new(lua_State *L);

#pragma GCC visibility pop

#endif
