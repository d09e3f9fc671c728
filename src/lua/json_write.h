/* JSON of Lua values, as lua/auth0/json.lua writes it, to the letter: that file is the contract, and this the fast half
   of it. */
#ifndef AUTH0_LUA_JSON_WRITE_H
#define AUTH0_LUA_JSON_WRITE_H

#include "lua/compat.h"

#pragma GCC visibility push(hidden)

/* With core's table on top of the stack, which has null and the marks of arrays already: sets core.encode(value), which
   returns the text, or nothing where json.lua has to write it, or to say what is wrong with it. */
void bind_json_write_init(lua_State *L);

#pragma GCC visibility pop

#endif
