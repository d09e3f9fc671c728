/* One call, from its arguments to its answer. */
#ifndef AUTH0_LUA_PERFORM_H
#define AUTH0_LUA_PERFORM_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* core.call(engine, method, how, options, first, second, level)

   `engine` is a tenant's; or, for one of the pool, the loop in which the call waits, or nil.

   `first` and `second` are the primary and the secondary of a link and an unlink; of a request `first` is a table of
   what this library says of it. With `level` the options are Lua's checked copy: what cannot be used raises in the
   method's name and at that level. Without it they are the caller's own table, and C declines, without a trace, where
   anything is in doubt, or where the pool has no engine for them.

   -> value, receipt; or nil, facts: the call is done, or is not to be sent
   -> id, nil, engine: it is under way, and engine:next will tell its end
   -> nothing: C declines

   `how`: "wait", by driving the engine here until the call is done, where nothing is to be told to Lua meanwhile;
   "submit", to return at once; "thread", likewise, to an engine that has a thread from here on; nil, as "wait" where
   the engine can be driven here, while C declines elsewhere. */
int bind_perform_call(lua_State *L);

/* Makes it a method of engines as well: engine:call(method, ...). After bind_engine_init. */
void bind_perform_init(lua_State *L);

#pragma GCC visibility pop

#endif
