/* A sequence (preview, merge, undo, settle) as Lua sees it: a call whose order and whose end are JSON. */
#ifndef AUTH0_LUA_SEQUENCE_H
#define AUTH0_LUA_SEQUENCE_H

#include "lua/call.h"

#pragma GCC visibility push(hidden)

/* Adds engine:approve(id), and engine:unfinished() -> integer: see engine_unfinished. After bind_engine_init. */
void bind_sequence_init(lua_State *L);

/* Makes the prepared call stand for the sequence that options->body says. False with a complaint; raises where there is
   no memory. */
bool bind_sequence_prepare(lua_State *L, struct bind_call *self, const struct bind_method *method,
                           const struct bind_options *options, const struct call_order *common,
                           struct complaint *complaint);

/* Pushes the planned receipt; nil where there is no memory. */
void bind_sequence_push_planned(lua_State *L, const struct call *call);

/* The result of one that has ended; absent where there is no memory. */
struct json_value bind_sequence_result(const struct call *call);

/* Sets what the table on top is to tell beside the call's own facts: `written`, the receipt, and of a failure `result`,
   `step` and `is_partly`. Raises where there is no memory for the receipt. */
void bind_sequence_set_facts(lua_State *L, const struct call *call);

#pragma GCC visibility pop

#endif
