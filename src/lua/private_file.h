/* Receipts are kept in files that hold personal data. */
#ifndef AUTH0_LUA_PRIVATE_FILE_H
#define AUTH0_LUA_PRIVATE_FILE_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* core.make_private_file(path, text) -> true; or nil and what is wrong. See private_file_make. */
int bind_private_file_make(lua_State *L);

#pragma GCC visibility pop

#endif
