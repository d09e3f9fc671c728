/* What Lua is told of a finished call: its value and receipt, or its failure. */
#ifndef AUTH0_LUA_RESULT_H
#define AUTH0_LUA_RESULT_H

#include "lua/call.h"

#pragma GCC visibility push(hidden)

/* Pushes `value, receipt`, or `nil, facts` for lua/auth0/failure.lua. Returns 2. */
int bind_result_push(lua_State *L, struct bind_call *self);

/* Sets `timings` of the table on top of the stack. */
void bind_result_push_timings(lua_State *L, const struct exchange_timings *timings);

#pragma GCC visibility pop

#endif
