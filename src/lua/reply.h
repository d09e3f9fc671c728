/* What Lua answers to an exchange. */
#ifndef AUTH0_LUA_REPLY_H
#define AUTH0_LUA_REPLY_H

#include "engine/engine.h"
#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* Reads {how=, status=, headers=, body=, after=} at `index`. `how`: "answered" (the default), "lost", "unreached",
   "untrusted"; `after`: seconds until it is there, math.huge for never. Raises where a field has a wrong type. Leaves
   what the spans point into on the stack. */
struct replies_reply bind_reply_read(lua_State *L, int index, struct headers *headers);

#pragma GCC visibility pop

#endif
