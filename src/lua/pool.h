/* The engines behind calls without a tenant: one for each transport profile and way to wait. A few that are idle are
   kept; the one that was used the longest time ago is closed, never one that has a call under way. In a child of a fork
   the parent's are left alone. */
#ifndef AUTH0_LUA_POOL_H
#define AUTH0_LUA_POOL_H

#include "lua/engine.h"

#pragma GCC visibility push(hidden)

struct bind_pool;

/* Makes the (empty) pool; at most once per Lua state. */
void bind_pool_init(lua_State *L);

/* Pushes the engine of a profile and a loop. NULL where there is none. */
struct bind_engine *bind_pool_find(lua_State *L, struct bind_pool *pool, const struct profile *profile,
                                   const void *loop);

/* Pushes a new one; NULL where it cannot be opened. */
struct bind_engine *bind_pool_open(lua_State *L, struct bind_pool *pool, const struct profile *profile,
                                   const void *loop);

/* The pool. Raises where no call can be made: in a finalizer that runs after ours, in a debug hook that runs during a
   call. */
struct bind_pool *bind_pool_check(lua_State *L);

/* From here on, or no more, a call is run to its end. */
void bind_pool_run(struct bind_pool *pool, struct bind_engine *engine, bool is_running);

/* core.close(): closes those that are idle */
int bind_pool_close(lua_State *L);

#pragma GCC visibility pop

#endif
