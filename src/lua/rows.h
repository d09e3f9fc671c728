/* Rows of a file, for Lua: unpacked, and as values. */
#ifndef AUTH0_LUA_ROWS_H
#define AUTH0_LUA_ROWS_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

void bind_rows_init(lua_State *L);

/* core.inflater() -> inflater */
int bind_rows_new_inflater(lua_State *L);

/* core.decode(text[, memory]) -> value; or nil, fault. As strict as with every answer, and the same values. They may
   take so many bytes of memory; without that, they may be 65,536. */
int bind_rows_decode(lua_State *L);

/* core.is_object(text) -> boolean: it is JSON that decode takes, and an object */
int bind_rows_is_object(lua_State *L);

#pragma GCC visibility pop

#endif
