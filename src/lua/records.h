/* An engine's records as Lua is told them, what Lua answers to them, and its statistics. */
#ifndef AUTH0_LUA_RECORDS_H
#define AUTH0_LUA_RECORDS_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* Adds engine:next, reply, give_token, refuse_token and stats. After bind_engine_init. */
void bind_records_init(lua_State *L);

#pragma GCC visibility pop

#endif
