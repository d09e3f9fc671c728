/* Two accounts in an answer of users-by-email, as apply holds them against its plan. */
#ifndef AUTH0_ACCOUNTS_FINDER_H
#define AUTH0_ACCOUNTS_FINDER_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* core.finder() -> finder */
int finder_make(lua_State *L);
void finder_init(lua_State *L);

#pragma GCC visibility pop

#endif
