/* The options of a tenant, and what its engine gets from them. */
#ifndef AUTH0_LUA_TENANT_H
#define AUTH0_LUA_TENANT_H

#include "lua/engine.h"

#pragma GCC visibility push(hidden)

/* Reads the options of a tenant at `index`. Raises, at `level`, for those that cannot be used. */
void bind_tenant_read(lua_State *L, int index, int level, struct bind_options *options);

/* Gives the engine the token, the pace and the defaults of the calls to come. Raises, at `level`, where a key cannot be
   used. */
void bind_tenant_configure(lua_State *L, const struct bind_options *options, struct bind_engine *self, int level);

#pragma GCC visibility pop

#endif
