/* A file that gets its name when it is whole: until then nothing of it is left behind, however this process ends. */
#ifndef AUTH0_ACCOUNTS_NAMELESS_H
#define AUTH0_ACCOUNTS_NAMELESS_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* core.nameless(folder) -> nameless, with mode 0600; or nil, message: where the folder cannot be written, or its file
   system, or this system, has no such files. */
int nameless_make(lua_State *L);
void nameless_init(lua_State *L);

#pragma GCC visibility pop

#endif
