/* lua-cjson: a private instance, so that nobody's settings reach ours, nor ours theirs. */
#ifndef AUTH0_LUA_JSON_H
#define AUTH0_LUA_JSON_H

#include "lua/compat.h"
#include "pure/span.h"

#pragma GCC visibility push(hidden)

/* Loads lua-cjson, or raises with how to install it. Pushes cjson.null. */
void bind_json_init(lua_State *L);

/* Pops the value on top and pushes its JSON text; raises what cjson raises. */
void bind_json_encode(lua_State *L);

/* Pushes the value of a text that json_mend has written. False, and nothing is pushed, where that fails:
   the caller has words of its own, and counts on what stands on the stack. */
bool bind_json_decode(lua_State *L, struct span text);

#pragma GCC visibility pop

#endif
