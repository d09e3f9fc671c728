/* An engine's records as Lua tables; and the options of a tenant that its engine gets. */
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

/* Raises, at `level`, where an option of a tenant could not be read (`fault`), or its domain or token is not valid. */
void bind_records_check_tenant(lua_State *L, const struct bind_options *options, const char *fault, int level);

/* Gives the engine the token and the pace of a tenant's options. Raises where a key cannot be used. */
void bind_records_configure_tenant(lua_State *L, const struct bind_options *options, struct engine *engine, int level);

#pragma GCC visibility pop

#endif
