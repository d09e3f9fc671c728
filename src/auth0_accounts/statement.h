/* A prepared statement of a database. */
#ifndef AUTH0_ACCOUNTS_STATEMENT_H
#define AUTH0_ACCOUNTS_STATEMENT_H

#include "auth0_accounts/database.h"

#pragma GCC visibility push(hidden)

/* database:prepare(sql) -> statement */
int statement_prepare(lua_State *L);

/* All of a database, before it is closed. */
void statement_close_all(struct database *database);

void statement_init(lua_State *L);

#pragma GCC visibility pop

#endif
