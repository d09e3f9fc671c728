/* JSON that was read, as Lua values; and lua-cjson, which stays for three things: it writes the body of a link (strings
   alone, which it writes exactly), its null is ours, and its marks of arrays are, where it has them: so cjson.encode
   makes of an answer what its user expects. It reads nothing: it would round and lose. */
#ifndef AUTH0_LUA_JSON_H
#define AUTH0_LUA_JSON_H

#include "lua/compat.h"
#include "pure/json.h"

#pragma GCC visibility push(hidden)

/* With core's table on top of the stack: loads lua-cjson, or raises with how to install it. Sets core's null, array_mt
   (of all arrays), and lua-cjson's empty_array and empty_array_mt where it has them. */
void bind_json_init(lua_State *L);

/* Pops the value on top and pushes its JSON text; raises what lua-cjson raises. */
void bind_json_encode(lua_State *L);

/* Pushes a value. False, and nothing is pushed, where there is no memory.

   A number is a Lua number where lua/auth0/json.lua writes that with the same digits: an integer as one, where Lua has
   them. Any other is a userdata whose tostring is its digits, and whose metatable says "auth0.number". An array has its
   metatable. Below user_metadata and app_metadata, and in any array, null is core's; elsewhere a member that is null is
   absent. An integer called user_id is a string of its digits, but not below metadata. Half of a surrogate pair is
   three bytes: see json_string. */
bool bind_json_push(lua_State *L, struct json_value value);

/* Runs a function that pushes one or more values. False, and nothing is pushed, where there is no memory. Only that
   function may call bind_json_push_value, which raises where there is no memory, and bind_json_push_name, whose strings
   are at hand: they cost a fraction of those that Lua has to look for. */
typedef void bind_json_pusher(lua_State *L, const void *what);
bool bind_json_protect(lua_State *L, bind_json_pusher *push, const void *what, int values);
void bind_json_push_value(lua_State *L, struct json_value value);

enum bind_name {
    BIND_STATUS,
    BIND_ATTEMPTS,
    BIND_ELAPSED,
    BIND_REQUEST_ID,
    BIND_TIMINGS,
    BIND_DNS,
    BIND_CONNECT,
    BIND_TLS,
    BIND_FIRST_BYTE,
    BIND_TOTAL,
    BIND_NAMES
};
void bind_json_push_name(lua_State *L, enum bind_name name);

#pragma GCC visibility pop

#endif
