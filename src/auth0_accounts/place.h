/* A file that is whole, under the name at which it is looked for. */
#ifndef AUTH0_ACCOUNTS_PLACE_H
#define AUTH0_ACCOUNTS_PLACE_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* core.place(from, to, replaces) -> true; or nil, message, is_taken. Brings the file `from` to the disk, and gives it
   the name `to` in the same file system. One that is there stays unless `replaces`: then nothing is changed, and
   is_taken is true. */
int place_file(lua_State *L);

/* Pushes what core.place returns: `to` has got its name, or an errno says why not. */
int place_push(lua_State *L, const char *to, int fault);

#pragma GCC visibility pop

#endif
