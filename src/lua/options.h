/* Options: one table of specifications. C reads by it, Lua checks by it (lua/auth0/options.lua). Floor 2. */
#ifndef AUTH0_LUA_OPTIONS_H
#define AUTH0_LUA_OPTIONS_H

#include "engine/call.h"
#include "lua/compat.h"

#pragma GCC visibility push(hidden)

enum bind_goal { BIND_LINK, BIND_UNLINK, BIND_REQUEST, BIND_DOWNLOAD };

struct bind_options {
    struct identity_given given;
    struct span domain, token, user_agent, telemetry, correlation_id;
    double connect_timeout, attempt_timeout, deadline, max_response, attempts;
    bool check, settle, check_scopes;
    struct profile profile;
    char digits[32]; /* of an integer user_id */

    /* of a request that is neither link nor unlink */
    struct span method, path, body, promise, range;
    bool idempotent;

    /* of a tenant */
    struct span client_id, client_secret, signing_key, signing_key_id, signing_algorithm, audience;
    const char *token_file;
    double reserve, rate;
    bool has_token_function, has_event_function;
};

/* Reads the table at `index`, which lua/auth0/options.lua has checked and copied: what has another type than expected
   counts as absent. The spans point into strings of that table, which must stay on the stack. */
void bind_options_read(lua_State *L, int index, struct bind_options *options);

/* Pushes the specifications as an array of {name=, kind=, link=, unlink=, request=, tenant=, least=, most=}; most is of
   a length for texts. */
void bind_options_push(lua_State *L);

#pragma GCC visibility pop

#endif
