/* One call, from its arguments to its answer. */
#ifndef AUTH0_LUA_PERFORM_H
#define AUTH0_LUA_PERFORM_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* Adds engine:call(method, how, options, first, second, level); after bind_engine_init.

   `first` and `second` are the primary and the secondary of a link and an unlink; of a request `first` is a table of
   what this library says of it. With `level` the options are Lua's checked copy: what cannot be used raises in the
   method's name and at that level. Without it they are the caller's own table, and C declines, without a trace, where
   anything is in doubt.

   -> value, receipt; or nil, facts: the call is done, or is not to be sent
   -> id, nil, engine: it is under way, and engine:next will tell its end
   -> nothing: C declines

   `how`: "wait", by driving the engine here until the call is done, where nothing is to be told to Lua meanwhile;
   "submit", to return at once; "thread", likewise, to an engine that has a thread from here on. */
void bind_perform_init(lua_State *L);

/* core.call(loop, method, how, options, nil, nil, level): the same by an engine of the pool, for calls that wait in the
   way of `loop`. Without `level` it is one that the pool has. */
int bind_perform_pooled(lua_State *L);

#pragma GCC visibility pop

#endif
