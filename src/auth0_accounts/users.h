/* Accounts out of a file of them: NDJSON, as a tenant exports it, or the gzip of it. */
#ifndef AUTH0_ACCOUNTS_USERS_H
#define AUTH0_ACCOUNTS_USERS_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* core.users(path, name) -> users; or nil, message. Messages call the file by the name, else by its path. */
int users_open(lua_State *L);
void users_init(lua_State *L);

#pragma GCC visibility pop

#endif
