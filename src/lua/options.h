/* Options: one table of specifications. C reads options by it, and refuses them where it is in any doubt; then Lua
   checks them by the same table, and says what is wrong (lua/auth0/options.lua). */
#ifndef AUTH0_LUA_OPTIONS_H
#define AUTH0_LUA_OPTIONS_H

#include "engine/call.h"
#include "lua/compat.h"

#include <stdint.h>

#pragma GCC visibility push(hidden)

/* What a tenant says for all of its calls, and a call may say anew. */
struct bind_common {
    struct span domain, user_agent, telemetry, correlation_id;
    double connect_timeout, attempt_timeout, deadline, attempts;
    double max_response; /* 0: as much as what was asked for may have */
    bool settle, check_scopes;
};

struct bind_options {
    const struct shortcuts *shortcuts; /* where their names are looked up; NULL: in the registry */
    struct bind_common common;
    struct identity_given given;
    char digits[32]; /* of an integer user_id */
    struct span token;
    bool check, has_loop;
    struct profile profile;

    /* of a request that is neither link nor unlink */
    struct span method, path, body, promise, range;
    double max_memory; /* 0: what max_response allows */
    bool idempotent, raw;

    /* of a tenant */
    struct span client_id, client_secret, signing_key, signing_key_id, signing_algorithm, audience;
    const char *token_file;
    double reserve, rate;
    bool has_token_function, has_event_function;
};

enum bind_goal { BIND_LINK, BIND_UNLINK, BIND_REQUEST, BIND_DOWNLOAD, BIND_SEQUENCE };

/* A function that makes calls. */
struct bind_method {
    enum bind_goal goal;
    uint64_t options;  /* that its caller may give, by their places in the table of specifications */
    uint64_t request;  /* what this library itself says of each of its requests */
    bool is_of_tenant; /* the options of a tenant are the defaults of its calls */
    char caller[32];   /* "auth0.link": in whose name it complains */
};

/* The tables and classes of this file. */
void bind_options_init(lua_State *L);

/* core.method(goal, caller, names) -> method: `names` are those of the options that its caller may give */
int bind_options_new_method(lua_State *L);

const struct bind_method *bind_options_check_method(lua_State *L, int index);

/* core.introduce(user_agent, telemetry): what these two headers say where no option says otherwise */
int bind_options_introduce(lua_State *L);

/* What holds where nothing is said: `defaults`, or this library's own. */
void bind_options_start(lua_State *L, struct bind_options *options, const struct bind_common *defaults);

/* All that a tenant is made from. */
uint64_t bind_options_of_tenant(void);

/* Reads the options of the table at `index` that are `wanted`, on top of what `options` holds. NULL; or the name of the
   first that cannot be used. An option that is not wanted cannot be used where `is_strict`; else it is left out. Calls
   no Lua. The spans point into strings that are left on the stack, since the caller's table may change. */
const char *bind_options_read(lua_State *L, int index, uint64_t wanted, bool is_strict, struct bind_options *options);

/* Pushes the specifications as an array of {name=, type=, link=, unlink=, request=, tenant=, least=, most=}; most is of
   a length for texts. */
void bind_options_push(lua_State *L);

#pragma GCC visibility pop

#endif
