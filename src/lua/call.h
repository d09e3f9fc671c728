/* A call as Lua owns it, made from options. */
#ifndef AUTH0_LUA_CALL_H
#define AUTH0_LUA_CALL_H

#include "engine/engine.h"
#include "lua/compat.h"
#include "lua/options.h"

#pragma GCC visibility push(hidden)

struct bind_call {
    struct call *call; /* NULL: dropped */
    enum bind_goal goal;
    bool is_text;               /* the caller wants the text of the answer */
    bool has_clock;             /* see bind_place */
    enum failure_code refused;  /* before anything was sent; else CODE_OK */
    struct complaint complaint; /* why */
    struct buffer claims;       /* of link_with, decoded */
    int tellers;                /* pushes of it under way; a finalizer may begin one in the middle of another */
};

void bind_call_init(lua_State *L);

/* Pushes an empty one: from here on the collector wipes and frees what it comes to own. */
struct bind_call *bind_call_new(lua_State *L);

/* Where a call is made. */
struct bind_place {
    bool has_clock;    /* the time of day is the tenant's: a token can be known to have expired */
    bool has_token;    /* a call without a token takes the tenant's own */
    struct span token; /* which is this one, where it is known already */
};

enum bind_prepared {
    BIND_COMPLAINT, /* what was given cannot be used, and nothing was done */
    BIND_REFUSED, /* a token says itself that the tenant would refuse it: the call is complete, and is not to be sent */
    BIND_READY
};

/* Pushes the JSON body of a link, which lua-cjson writes, and makes it the options' own. Memory is taken: a finalizer
   may run, close the engine and make calls. */
void bind_call_push_body(lua_State *L, struct bind_options *options);

/* Fills it, and takes no memory of Lua's. The method's options are read, and a link's body is theirs; a token that is
   not said is the tenant's. */
enum bind_prepared bind_call_prepare(lua_State *L, struct bind_call *self, const struct bind_method *method,
                                     struct bind_options *options, struct bind_place place,
                                     struct complaint *complaint);

/* Wipes and frees the call now rather than when the collector comes. While the call is being pushed, nothing is done:
   the collector frees it. */
void bind_call_drop(struct bind_call *self);

/* The same, and keeps the userdata at `index` for the next call; no code refers to it but pushes that are under way. It
   takes no memory. A new userdata for each call would cost more than the rest of pushing an answer. */
void bind_call_spare(lua_State *L, int index);

#pragma GCC visibility pop

#endif
