/* Options: one table of specifications. C reads by it, Lua checks by it (lua/auth0/options.lua). Floor 2. */
#ifndef AUTH0_LUA_OPTIONS_H
#define AUTH0_LUA_OPTIONS_H

#include "call.h"
#include "compat.h"

#pragma GCC visibility push(hidden)

struct bind_options {
    struct identity_given given;
    struct span domain, token, user_agent, telemetry, correlation_id;
    double connect_timeout, attempt_timeout, deadline, max_response;
    bool check;
    struct transport transport;
    char digits[32]; /* of an integer user_id */
};

/* Reads the table at `index`, which lua/auth0/options.lua has checked and copied: what has another type than expected
   counts as absent. The spans point into strings of that table, which must stay on the stack. */
void bind_options_read(lua_State *L, int index, struct bind_options *options);

/* Pushes the specifications as an array of {name=, kind=, link=, unlink=, least=, most=}; most is of a length
   for texts. */
void bind_options_push(lua_State *L);

#pragma GCC visibility pop

#endif
