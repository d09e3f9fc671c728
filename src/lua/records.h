/* What an engine tells, as Lua tables; and what it is told about itself. */
#ifndef AUTH0_LUA_RECORDS_H
#define AUTH0_LUA_RECORDS_H

#include "engine/engine.h"
#include "lua/compat.h"
#include "lua/options.h"

#pragma GCC visibility push(hidden)

/* Pushes {method=, url=, headers=, body=}. */
void bind_records_push_request(lua_State *L, const struct call *call);

/* Pushes {kind=, id=, ...}; never a secret. */
void bind_records_push_event(lua_State *L, const struct event *event);

void bind_records_push_stats(lua_State *L, const struct engine_stats *stats);

/* Raises, at `level`, where a tenant's option is one that could not be read (`fault`), or its domain or token cannot be
   one. */
void bind_records_check_tenant(lua_State *L, const struct bind_options *options, const char *fault, int level);

/* Gives the engine the token and the pace that a tenant's options say. Raises where a key cannot be used. */
void bind_records_configure_tenant(lua_State *L, const struct bind_options *options, struct engine *engine, int level);

#pragma GCC visibility pop

#endif
