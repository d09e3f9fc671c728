/* The guard of a merge, for accounts of a file: what a preview says that reads nothing beside the two. */
#ifndef AUTH0_ACCOUNTS_JUDGE_H
#define AUTH0_ACCOUNTS_JUDGE_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* core.judge(order) -> judge. The order is that of a preview, as lua/auth0/tenant/merge.lua writes it: its options
   count for all pairs, and the two accounts that it names for none. */
int judge_make(lua_State *L);
void judge_init(lua_State *L);

#pragma GCC visibility pop

#endif
