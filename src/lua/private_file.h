/* Files that hold personal data, or a secret. */
#ifndef AUTH0_LUA_PRIVATE_FILE_H
#define AUTH0_LUA_PRIVATE_FILE_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* core.make_private_file(path, text) -> true; or nil and what is wrong. See private_file_make. */
int bind_private_file_make(lua_State *L);

/* core.read_private_file(path) -> text, of at most 64 KiB; or nil and what is wrong. See private_file_read. */
int bind_private_file_read(lua_State *L);

#pragma GCC visibility pop

#endif
