/* A SQLite database. What fails returns nil, a message and a word for the kind of failure; or, where the database was
   opened with `on_failure`, calls that function with the two, which raises. Use after close raises. */
#ifndef AUTH0_ACCOUNTS_DATABASE_H
#define AUTH0_ACCOUNTS_DATABASE_H

#include "lua/compat.h"

#include <sqlite3.h>

#pragma GCC visibility push(hidden)

struct statement;

struct database {
    sqlite3 *handle;         /* NULL once it is closed */
    struct statement *first; /* of its statements that are not closed */
    size_t references;       /* of Lua's: one for itself, one for each statement */
};

/* core.open(path, { read_only = bool, private = bool, on_failure = function(message, kind) }) -> database. A private
   one has mode 0600 from its first moment on; a file that is there has to be its user's alone, and no link. */
int database_open(lua_State *L);
void database_init(lua_State *L);

/* The one at index 1. Raises where it is none, or closed. */
struct database *database_check(lua_State *L);

/* Pushes what failed, as above, with what the database says of it. Returns the number of values. */
int database_fail(lua_State *L, struct database *database, int status);

void database_refer(struct database *database);
/* May free it. */
void database_release(lua_State *L, struct database *database);

#pragma GCC visibility pop

#endif
